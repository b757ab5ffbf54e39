"""The figures of a run whose labels have another shape than one a text, by what its record holds."""

from collections.abc import Callable, Sequence
from typing import Any

from tunelet.evaluation import (
    FigureSlice,
    MultilabelDetails,
    MultilabelMetrics,
    RatingDetails,
    ReliabilityBin,
    ValueDetails,
)
from tunelet.report import _figures as figures
from tunelet.report import _number_figures as numbers
from tunelet.report._canvas import FAINT, RIVALS, STRONG, Figure
from tunelet.report._label_figures import Bars, Expected, label_calibration, label_dots
from tunelet.report.run_page._pictures import curve_lines
from tunelet.run import Run

_MOST = 30  # labels or ratings whose confusion has room in a figure


def shaped_figures(run: Run) -> list[Figure]:
    """All figures of the results; of a run of an earlier version those that its records allow."""
    evaluation = run.shaped_evaluation
    drawn = [] if evaluation.details is None else _DRAWN[type(evaluation.details)](run, evaluation.details)
    if len(evaluation.lengths) > 1:
        drawn += _lengths(run, evaluation.lengths)
    return drawn


def _several_labels(run: Run, details: MultilabelDetails) -> list[Figure]:
    names = run.label_names
    drawn = [_f1(run)]
    for kind in ("roc", "precision_recall"):
        lines = curve_lines(details.curves, kind, names)
        labels, shown = len(names), sum(line.name in names for line in lines)
        about = ", each label against the rest" + (f": the {shown} worst of {labels}" if shown < labels else "")
        if lines and kind == "roc":
            drawn.append(figures.roc("roc", lines, about))
        elif lines:
            drawn.append(figures.precision_recall("precision-recall", lines, about, None))
    drawn.append(figures.calibration("reliability", _reliability(run, details.reliability), figures.OF_LABELS))
    expected = [Expected(row.label, row.probability, row.share, row.share_ci) for row in details.calibration]
    drawn.append(label_calibration("calibration-by-label", expected))
    if len(names) <= _MOST:
        matrix = [
            [*(row.given if at == place else n for place, n in enumerate(row.instead)), row.nothing]
            for at, row in enumerate(details.instead)
        ]
        across = figures.Across((*names, "nothing wrong"), "given (on the diagonal), or wrongly given in its place")
        drawn.append(figures.confusion("given-instead", names, matrix, across))
    return drawn


def _f1(run: Run) -> Figure:
    """F1 of each label, with intervals, beside that of the baselines."""
    series = []
    for name, metrics, style in (
        (run.facts.model, run.metrics, STRONG),
        *((rival.name, rival.metrics, RIVALS[key]) for key, rival in run.shaped_evaluation.rivals.items()),
    ):
        rows = metrics.per_label if isinstance(metrics, MultilabelMetrics) else ()
        intervals = {row.label: row.f1_ci for row in rows} if style is STRONG else {}
        series.append(Bars(name, {row.label: row.f1 for row in rows}, style, intervals))
    return label_dots("f1-by-label", "F1 by label", series, "F1, 95 % interval")


def _ratings(run: Run, details: RatingDetails) -> list[Figure]:
    confusion = getattr(run.metrics, "confusion", None)
    drawn = []
    if confusion is not None and len(confusion.labels) <= _MOST:
        drawn.append(figures.confusion("confusion", confusion.labels, confusion.matrix))
    drawn.append(numbers.steps("steps", [(each.step, each.n) for each in details.steps]))
    drawn.append(figures.calibration("reliability", _reliability(run, details.rating_reliability)))
    return drawn


def _reliability(run: Run, as_it_is: Sequence[ReliabilityBin]) -> list[figures.Bins]:
    """The bins without the temperature and with it; of a run of before there was one, those of the model alone."""
    temperature = run.shaped_evaluation.temperature
    if temperature is None:
        return [figures.Bins(run.facts.model, as_it_is, STRONG)]
    return [
        figures.Bins("as trained", temperature.reliability_before, FAINT),
        figures.Bins("temperature scaled", temperature.reliability, STRONG),
    ]


def _numbers(_: Run, details: ValueDetails) -> list[Figure]:
    return [
        numbers.predicted_against_true("predicted-against-true", details.points),
        numbers.errors("errors", details.errors),
    ]


def _lengths(run: Run, slices: tuple[FigureSlice, ...]) -> list[Figure]:
    """The first figure that slices have, which is defined in most of them."""
    metric = next(iter(slices[0].values))
    known = [
        figures.OfLength(each.shortest, each.longest, each.n, value, each.intervals[metric])
        for each in slices
        if (value := each.values[metric]) is not None
    ]
    return [figures.lengths("lengths", known, run.metrics.named()[metric])] if len(known) > 1 else []


_DRAWN: dict[type[Any], Callable[[Run, Any], list[Figure]]] = {
    MultilabelDetails: _several_labels,
    RatingDetails: _ratings,
    ValueDetails: _numbers,
}
