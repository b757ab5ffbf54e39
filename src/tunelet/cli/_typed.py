"""What `predict` and `explain` refuse of what was typed: a file's name, a run or a dash in the place of a text.

None of this is in the Python API, where a text in quotes is a text: only a shell turns `predict RUN reviews.csv` into
the classification of a file's name.
"""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from tunelet.data import format_of
from tunelet.errors import DataError, RunError
from tunelet.run import RunFolder


def check_texts(run: Path, texts: Sequence[str], source: str | None, output: Path | None, *, json: bool) -> None:
    """Refuse what is hardly meant: the run in the wrong place, the name of a file, a dash, nothing at all.

    Args:
        run: what was typed as the folder of the run.
        texts: what was typed as texts.
        source: what `--input` names.
        output: what `--output` names.
        json: whether stdout is for one JSON object.

    Raises:
        DataError, RunError: what was typed is no run with texts, and no run with a file of texts.
    """
    if bool(texts) == (source is not None):
        raise DataError(
            "expected texts, or a file of texts", 'type tunelet predict RUN "some text", or --input FILE --output FILE'
        )
    if "-" in texts:
        raise DataError("standard input holds no text to type", "read it as a file: --input - --output FILE")
    if json and str(output) == "-":
        raise DataError("--json and --output - both want standard output", "name a file: --output predictions.csv")
    _check_each(run, texts, "predict", "to classify what it holds: --input {} --output predictions.csv")
    if source is None and output is not None:
        raise DataError("--output goes with --input", "leave out --output, or put the texts in a file: --input FILE")


def check_texts_to_explain(run: Path, texts: Sequence[str]) -> None:
    """The same for `explain`, which reads no file. Raises DataError, RunError."""
    if "-" in texts:
        raise DataError("standard input is not read", 'type the text itself: tunelet explain RUN "some text"')
    _check_each(run, texts, "explain", "explain what {} holds in Python: tunelet.Classifier.load(RUN).explain(texts)")


def _check_each(run: Path, texts: Sequence[str], command: str, for_file: str) -> None:
    """Refuse a run, a file's name or nothing among the texts; `for_file` says what to type for a file."""
    if texts and not _is_run(run):
        swapped = next((text for text in texts if _is_run(Path(text))), None)
        if swapped is not None:
            raise RunError(
                f"expected the run first and then the texts, found the run {swapped!r} among the texts",
                f"type tunelet {command} {shlex.quote(swapped)} {shlex.quote(str(run))}",
            )
    if texts and not any(text.strip() for text in texts):
        raise DataError("expected a text, found an empty one", f'type tunelet {command} RUN "some text"')
    for text in texts:
        if _names_data(text):
            raise DataError(
                f"{text!r} is the name of {_what_lies_there(text)}, expected a text",
                for_file.format(shlex.quote(text)),
            )


def _is_run(path: Path) -> bool:
    try:
        folder = RunFolder(path)
        return folder.metrics.is_file() and folder.recipe.is_file()
    except (OSError, ValueError):  # a text in the place of a path is too long, or has a NUL
        return False


def _names_data(text: str) -> bool:
    one_word = bool(re.fullmatch(r"\S+", text))
    if one_word and (format_of(text) is not None or re.fullmatch(r"hub:[\w.-]+/[\w.:@/-]+", text)):
        return True
    try:
        return bool(re.search(r"\w", text)) and Path(text).exists()  # "" and "." are folders, too
    except (OSError, ValueError):
        return False


def _what_lies_there(text: str) -> str:
    try:
        return "a folder" if Path(text).is_dir() else "a file" if Path(text).exists() else "a data file"
    except (OSError, ValueError):
        return "a data file"


def number_of(threshold: str | None) -> float | str | None:
    """The number of `--threshold`, or "run". Raises DataError for anything else."""
    if threshold is None or threshold == "run":
        return threshold
    try:
        return float(threshold)
    except ValueError:
        raise DataError(
            f"expected a number from 0 to 1, or run, as the threshold, found {threshold!r}", "type --threshold 0.5"
        ) from None
