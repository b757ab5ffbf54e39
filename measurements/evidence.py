"""Evaluation and report of a run with 50,000 test texts: seconds and bytes, for docs/evaluation.md.

    python measurements/evidence.py [--texts 50000] [--out measurements/evidence.json]

Trains for one epoch on the sample, cut to 16 tokens, with made-up test texts: what is measured is what comes after the
model. The report is written by the command a user types.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tunelet.evaluation import Predictions

_RESAMPLES = 2_000
_SETTINGS = (
    "training.epochs=1",
    "training.min_steps=1",
    "data.validation=held-out",
    "data.max_length=16",
    f"evaluation.resamples={_RESAMPLES}",
)


def measure(texts: int) -> dict[str, Any]:
    """Train, evaluate and report once, in processes of their own; then the metrics of the same predictions again."""
    from tunelet.bench import commit
    from tunelet.run import Run

    with tempfile.TemporaryDirectory() as folder:
        test, out = Path(folder) / "test.jsonl", Path(folder) / "run"
        _write_test(test, texts)
        command = ["train", "sample", "--model", "minilm", "--test", str(test), "--out", str(out)]
        _tunelet(*command, *(part for setting in _SETTINGS for part in ("--set", setting)))
        run = Run.load(out)
        evaluated = evaluation_seconds(run.predictions, run.baseline_predictions)
        begin = time.perf_counter()
        _tunelet("report", str(out))
        reported = time.perf_counter() - begin
        sizes = {name: (out / name).stat().st_size for name in ("report.html", "report.pdf", "evaluation.json")}
        environment = Run.load(out).environment
    revision, dirty = commit()
    return {
        "texts": texts,
        "evaluation_seconds": evaluated,
        "evaluation_seconds_in_all": sum(evaluated.values()),
        "report_seconds": reported,
        "bytes": sizes,
        "environment": environment,
        "commit": revision,
        "dirty": dirty,
    }


def evaluation_seconds(model: "Predictions", baseline: "Predictions", resamples: int = _RESAMPLES) -> dict[str, float]:
    """Seconds of each part of the evaluation as a run makes it, the baseline's beside the model's."""
    from tunelet import evaluation

    models = {"baseline": [baseline], "model": [model]}
    drawn: dict[str, evaluation.SeedDraws] = {}
    parts: dict[str, Callable[[], object]] = {
        f"metrics of both, and {resamples:,} draws of them": lambda: drawn.update(
            evaluation.draw_models(models, resamples=resamples, seed=1)
        ),
        "intervals": lambda: drawn["model"].measured,
        "intervals of the baseline": lambda: drawn["baseline"].measured,
        "paired differences": lambda: evaluation.compare_draws(models, drawn),
        "curves": lambda: evaluation.curve_records(model),
        "reliability": lambda: evaluation.reliability([model]),
    }
    seconds = {}
    for name, part in parts.items():
        begin = time.perf_counter()
        part()
        seconds[name] = time.perf_counter() - begin
    return seconds


def sentence(found: dict[str, Any]) -> str:
    """What docs/evaluation.md says of a measurement; a test holds the page to it."""
    machine, page = found["environment"], found["bytes"]["report.html"]
    return (
        f"Of {found['texts']:,} test texts, all metrics of model and baseline with {_RESAMPLES:,} draws, their "
        f"difference and the curves take {found['evaluation_seconds_in_all']:.1f} s on {machine['cores']} cores "
        f"({machine['processor']}), the report {found['report_seconds']:.1f} s; its page is {page / 1e6:.1f} MB "
        "(`python measurements/evidence.py`, `measurements/evidence.json`)."
    )


def _write_test(path: Path, texts: int) -> None:
    """Made-up texts: no two are equal, and none occurs in the sample."""
    from tunelet.data import read

    part = read("sample").splits["train"]
    draw = random.Random(1)
    with path.open("w") as file:
        for number in range(texts):
            row = draw.randrange(len(part))
            words = part.texts[row].split()
            draw.shuffle(words)
            file.write(json.dumps({"text": f"{' '.join(words)} {number}", "label": part.labels[row]}) + "\n")


def _tunelet(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "tunelet", *arguments], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=50_000)
    parser.add_argument("--out", type=Path, help="JSON file of the measurement")
    arguments = parser.parse_args()
    found = measure(arguments.texts)
    text = json.dumps(found, indent=1)
    if arguments.out:
        arguments.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
