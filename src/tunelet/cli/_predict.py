"""What `tunelet predict` does once its arguments are read: the wrong ones are told apart, the answers are printed."""

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from tunelet._output import json_line
from tunelet._words import counted
from tunelet.data import format_of
from tunelet.errors import DataError, RunError
from tunelet.run import RunFolder

_UNSURE = "unsure"  # stands where no label was probable enough
_EMPTY = "no text"  # and where there was nothing to read


def predict(
    run: Path,
    texts: Sequence[str],
    source: str | None,
    output: Path | None,
    *,
    threshold: str | None,
    json: bool,
    reading: Mapping[str, Any],
    **options: Any,
) -> None:
    """Classify texts that were typed, or those of a file.

    Args:
        run: the folder of a run.
        texts: typed.
        source: what `--input` names.
        output: what `--output` names.
        threshold: a number, or "run".
        json: whether one JSON object is printed.
        reading: how a file is read: `text`, `encoding` and `settings` of `predict_file`.
        options: further arguments of `predict_texts` and `predict_file`.
    """
    from tunelet.classifier import predict_file, predict_texts

    if bool(texts) == (source is not None):
        raise DataError(
            "expected texts, or a file of texts", 'type tunelet predict RUN "some text", or --input FILE --output FILE'
        )
    options["threshold"] = _number(threshold)
    check_texts(run, texts)
    if source is not None:
        if source == "-":
            raise DataError("standard input is not read", "write the texts to a file, one a line: --input texts.txt")
        written = predict_file(run, source, output, **reading, **options)
        if json:
            typer.echo(json_line(written.to_dict()))
        else:
            for line in _lines(written.to_dict()):
                typer.echo(line)
        return
    if output is not None:
        raise DataError("--output goes with --input", "leave out --output, or put the texts in a file: --input FILE")
    predictions = predict_texts(run, texts, **options)
    if json:
        typer.echo(json_line({"run": str(run), "predictions": predictions}))
        return
    for entry in predictions:
        probability = "-" if entry["probability"] is None else f"{entry['probability']:.4f}"
        missing = _EMPTY if entry["probability"] is None else _UNSURE
        label = missing if entry["label"] is None else entry["label"]
        typer.echo(f"{label}\t{probability}\t{' '.join(entry['text'].split())}")


def check_texts(run: Path, texts: Sequence[str]) -> None:
    """Refuse what is hardly meant as a text: the run in the wrong place, the name of a file, a dash, nothing at all."""
    if texts and not _is_run(run):
        swapped = next((text for text in texts if _is_run(Path(text))), None)
        if swapped is not None:
            raise RunError(
                f"expected the run first and then the texts, found the run {swapped!r} among the texts",
                f"type tunelet predict {shlex.quote(swapped)} {shlex.quote(str(run))}",
            )
    if texts and not any(text.strip() for text in texts):
        raise DataError("expected a text, found an empty one", 'type tunelet predict RUN "some text"')
    for text in texts:
        if text == "-":
            raise DataError("standard input is not read", "write the texts to a file, one a line: --input texts.txt")
        if _names_data(text):
            raise DataError(
                f"{text!r} is the name of {_what_lies_there(text)}, expected a text",
                f"to classify what it holds: --input {shlex.quote(text)} --output predictions.csv",
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


def _number(threshold: str | None) -> float | str | None:
    if threshold is None or threshold == "run":
        return threshold
    try:
        return float(threshold)
    except ValueError:
        raise DataError(
            f"expected a number from 0 to 1, or run, as the threshold, found {threshold!r}", "type --threshold 0.5"
        ) from None


def _lines(written: Mapping[str, Any]) -> list[str]:
    """What is said of a file."""
    column = written["text_column"]
    lines = [f"texts: column {column['value']!r}, {column['reason']}", *written["notes"]]
    if len(written["parts"]) > 1:
        lines.append(f"part: {written['part']}, of {', '.join(written['parts'])}")
    renamed = [f"{name!r} is {given!r}" for name, given in written["columns"].items() if name != given]
    if renamed:
        lines.append(f"columns that the file has already: {', '.join(renamed)} in the output")
    empty, unsure = written["empty"], written["unsure"]
    said = [counted(written["n"], "text") + " classified"]
    said += [f"{unsure:,} of them too unsure for a label"] if unsure else []
    said += [f"{counted(empty, 'row')} without text left empty"] if empty else []
    return [*lines, f"{', '.join(said)}: {written['output']}"]
