"""The results of each model: metrics side by side, and curves in shared figures."""

from collections.abc import Mapping

from tunelet._words import number
from tunelet.comparison import Comparison
from tunelet.evaluation import AnySeedMetrics, CurveKind
from tunelet.report import _figures as figures
from tunelet.report._canvas import Figure, Look
from tunelet.report._document import Figures, Section, Table
from tunelet.report._figures import Bins, Line
from tunelet.report._label_figures import Bars, label_dots
from tunelet.report._point_figures import Point, bars
from tunelet.report.comparison_page._kinds import kind_of
from tunelet.report.comparison_page._models import looks, main_figure
from tunelet.report.run_page import curve_lines


def results_section(comparison: Comparison) -> Section:
    """The metrics side by side, with intervals, and the figures that show all models together."""
    record, models = comparison.record, comparison.record.models
    several = any(len(model.seeds) > 1 for model in models)
    rows = tuple(
        (words, *(_cell(model.metrics, name, several=several) for model in models))
        for name, words in models[0].metrics.named(record.positive).items()
    )
    caption = "95 % intervals over texts" + (" and seeds; ± is the deviation over seeds" if several else "")
    header = ("metric", *(model.name for model in models))
    return Section("Results", (Table(header, rows, f"{caption}."), Figures(tuple(_overlays(comparison)))))


def _overlays(comparison: Comparison) -> list[Figure]:
    record, models, styles = comparison.record, comparison.record.models, looks(comparison)
    kind, main = kind_of(comparison), models[0].metrics.main
    points = [
        Point(model.name, value, bounds, styles[model.name]) for model in models for value, bounds in main_figure(model)
    ]
    title = f"{kind.main[:1].upper()}{kind.main[1:]}"
    overlays = [bars(main.replace("_", "-"), title, points, f"{kind.main}, 95 % interval")] if points else []
    about = f" of {record.positive!r}" if record.positive else kind.about
    lines = _lines(comparison, "roc", styles)
    if lines:
        overlays.append(figures.roc("roc", lines, about))
    averaged = models[0].curves[0][:1]  # of several classes there is no mean of the curves of precision and recall
    lines = _lines(comparison, "precision_recall", styles) if averaged and averaged[0].precision_recall else []
    if lines:
        overlays.append(figures.precision_recall("precision-recall", lines, about, averaged[0].share))
    bins = [Bins(model.name, model.reliability, styles[model.name]) for model in models]
    if any(each.bins for each in bins):
        overlays.append(figures.calibration("reliability", bins, kind.reliability))
    by_label = [Bars(model.name, model.by_label, styles[model.name]) for model in models if model.by_label]
    if by_label:
        overlays.append(label_dots("f1-by-label", "F1 by label", by_label, "F1"))
    return overlays


def _lines(comparison: Comparison, kind: CurveKind, styles: Mapping[str, Look]) -> list[Line]:
    """One curve for each seed of each model: of the positive label, or the mean over all labels."""
    names = comparison.record.label_names
    return [
        Line(model.name, line.curve, styles[model.name])
        for model in comparison.record.models
        for seed in model.curves
        for line in curve_lines(seed, kind, names)[:1]
    ]


def _cell(metrics: AnySeedMetrics, name: str, *, several: bool) -> str:
    """A metric's value with its deviation over seeds, and its interval on a line of its own."""
    if metrics.value(name) is None:
        return "undefined"
    deviation = metrics.deviation(name)
    spread = f" ± {deviation:.4f}" if several and deviation is not None else ""
    bounds = metrics.interval(name)
    return f"{number(metrics.value(name))}{spread}" + (f"\n[{bounds[0]:.4f}, {bounds[1]:.4f}]" if bounds else "")
