"""Accuracy of the named recipes on IMDb, measured through the command line and written up as docs/results.md.

    python measurements/imdb.py ../shared/imdb --out measurements/imdb.json [--only 2k] [--only 10k]

Each command is run as a user types it. What was measured before and is not asked for again is kept in the JSON file.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from measured import environment_line, train

from tunelet.run import Run

ROOT = Path(__file__).parents[1]

_SHOWN = ("accuracy", "f1_weighted", "log_loss", "roc_auc")

_INTRODUCTION = """\
# Results

Written by `make bench` (`measurements/imdb.py`) from what it measured. Every figure here is that of all-MiniLM-L6-v2
(22.7 M parameters), adapted with the recipes named after DistilBERT: the machine that measured had no access to the
published DistilBERT and ALBERT weights, and no GPU. An accuracy of 0.886 and a loss of 0.281 are reported elsewhere for
DistilBERT with the settings of the 10k recipe; that was not repeated here.
"""

_TWO_THOUSAND = """\
## `distilbert-imdb-2k`: {counts}

    {command}

| seed | validation accuracy, 95 % interval | log loss | whole command | training and evaluation, estimated | taken |
| --- | --- | --- | --- | --- | --- |
{rows}

Mean {mean:.4f}, standard deviation {deviation:.4f}. Each seed has its own split. The epoch is chosen on these
validation reviews (by log loss), so the figure is a little kind to itself; the 10k experiment has a test set.

{environment}
"""

_TEN_THOUSAND = """\
## `distilbert-imdb-10k`: {counts}

    {command}

| | accuracy | weighted F1 | log loss | ROC AUC | ECE |
| --- | --- | --- | --- | --- | --- |
{rows}

Kept epoch {result[best_epoch]} of {result[epochs]}. Training took {training:.0f} min at
{result[tokens_per_second]:,.0f} tokens/s, the whole command {whole:.0f} min.

{environment}
"""


def commands(data: Path) -> dict[str, list[list[str]]]:
    """Arguments of `tunelet train` of each experiment, without --json and --out."""
    two = [str(data / "kaggle_2000.csv"), "--recipe", "distilbert-imdb-2k", "--model", "minilm"]
    ten = [
        str(data / "train.parquet"), "--limit", "10000", "--recipe", "distilbert-imdb-10k",
        "--model", "minilm", "--test", str(data / "test.parquet"),
    ]  # fmt: skip
    return {"2k": [[*two, "--seed", str(seed)] for seed in (1, 2, 3)], "10k": [ten]}


def _rows(run: Run) -> dict[str, Any]:
    return {"rows": {name: texts.rows for name, texts in run.data.parts.items()}}


def write_up(found: dict[str, list[dict[str, Any]]]) -> str:
    """docs/results.md from the measurements."""
    parts = [_INTRODUCTION]
    if runs := found.get("2k"):
        rows = "\n".join(
            f"| {run['result']['seed']} | {_interval(run['result'], 'accuracy')} | {run['result']['log_loss']:.3f} "
            f"| {run['seconds']:.0f} s | {run['result']['expected_seconds']:.0f} s | {run['result']['seconds']:.0f} s |"
            for run in runs
        )
        accuracies = [run["result"]["accuracy"] for run in runs]
        parts.append(
            _TWO_THOUSAND.format(
                command=_shown(runs[0]),
                counts=_counts(runs[0]),
                rows=rows,
                mean=statistics.mean(accuracies),
                deviation=statistics.stdev(accuracies),
                environment=environment_line(runs[0], runs[0]["environment"]["choices"]["precision"]["value"]),
            )
        )
    if runs := found.get("10k"):
        result = runs[0]["result"]
        rows = "\n".join(
            f"| {part} | {' | '.join(_interval(of, name) for name in _SHOWN)} | {of['ece']:.4f} |"
            for part, of in (("test", result), ("validation", result["validation"]))
        )
        parts.append(
            _TEN_THOUSAND.format(
                command=_shown(runs[0]),
                counts=_counts(runs[0]),
                rows=rows,
                result=result,
                training=result["train_seconds"] / 60,
                whole=runs[0]["seconds"] / 60,
                environment=environment_line(runs[0], runs[0]["environment"]["choices"]["precision"]["value"]),
            )
        )
    return "\n".join(parts)


def _counts(run: dict[str, Any]) -> str:
    purposes = {"train": "to train on", "validation": "for validation", "test": "of the official test set"}
    return ", ".join(f"{rows:,} reviews {purposes[part]}" for part, rows in run["rows"].items())


def _shown(run: dict[str, Any]) -> str:
    return " ".join(run["command"])


def _interval(result: dict[str, Any], name: str) -> str:
    low, high = result[f"{name}_ci"]
    return f"{result[name]:.4f} [{low:.4f}, {high:.4f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with kaggle_2000.csv, train.parquet and test.parquet")
    parser.add_argument("--out", type=Path, required=True, help="JSON file of the measurements")
    parser.add_argument("--only", action="append", choices=["2k", "10k"], help="measure only this")
    arguments = parser.parse_args()
    found = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    for name, experiment in commands(arguments.data).items():
        if arguments.only is None or name in arguments.only:
            found[name] = [train(command, _rows) for command in experiment]
            arguments.out.write_text(json.dumps(found, indent=1) + "\n")
    (ROOT / "docs" / "results.md").write_text(write_up(found))


if __name__ == "__main__":
    main()
