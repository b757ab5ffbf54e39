"""Evaluation and report of a run with 50,000 test texts: seconds and bytes, for docs/evaluation.md.

    python bench/evidence.py [--texts 50000] [--out bench/evidence.json]

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

_RESAMPLES = 2_000
_SETTINGS = ("training.epochs=1", "data.max_length=16", f"evaluation.resamples={_RESAMPLES}")


def measure(texts: int) -> dict[str, Any]:
    """Train, evaluate and report once, in processes of their own; then the metrics of the same predictions again."""
    from tunelet.bench._document import commit
    from tunelet.run import Run

    with tempfile.TemporaryDirectory() as folder:
        test, out = Path(folder) / "test.jsonl", Path(folder) / "run"
        _write_test(test, texts)
        command = ["train", "sample", "--model", "minilm", "--test", str(test), "--out", str(out)]
        _tunelet(*command, *(part for setting in _SETTINGS for part in ("--set", setting)))
        evaluated = _evaluate(Run.load(out))
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


def _evaluate(run: Any) -> dict[str, float]:
    """Seconds of each part of the evaluation as a run makes it, the baseline's beside the model's."""
    from tunelet import evaluation

    model, baseline = run.predictions, run.baseline_predictions
    models = {"baseline": [baseline], "model": [model]}
    drawn: dict[str, Any] = {}
    parts: dict[str, Callable[[], object]] = {
        f"{_RESAMPLES:,} draws of all metrics of both": lambda: drawn.update(
            evaluation.draw_models(models, resamples=_RESAMPLES, seed=1)
        ),
        "paired differences": lambda: evaluation.compare_draws(models, drawn),
        "metrics": lambda: evaluation.measure(model, draws=drawn["model"].draws),
        "metrics of the baseline": lambda: evaluation.measure(baseline, draws=drawn["baseline"].draws),
        "curves": lambda: evaluation.curve_records(model),
        "reliability": lambda: evaluation.reliability([model]),
    }
    seconds = {}
    for name, part in parts.items():
        begin = time.perf_counter()
        part()
        seconds[name] = time.perf_counter() - begin
    return seconds


def _write_test(path: Path, texts: int) -> None:
    """Made-up texts: no two are equal, and none occurs in the sample."""
    from tunelet.data import read

    part = read("sample").parts["train"]
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
