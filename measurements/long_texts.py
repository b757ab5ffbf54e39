"""What is read of long texts, and what that costs: measurements/long_texts.jsonl, and the end of docs/long-texts.md.

    python measurements/long_texts.py [--data imdb long_reviews] [--seeds 1 2 3] [--ways head-128 ...]    # hours
    python measurements/long_texts.py --page                                                               # seconds

Each trial is `tunelet train`, in a process of its own as a user types it, on 2,000 film reviews (IMDb, 5,000 others to
measure on) or 1,600 reviews of 750 words on average (Pang and Lee 2004, 400 to measure on). The encoder is
all-MiniLM-L6-v2 (22.7 M parameters), TF-IDF is left out, because it reads whole texts, and a fifth of the texts is held
out to choose the epoch. A trial is one line, on disk before the next one starts, so that a measurement that was cut off
goes on. Nothing else should run meanwhile: seconds are measured.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accuracy_results import append_line, read_lines
from measured import environment_line, train

from tunelet.run import Run

HERE = Path(__file__).parent
LINES, PAGE = HERE / "long_texts.jsonl", HERE.parent / "docs" / "long-texts.md"
SHARED = HERE.parent.parent / "shared"
_REVIEWS = SHARED / "sets" / "long_reviews"
SOURCES = {
    "imdb": (SHARED / "imdb" / "kaggle_2000.csv", SHARED / "imdb" / "test.parquet"),
    "long_reviews": (_REVIEWS / "train.parquet", _REVIEWS / "test.parquet"),
}
_NAMES = {"imdb": "IMDb, 2,000 reviews", "long_reviews": "Pang and Lee, 1,600 reviews"}
_COMMON = {"data.validation": "held-out", "evaluation.baseline": "false", "evaluation.explained": "0"}
_WINDOWS = {"data.truncation": "windows", "data.max_windows": "16"}
# Settings by the name of the way to read a text.
WAYS = {
    f"{truncation}-{length}": {"data.truncation": truncation, "data.max_length": str(length)}
    for truncation in ("head", "tail", "head+tail")
    for length in (128, 256, 512)
} | {
    f"windows-{length}-{pooling}": _WINDOWS | {"data.max_length": str(length), "model.window_pooling": pooling}
    for length, pooling in ((128, "mean"), (256, "mean"), (512, "mean"), (256, "max"), (256, "learned"))
}
_MARK = "## Measured"


def trial(source: str, way: str, seed: int, more: Sequence[str]) -> dict[str, Any]:
    """One training, and what is kept of it; `more` follows the command."""
    data, test = SOURCES[source]
    settings = [f"--set={key}={value}" for key, value in (_COMMON | WAYS[way]).items()]
    arguments = [str(data), "--test", str(test), "--model", "minilm", "--seed", str(seed), *settings, *more]
    return {"data": source, "way": way, "seed": seed, "more": list(more), **train(arguments, _kept)}


def _kept(run: Run) -> dict[str, Any]:
    tokens = run.data.tokens.parts
    return {
        "reading": {name: part.to_dict() | {"rows": run.data.parts[name].rows} for name, part in tokens.items()},
        "lengths": [one.to_dict() for one in run.evaluation.lengths],
    }


def missing(
    lines: Sequence[dict[str, Any]], sources: Sequence[str], ways: Sequence[str], seeds: Sequence[int]
) -> list[tuple[str, str, int]]:
    """The trials that no line holds, seed by seed, so that a measurement that is cut off has all ways on some seeds."""
    done = {(line["data"], line["way"], line["seed"]) for line in lines}
    wanted = [(source, way, seed) for seed in seeds for source in sources for way in ways]
    return [each for each in wanted if each not in done]


def section(lines: Sequence[dict[str, Any]]) -> str:
    """What the page says of these trials; empty where there are none."""
    if not lines:
        return ""
    latest = {(line["data"], line["way"], line["seed"]): line for line in lines}
    text = (
        f"{_MARK}\n\nWritten by `measurements/long_texts.py` from `long_texts.jsonl` beside it: {len(latest)} "
        "trainings of all-MiniLM-L6-v2 by the default recipe without TF-IDF, a fifth of the texts held out. Accuracy "
        "is that of test texts, mean and range over the seeds; *read* is the share of the training texts' tokens that "
        "is read.\n"
    )
    for source, name in _NAMES.items():
        by_way = {way: [line for key, line in latest.items() if key[:2] == (source, way)] for way in WAYS}
        rows = [_row(way, found) for way, found in by_way.items() if found]
        if rows:
            head = "| way | accuracy | range | log loss | read | training, s | whole command, s |"
            text += "\n".join([f"\n### {name}\n", head, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |", *rows, ""])
    return f"{text}\n{environment_line(next(reversed(latest.values())))}\n"


def _row(way: str, lines: Sequence[dict[str, Any]]) -> str:
    accuracies = [line["result"]["accuracy"] for line in lines]

    def mean(name: str) -> float:
        return statistics.fmean(line["result"][name] for line in lines)

    def read(line: dict[str, Any]) -> float:
        part = line["reading"]["train"]
        return float(part["tokens"] / (part["tokens"] + (part["cut_tokens"] or 0)))

    cells = [
        f"`{way}`",
        f"{statistics.fmean(accuracies):.4f}",
        f"{min(accuracies):.4f} to {max(accuracies):.4f}" if len(lines) > 1 else "one seed",
        f"{mean('log_loss'):.4f}",
        f"{100 * statistics.fmean(map(read, lines)):.0f} %",
        f"{mean('train_seconds'):.0f}",
        f"{statistics.fmean(line['seconds'] for line in lines):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def written(page: str, lines: Sequence[dict[str, Any]]) -> str:
    """The page with what these trials come to at its end."""
    kept = page.partition(f"\n{_MARK}\n")[0].rstrip("\n")
    measured = section(lines)
    return f"{kept}\n\n{measured}" if measured else f"{kept}\n"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=SOURCES, default=list(SOURCES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--lines", type=Path, default=LINES, help="where trials are kept; another file leaves the page")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    parser.add_argument("more", nargs="*", help="further arguments of `tunelet train`, behind --, to try it quickly")
    asked = parser.parse_args(arguments)
    if asked.more and asked.lines == LINES:
        parser.error("trials with other settings are no part of the measurement: name another file with --lines")
    left = [] if asked.page else missing(read_lines(asked.lines), asked.data, asked.ways, asked.seeds)
    for number, (source, way, seed) in enumerate(left, 1):
        print(f"{number}/{len(left)}: {source}, {way}, seed {seed}", file=sys.stderr)
        append_line(asked.lines, trial(source, way, seed, asked.more))
    if asked.lines == LINES:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), read_lines(LINES)), encoding="utf-8")
    else:
        print(section(read_lines(asked.lines)))


if __name__ == "__main__":
    main()
