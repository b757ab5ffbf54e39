"""How often 95 % intervals hold the truth, by classes and number of texts: the table in docs/evaluation.md.

    python measurements/coverage.py [--models 12] [--datasets 40] [--out FILE] [--docs docs/evaluation.md]
    python measurements/coverage.py --shapes [--models 12] [--datasets 40] [--out FILE]

With `--shapes` the same is measured for several labels a text, ratings and numbers, and printed as tables.

Every cell is measured on made-up models whose true figures are known (`tunelet.bench`), by the functions that
measure a run. "Before" are the percentiles of a bootstrap within each class, which reports had until version 0.1.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from tunelet.bench import (
    LABELLINGS,
    SHAPES,
    SIZES,
    Tally,
    commit,
    difference_coverage,
    labelling_coverage,
    labelling_pair_coverage,
    models_of,
    paired_coverage,
    score_coverage,
    share_coverage,
)

_DISCORDANT = ((0.05, 0.0), (0.1, 0.05), (0.2, 0.0), (0.2, 0.1), (0.4, 0.0), (0.4, 0.2))  # shares, with differences
_SHOWN = {
    "before": "accuracy, before",
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
_PAIRED = {
    "accuracy": "accuracy",
    "f1": "F1",
    "f1_macro": "F1, macro",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "ece": "ECE",
}
_OUT = Path(__file__).with_suffix(".json")
_BEGIN, _END = "<!-- coverage: written by measurements/coverage.py -->", "<!-- end of coverage -->"


def measure(models: int, datasets: int) -> dict[str, Any]:
    """All cells; of shares ten times as many drawings as of what needs probabilities, which cost more."""
    begin = time.perf_counter()
    cells, pairs = [], []
    for shape in SHAPES:
        made = models_of(shape, models, 1)
        for n in SIZES:
            single = _record(share_coverage(made, n, 10 * datasets)) | _record(score_coverage(made, n, datasets))
            cells.append({"shape": shape.name, "n": n, "single": single})
            print(shape.name, n, f"{time.perf_counter() - begin:.0f} s", flush=True)
    for shape in SHAPES[:2]:
        for n in SIZES:
            found = paired_coverage(shape, n, models=models, datasets=datasets, seed=1)
            pairs.append({"shape": shape.name, "n": n, "paired": _record(found)})
            print("pairs", shape.name, n, f"{time.perf_counter() - begin:.0f} s", flush=True)
    exact = [
        {"n": n, "discordant": share, "difference": gap, "coverage": difference_coverage(n, share, gap)}
        for n in SIZES[:2]
        for share, gap in _DISCORDANT
    ]
    revision, dirty = commit()
    return {
        "models": models,
        "datasets": datasets,
        "seconds": time.perf_counter() - begin,
        "cells": cells,
        "pairs": pairs,
        "exact": exact,
        "commit": revision,
        "dirty": dirty,
    }


def measure_labellings(models: int, datasets: int) -> dict[str, Any]:
    """Several labels a text, ratings and numbers: single models, and differences of two."""
    begin, cells = time.perf_counter(), []
    for labelling in LABELLINGS:
        for n in SIZES:
            single = labelling_coverage(labelling, n, models=models, datasets=datasets, seed=1)
            paired = labelling_pair_coverage(labelling, n, models=models, datasets=datasets // 4, seed=1)
            cells.append({"shape": labelling.name, "n": n, "single": _record(single), "paired": _record(paired)})
            print(labelling.name, n, f"{time.perf_counter() - begin:.0f} s", flush=True)
    revision, dirty = commit()
    return {
        "models": models,
        "datasets": datasets,
        "seconds": time.perf_counter() - begin,
        "cells": cells,
        "commit": revision,
        "dirty": dirty,
    }


def labelling_tables(found: dict[str, Any]) -> str:
    """A table for each family of shapes: percent of the intervals that held, of one model / of a difference."""
    lines: list[str] = []
    for family in ("labels a text", "ratings", "numbers"):
        cells = [cell for cell in found["cells"] if family in cell["shape"]]
        names = list(cells[0]["single"])
        lines += [f"| labels | texts | {' | '.join(names)} | alike |"]
        lines.append(f"| --- | ---: | {' | '.join(['---:'] * (len(names) + 1))} |")
        for cell in cells:
            shown = [f"{_cell(cell['single'][name])} / {_cell(cell['paired'][name])}" for name in names]
            alike = _cell(cell["paired"]["alike"])
            lines.append(f"| {cell['shape']} | {cell['n']} | {' | '.join(shown)} | {alike} |")
        lines.append("")
    return "\n".join(lines)


def _record(tallies: dict[str, Tally]) -> dict[str, dict[str, int]]:
    return {name: vars(tally) for name, tally in tallies.items()}


def table(found: dict[str, Any]) -> str:
    """As docs/evaluation.md shows it: percent that held, of one model and of the difference of two."""
    shares, scores = (found["models"] * found["datasets"] * times for times in (10, 1))
    key = (
        f"Per cent of {shares:,} experiments a cell, of ROC AUC and what follows it {scores:,} (two standard errors: "
        f"{_doubt(shares)} and {_doubt(scores)} points). (n): only n per cent of the experiments had an interval; "
        "nothing: fewer than 10 had one."
    )
    lines = [key, "", f"| labels | texts | {' | '.join(_SHOWN.values())} |"]
    lines.append(f"| --- | ---: | {' | '.join(['---:'] * len(_SHOWN))} |")
    for cell in found["cells"]:
        figures = " | ".join(_cell(cell["single"][name]) for name in _SHOWN)
        lines.append(f"| {cell['shape']} | {cell['n']} | {figures} |")
    lines += ["", f"Of the difference of two models, {scores:,} experiments a cell:", ""]
    lines.append(f"| labels | texts | {' | '.join(_PAIRED.values())} |")
    lines.append(f"| --- | ---: | {' | '.join(['---:'] * len(_PAIRED))} |")
    for cell in found["pairs"]:
        figures = " | ".join(_cell(cell["paired"][name]) for name in _PAIRED)
        lines.append(f"| {cell['shape']} | {cell['n']} | {figures} |")
    return "\n".join(lines)


def _doubt(experiments: int) -> str:
    """Two standard errors of a coverage of 95 %, in points."""
    return f"{200 * (0.95 * 0.05 / experiments) ** 0.5:.1f}"


def _cell(tally: dict[str, int]) -> str:
    share = tally["intervals"] / tally["experiments"]
    if share < 0.1:
        return ""
    held = f"{100 * tally['held'] / tally['intervals']:.0f}"
    return held if share > 0.995 else f"{held} ({100 * share:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=12)
    parser.add_argument("--datasets", type=int, default=40)
    parser.add_argument("--out", type=Path, default=_OUT)
    parser.add_argument(
        "--docs", type=Path, help="page whose table is written anew, from --out alone where that is there"
    )
    parser.add_argument("--shapes", action="store_true", help="several labels a text, ratings and numbers")
    arguments = parser.parse_args()
    if arguments.shapes:
        found = measure_labellings(arguments.models, arguments.datasets)
        out = arguments.out.with_name("coverage-shapes.json") if arguments.out == _OUT else arguments.out
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(labelling_tables(found))
        return
    if arguments.docs is None or not arguments.out.exists():
        found = measure(arguments.models, arguments.datasets)
        arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    else:
        found = json.loads(arguments.out.read_text(encoding="utf-8"))
    if arguments.docs is not None:
        from measured import put_section  # beside this file, which a test loads by its path

        put_section(arguments.docs, _BEGIN, _END, f"\n\n{table(found)}\n\n")
    print(table(found))


if __name__ == "__main__":
    main()
