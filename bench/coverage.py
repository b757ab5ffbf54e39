"""How often 95 % intervals hold the truth, by classes and number of texts: the table in docs/evaluation.md.

    python bench/coverage.py [--models 10] [--datasets 30] [--out bench/coverage.json] [--docs docs/evaluation.md]

Every cell is measured on made-up models whose true figures are known (`tunelet.bench._coverage`), by the functions that
measure a run. "Before" are the percentiles of a bootstrap within each class, which reports had until version 0.1.
"""

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from tunelet.bench._coverage import SHAPES, SIZES, Tally, paired_coverage, single_coverage
from tunelet.bench._document import commit
from tunelet.evaluation import METRIC_NAMES, Predictions
from tunelet.evaluation._bootstrap import _Resampled

_DRAWS = 200
_SHOWN = {
    "accuracy": "accuracy",
    "row recall": "recall of a class",
    "row f1": "F1 of a class",
    "f1_weighted": "F1, weighted",
    "f1_macro": "F1, macro",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "ece": "ECE",
}
_BEGIN, _END = "<!-- coverage: written by bench/coverage.py -->", "<!-- end of coverage -->"


def stratified(predictions: Predictions) -> dict[str, tuple[float, float]]:
    """What was reported before: percentiles of draws within each true class."""
    rng = np.random.default_rng(0)
    weights = np.zeros((_DRAWS, len(predictions)), dtype=np.int64)
    for label in np.unique(predictions.labels):
        rows = np.flatnonzero(predictions.labels == label)
        weights[:, rows] = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=_DRAWS)
    positive = 1 if len(predictions.label_names) == 2 else None
    values = _Resampled(predictions, positive).metrics(weights).values
    found = {}
    for name in METRIC_NAMES:
        defined = values[name][~np.isnan(values[name])]
        found[name] = tuple(np.percentile(defined, [2.5, 97.5])) if len(defined) else (math.nan, math.nan)
    return found


def measure(models: int, datasets: int) -> dict[str, Any]:
    """All cells."""
    begin = time.perf_counter()
    cells = []
    for shape in SHAPES:
        for n in SIZES:
            settings = {"models": models, "datasets": datasets, "seed": 1}
            cells.append(
                {
                    "shape": shape.name,
                    "n": n,
                    "before": _record(single_coverage(shape, n, **settings, bounds=stratified)),
                    "single": _record(single_coverage(shape, n, **settings)),
                    "paired": _record(paired_coverage(shape, n, **settings)),
                }
            )
            print(shape.name, n, f"{time.perf_counter() - begin:.0f} s", flush=True)
    revision, dirty = commit()
    return {
        "models": models,
        "datasets": datasets,
        "seconds": time.perf_counter() - begin,
        "cells": cells,
        "commit": revision,
        "dirty": dirty,
    }


def _record(tallies: dict[str, Tally]) -> dict[str, dict[str, int]]:
    return {name: vars(tally) for name, tally in tallies.items()}


def table(found: dict[str, Any]) -> str:
    """As docs/evaluation.md shows it: percent that held, of one model and of the difference of two."""
    experiments = found["models"] * found["datasets"]
    doubt = 200 * (0.95 * 0.05 / experiments) ** 0.5
    key = (
        f"Per cent of {experiments} experiments a cell (two standard errors: {doubt:.1f}); (n): only n per cent of the "
        "experiments had an interval; nothing: fewer than 10 had one."
    )
    lines = [
        key,
        "",
        f"| labels | texts | accuracy, before | {' | '.join(_SHOWN.values())} | accuracy, of two |",
        f"| --- | ---: | ---: | {'---: | ' * len(_SHOWN)}---: |",
    ]
    for cell in found["cells"]:
        before, paired = _cell(cell["before"]["accuracy"]), _cell(cell["paired"]["accuracy"])
        figures = " | ".join(_cell(cell["single"][name]) for name in _SHOWN)
        lines.append(f"| {cell['shape']} | {cell['n']} | {before} | {figures} | {paired} |")
    return "\n".join(lines)


def _cell(tally: dict[str, int]) -> str:
    share = tally["intervals"] / tally["experiments"]
    if share < 0.1:
        return ""
    held = f"{100 * tally['held'] / tally['intervals']:.0f}"
    return held if share > 0.995 else f"{held} ({100 * share:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--datasets", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    parser.add_argument(
        "--docs", type=Path, help="page whose table is written anew, from --out alone where that is there"
    )
    arguments = parser.parse_args()
    if arguments.docs is None or not arguments.out.exists():
        found = measure(arguments.models, arguments.datasets)
        arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    else:
        found = json.loads(arguments.out.read_text(encoding="utf-8"))
    if arguments.docs is not None:
        head, _, rest = arguments.docs.read_text(encoding="utf-8").partition(_BEGIN)
        _, _, tail = rest.partition(_END)
        arguments.docs.write_text(f"{head}{_BEGIN}\n\n{table(found)}\n\n{_END}{tail}", encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
