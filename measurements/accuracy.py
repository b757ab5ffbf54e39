"""Accuracy at every size, of tunelet and of what else there is: accuracy.jsonl, docs/accuracy.md and its figures.

    python measurements/accuracy.py --data trec emotion --sizes 8 16 --methods probe     # measures what is missing
    python measurements/accuracy.py --page                                                # writes the page alone

A size up to 64 is a number of texts a class, a larger one of all texts; "all" takes every text. Each trial is appended
to the file as soon as it is there, and a run that was cut off goes on where it stopped. Nothing is chosen on the
figures: each trial stays in the file, and one that is measured again (--again) is a further line.
"""

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_data import SOURCES, draw, draws_of, parts
from accuracy_methods import Outcome, methods, work
from accuracy_results import Key, append_line, key_of, latest, pack, read_lines
from accuracy_setfit import BATCH, MAX_STEPS, MAX_TEXTS, default_steps
from accuracy_trainer import FULL, LORA, SEARCHED, longest
from scipy.optimize import nnls

RESULTS = Path(__file__).parent / "accuracy.jsonl"
METHODS = tuple(methods())
_PACKAGES = ("torch", "transformers", "peft", "scikit-learn", "setfit", "sentence-transformers")
_GUESS = {"quickstart": 300, "thorough": 3_600, "tfidf": 5, "probe": 5, "stock": 300, "full": 600, "setfit": 600}


@dataclass(frozen=True)
class Trial:
    """What is measured once."""

    data: str
    size: str
    draw: int
    method: str

    @property
    def key(self) -> Key:
        """As results know it."""
        return self.data, self.size, self.draw, self.method


def trials(data: Sequence[str], sizes: Sequence[str], wanted: Sequence[str], draws: int | None = None) -> list[Trial]:
    """All of them, short sizes and first draws first; sizes that a data set does not have are left out."""
    return [
        Trial(name, size, number, method)
        for name in data
        for size in (sizes or SOURCES[name].sizes)
        if size in SOURCES[name].sizes
        for number in range(1, (draws or draws_of(size)) + 1)
        for method in wanted
    ]


def expected_seconds(trial: Trial, lines: Sequence[dict[str, Any]]) -> float:
    """From earlier trials of the method: of the same data and size, else from a fixed cost and one of the work."""
    known = [line for line in lines if line["method"] == trial.method and "failure" not in line]
    same = [line for line in known if (line["data"], line["size"]) == (trial.data, trial.size)]
    if same:
        return statistics.median(line["train_seconds"] + line["predict_seconds"] for line in same)
    if not known:
        return _GUESS[trial.method]
    task = draw(trial.data, trial.size, 1, Path())
    asked = [
        1.0,
        work_of(trial.method, trial.data, len(task.texts), letters_of(task.texts)),
        letters_of(task.test_texts),
    ]
    rows = [
        [1.0, work_of(trial.method, line["data"], line["n"], line["letters"]), line["test_letters"]] for line in known
    ]
    seconds = np.array([line["train_seconds"] + line["predict_seconds"] for line in known])
    scale = np.max(rows, axis=0)
    found, _ = nnls(np.array(rows) / scale / seconds[:, None], np.ones(len(rows)))  # least relative error
    return float(found @ (np.array(asked) / scale))


def work_of(method: str, data: str, n: int, letters: int) -> float:
    """Letters that a method trains on, all passes counted; of SetFit as if the classes were equally frequent."""
    if method == "setfit":
        classes = len(set(parts(data)[1].labels))
        counts = np.repeat(np.arange(classes), -(-min(n, MAX_TEXTS) // classes))
        return min(default_steps(counts), MAX_STEPS) * 2 * BATCH * letters / n
    if method in ("stock", "full"):
        part = min(n, SEARCHED)
        runs = 1 / 3 + len(LORA if method == "stock" else FULL)
        return (0.8 * part * longest(part) * runs + n * longest(n)) * letters / n
    return letters


def measure(trial: Trial, checkpoint: Path, environment: dict[str, Any]) -> dict[str, Any]:
    """One trial in a process of its own; a failure is a result, too."""
    from tunelet.bench import ArmFailed, run_once
    from tunelet.errors import TuneletError

    task = draw(trial.data, trial.size, trial.draw, checkpoint)
    line = {"data": trial.data, "size": trial.size, "draw": trial.draw, "method": trial.method, "n": len(task.texts)}
    line |= {"letters": letters_of(task.texts), "test_letters": letters_of(task.test_texts)}
    date = {"date": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        outcome = run_once(work, trial.method, task)
    except (ArmFailed, TuneletError) as error:
        return line | {"failure": str(error)} | environment | date
    return line | scores(outcome, task.test_labels) | environment | date


def scores(outcome: Outcome, labels: np.ndarray) -> dict[str, Any]:
    """Figures of a trial, by the functions that measure a run."""
    from tunelet.evaluation import Predictions
    from tunelet.evaluation import measure as measure_predictions

    classes = outcome.probabilities.shape[1]
    probabilities = outcome.probabilities / outcome.probabilities.sum(1, keepdims=True)
    names = tuple(f"{number:03}" for number in range(classes))
    ids = tuple(map(str, range(len(labels))))
    values = measure_predictions(Predictions(ids, names, labels, probabilities), resamples=0).values
    found = {name: round(float(values[name]), 6) for name in ("accuracy", "f1_macro", "log_loss", "ece")}
    return found | {
        "train_seconds": round(outcome.train_seconds, 3),
        "predict_seconds": round(outcome.predict_seconds, 3),
        "chosen": outcome.chosen,
        "test": len(labels),
        "right": pack(probabilities.argmax(1) == labels),
    }


def environment_record(*, shared: bool) -> dict[str, Any]:
    """Processor, versions and commit.

    Args:
        shared: whether the machine computes for others meanwhile, so that seconds say little.
    """
    from tunelet.bench import commit
    from tunelet.run import environment

    found = environment()
    versions = {"tunelet": found.versions["tunelet"]} | {
        name: metadata.version(name)
        for name in _PACKAGES
        if find_spec(name.replace("-", "_")) or name == "scikit-learn"
    }
    revision, dirty = commit()
    processor = f"{found.processor}, {found.cores} cores"
    threads = int(os.environ.get("OMP_NUM_THREADS") or found.cores or 1)
    return {
        "machine": processor, "threads": threads, "shared": shared, "versions": versions, "commit": revision,
        "dirty": dirty,
    }  # fmt: skip


def run(planned: Sequence[Trial], path: Path, checkpoint: Path, *, shared: bool) -> None:
    """Measure what is planned, one after the other."""
    environment = environment_record(shared=shared)
    lines = read_lines(path)
    ahead = [expected_seconds(trial, lines) for trial in planned]
    print(f"{len(planned)} trials, about {_clock(sum(ahead))}", flush=True)
    for number, trial in enumerate(planned, start=1):
        begin = time.monotonic()
        line = measure(trial, checkpoint, environment)
        append_line(path, line)
        found = line.get("failure") or f"accuracy {line['accuracy']:.3f}"
        left = _clock(sum(ahead[number:]))
        took = _clock(time.monotonic() - begin)
        print(f"{number} {' '.join(map(str, key_of(line)))}: {found}, {took}; left about {left}", flush=True)


def letters_of(texts: Sequence[str]) -> int:
    """In all of them."""
    return sum(map(len, texts))


def _clock(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=list(SOURCES), default=list(SOURCES))
    parser.add_argument("--sizes", nargs="+", default=[], help="such as 8 200 all; each data set's own by default")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--draws", type=int, help="draws of each size; by default 5 up to 200 texts, else 3")
    parser.add_argument("--again", action="store_true", help="measure also what is there; the last line counts")
    parser.add_argument("--shared", action="store_true", help="the machine has other work: seconds say little")
    parser.add_argument("--plan", action="store_true", help="print what is missing and how long it takes, and stop")
    parser.add_argument("--page", action="store_true", help="write the page and its figures, and measure nothing")
    parser.add_argument("--out", type=Path, default=RESULTS, help="file of the results")
    arguments = parser.parse_args()
    if not arguments.page:
        there = {} if arguments.again else latest(read_lines(arguments.out))
        asked = trials(arguments.data, arguments.sizes, arguments.methods, arguments.draws)
        planned = [trial for trial in asked if trial.key not in there]
        if arguments.plan:
            lines = read_lines(arguments.out)
            seconds = sum(expected_seconds(trial, lines) for trial in planned)
            print(f"{len(planned)} trials of {len(asked)} are missing, about {_clock(seconds)}")
            return
        from tunelet.checkpoint import find_checkpoint

        run(planned, arguments.out, find_checkpoint("minilm").path, shared=arguments.shared)
    from accuracy_page import write

    write(arguments.out)


if __name__ == "__main__":
    main()
