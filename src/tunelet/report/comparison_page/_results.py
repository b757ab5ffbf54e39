"""What each model comes to: metrics, and their curves over one another."""

from collections.abc import Mapping

from tunelet._words import number
from tunelet.comparison import Comparison
from tunelet.evaluation import CurveKind, SeedMetrics, metric_words
from tunelet.report import _figures as figures
from tunelet.report._canvas import Figure, Look
from tunelet.report._document import Figures, Section, Table
from tunelet.report._figures import Bins, Line, Point
from tunelet.report.comparison_page._models import looks
from tunelet.report.run_page import curve_lines


def results_section(comparison: Comparison) -> Section:
    """The metrics side by side, with intervals."""
    record, models = comparison.record, comparison.record.models
    several = any(len(model.seeds) > 1 for model in models)
    rows = tuple(
        (words, *(_cell(model.metrics, name, several=several) for model in models))
        for name, words in metric_words(record.positive).items()
    )
    caption = "95 % intervals over texts" + (" and seeds; ± is the deviation over seeds" if several else "")
    header = ("metric", *(model.name for model in models))
    return Section("Results", (Table(header, rows, f"{caption}."), Figures(tuple(_overlays(comparison)))))


def _overlays(comparison: Comparison) -> list[Figure]:
    record, models, drawn = comparison.record, comparison.record.models, looks(comparison)
    points = [
        Point(model.name, model.metrics.accuracy, model.metrics.accuracy_ci, drawn[model.name]) for model in models
    ]
    found = [figures.bars("accuracy", "Accuracy", points, "accuracy, 95 % interval")]
    lines = _lines(comparison, "roc", drawn)
    if lines:
        about = f" of {record.positive!r}" if record.positive else ", mean of all labels against the rest"
        found.append(figures.roc("roc", lines, about))
    lines = _lines(comparison, "precision_recall", drawn) if record.positive else []
    if lines:
        share = models[0].curves[0][0].share
        found.append(figures.precision_recall("precision-recall", lines, f" of {record.positive!r}", share))
    bins = [Bins(model.name, model.reliability, drawn[model.name]) for model in models]
    found.append(figures.calibration("reliability", bins))
    return found


def _lines(comparison: Comparison, kind: CurveKind, drawn: Mapping[str, Look]) -> list[Line]:
    """The first curve of each seed: of the positive label, or the mean of all."""
    names = comparison.record.label_names
    return [
        Line(model.name, line.curve, drawn[model.name])
        for model in comparison.record.models
        for seed in model.curves
        for line in curve_lines(seed, kind, names)[:1]
    ]


def _cell(metrics: SeedMetrics, name: str, *, several: bool) -> str:
    """The value, and its interval on a line of its own."""
    if metrics.value(name) is None:
        return "undefined"
    deviation = metrics.deviation(name)
    spread = f" ± {deviation:.4f}" if several and deviation is not None else ""
    found = metrics.interval(name)
    return f"{number(metrics.value(name))}{spread}" + (f"\n[{found[0]:.4f}, {found[1]:.4f}]" if found else "")
