"""What a model is worth, as tables: metrics with their intervals, the classes, and which are taken for which."""

import itertools
from collections.abc import Mapping, Sequence
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

from tunelet._words import counted, interval, number
from tunelet.console._tables import fits, print_table, table
from tunelet.evaluation import (
    ClassMetrics,
    FigureWarning,
    LabelMetrics,
    Measured,
    Metrics,
    MultilabelMetrics,
    OrdinalMetrics,
    confusions,
    metric_words,
)
from tunelet.run import ShapedMetrics

R = TypeVar("R", bound=ClassMetrics)
_CLASSES, _CONFUSIONS = 30, 10  # that are printed; beyond, those that go worst


def metrics_screen(
    console: Console,
    metrics: Metrics | ShapedMetrics,
    title: str,
    *,
    notes: Sequence[str] = (),
    warnings: Sequence[FigureWarning] = (),
) -> None:
    """Metrics with 95 % intervals, notes and warnings about them, the table of classes, and the confusion matrix.

    Of several labels a text there is no such matrix, and a class is one of the labels; of ratings there are no classes,
    and of numbers there is neither.
    """
    made = table("metric", "value", "95 % interval")
    named = metric_words(metrics.positive) if isinstance(metrics, Metrics) else metrics.words
    for name, words in named.items():
        made.add_row(escape(words), number(metrics.value(name)), interval(metrics.interval(name)) or "none")
    print_table(console, escape(title), made)
    no_interval_screen(console, metrics, named)
    notes_screen(console, notes)
    warnings_screen(console, warnings)
    if isinstance(metrics, MultilabelMetrics):
        _labels(console, metrics.per_label)
    if isinstance(metrics, Metrics):
        _classes(console, metrics.per_class)
    if isinstance(metrics, Metrics | OrdinalMetrics):
        _confusion(console, metrics.confusion.labels, metrics.confusion.matrix)


def no_interval_screen(console: Console, metrics: Measured, named: Mapping[str, str]) -> None:
    """Why figures have no interval, a line each reason: a sentence has no room in a column of numbers.

    Args:
        console: where to.
        metrics: the figures.
        named: what they are called, by metric.
    """
    without: dict[str, list[str]] = {}
    for name, words in named.items():
        if not interval(metrics.interval(name)):
            without.setdefault(metrics.why_no_interval(name), []).append(words)
    for reason, these in without.items():
        console.print(escape(f"no interval for {', '.join(these)}: {reason}"), highlight=False, soft_wrap=True)


def notes_screen(console: Console, notes: Sequence[str]) -> None:
    """What a reader of the figures must know, a line each."""
    for note in notes:
        console.print(f"[bold]note[/]: {escape(note)}", highlight=False, soft_wrap=True)


def warnings_screen(console: Console, warnings: Sequence[FigureWarning]) -> None:
    """What to bear in mind with the figures, each with what to type about it."""
    for hint, same in itertools.groupby(warnings, key=lambda warning: warning.hint):
        for warning in same:
            console.print(f"[bold]note[/]: {escape(warning.message)}", highlight=False, soft_wrap=True)
        console.print(f"      to try: {escape(hint)}", highlight=False, soft_wrap=True)


def _labels(console: Console, rows: Sequence[LabelMetrics]) -> None:
    shown, title = _worst(rows, "label", "by label, each given from its threshold on")
    made = table("label", "texts", "given", "threshold", "precision", "recall", "F1")
    for row in shown:
        figures = (number(row.value(name)) for name in ("precision", "recall", "f1"))
        made.add_row(escape(row.label), f"{row.n:,}", f"{row.predicted:,}", f"{row.threshold:.3f}", *figures)
    print_table(console, title, made)


def _worst(rows: Sequence[R], noun: str, all_of_them: str) -> tuple[Sequence[R], str]:
    """The rows that are printed, and the title above them: of many those that go worst."""
    if len(rows) <= _CLASSES:
        return rows, all_of_them
    shown = sorted(rows, key=lambda row: (row.f1 is not None, row.f1 or 0.0))[:_CLASSES]
    return shown, f"the {_CLASSES} of {counted(len(rows), noun)} with the lowest F1; all: --json, or tunelet report"


def _classes(console: Console, rows: Sequence[ClassMetrics]) -> None:
    shown, title = _worst(rows, "class", "by class")
    made = table("class", "texts", "precision", "recall", "its 95 % interval", "F1")
    for row in shown:
        precision, recall, f1 = (number(row.value(name)) for name in ("precision", "recall", "f1"))
        made.add_row(escape(row.label), f"{row.n:,}", precision, recall, interval(row.recall_ci), f1)
    print_table(console, title, made)


def _confusion(console: Console, labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> None:
    """The matrix where it has room, else the largest confusions, a line each."""
    made = table("", *(escape(label) for label in labels))
    for label, counts in zip(labels, matrix, strict=True):
        made.add_row(escape(label), *(f"{count:,}" for count in counts))
    if fits(console, made):
        print_table(console, "confusion matrix: rows are true, columns predicted", made)
        return
    confused = confusions(labels, matrix)
    if confused:
        console.print("[bold]largest confusions[/]", highlight=False)
    for true, predicted, count in confused[:_CONFUSIONS]:
        console.print(f"{escape(true)} taken for {escape(predicted)}: {count:,}", highlight=False, soft_wrap=True)
    if len(confused) > _CONFUSIONS:
        more = counted(len(confused) - _CONFUSIONS, "more confusion")
        console.print(f"and {more}; the whole matrix: --json, or tunelet report", highlight=False, soft_wrap=True)
