"""The screens of `tunelet evaluate` and `tunelet predict`: figures on other data, labels of texts and of a file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from tunelet._words import counted, duration
from tunelet.console._metrics import metrics_screen

if TYPE_CHECKING:
    from tunelet._choice import Choice
    from tunelet.classifier import Evaluation, FilePredictions, PredictedFiles

_UNSURE = "unsure"  # stands where no label was probable enough
_EMPTY = "no text"  # and where there was nothing to read
_NONE = "none of them"  # of several possible labels


def evaluation_screen(console: Console, evaluation: "Evaluation") -> None:
    """Which columns were read, what was dropped, and the metrics with their intervals."""
    for role, column in (("texts", evaluation.text_column), ("labels", evaluation.label_column)):
        _say(console, _column(role, column))
    if evaluation.temperature != 1.0:
        _say(console, f"probabilities: as predict gives them, logits divided by {evaluation.temperature:.3f}")
    if evaluation.dropped:
        _say(console, "dropped: " + "; ".join(f"{rows:,} {reason}" for reason, rows in evaluation.dropped.items()))
    split = "" if evaluation.part == "train" else f" ({evaluation.part} split)"  # a single file is all "train"
    title = f"{counted(evaluation.metrics.n, 'text')} of {evaluation.source}{split}"
    metrics_screen(console, evaluation.metrics, title, notes=evaluation.notes, warnings=evaluation.warnings)
    if (soft := evaluation.shares) is not None:
        least = f"{soft.entropy:.4f} would be perfect"
        _say(console, f"soft labels: the log loss against their probabilities is {soft.log_loss:.4f}; {least}")


def prediction_lines(predictions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Label, probability and text of each prediction, with tabulators between them: lines for a person and for a pipe.

    Of a number, it, its interval, and the text.

    Args:
        predictions: as `predict_texts` returns them.
    """
    for entry in predictions:
        label, sure = _number(entry) if "value" in entry else _label(entry)
        yield f"{label}\t{sure}\t{' '.join(entry['text'].split())}"


def _label(entry: Mapping[str, Any]) -> tuple[str, str]:
    probability = "-" if entry["probability"] is None else f"{entry['probability']:.4f}"
    missing = _EMPTY if entry["probability"] is None else _UNSURE
    return missing if entry["label"] is None else entry["label"] or _NONE, probability


def _number(entry: Mapping[str, Any]) -> tuple[str, str]:
    if entry["value"] is None:
        return _EMPTY, "-"
    ends = "-" if entry["low"] is None else f"{entry['low']:.6g} to {entry['high']:.6g}"
    return entry["label"], ends


def file_screen(console: Console, written: "FilePredictions") -> None:
    """How a file was read, how many of its texts have a label now, and where the answers are."""
    _say(console, _column("texts", written.text_column))
    for note in written.notes:
        _say(console, note)
    if len(written.parts) > 1:
        _say(console, f"split: {written.part}, of {', '.join(written.parts)}")
    renamed = [f"{name!r} is {given!r}" for name, given in written.columns.items() if name != given]
    if renamed:
        _say(console, f"columns that the file has already: {', '.join(renamed)} in the output")
    counts = [counted(written.n, "text") + " classified"]
    counts += [f"{written.unsure:,} of them too unsure for a label"] if written.unsure else []
    counts += [f"{written.resumed:,} of them before"] if written.resumed else []
    counts += [f"{counted(written.empty, 'row')} without text left empty"] if written.empty else []
    if written.texts_per_second and written.seconds >= 1:
        _say(console, f"time: {duration(written.seconds)}, {written.texts_per_second:,.0f} texts/s")
    _say(console, f"{', '.join(counts)}: {'standard output' if written.output == '-' else written.output}")


def parts_screen(console: Console, written: "PredictedFiles") -> None:
    """How many files and texts have labels now, and where they are."""
    counts = [f"{counted(written.n, 'text')} of {counted(written.files, 'file')} classified"]
    counts += [f"{written.unsure:,} of them too unsure for a label"] if written.unsure else []
    counts += [f"{counted(written.resumed, 'file')} before"] if written.resumed else []
    counts += [f"{counted(written.empty, 'row')} without text left empty"] if written.empty else []
    if written.seconds >= 1:
        _say(console, f"time: {duration(written.seconds)}")
    _say(console, f"{', '.join(counts)}: {written.output}, with manifest.json")


def _column(role: str, column: "Choice[str]") -> str:
    return f"{role}: column {column.value!r}, {column.reason}"


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)
