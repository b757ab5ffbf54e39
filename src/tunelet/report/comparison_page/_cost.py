"""What each model costs, and its accuracy against that cost."""

from collections.abc import Sequence

from tunelet._words import bytes_in_words, duration
from tunelet.comparison import ComparedModel, Comparison
from tunelet.report._canvas import Figure
from tunelet.report._document import Figures, Section, Table
from tunelet.report._point_figures import Point, against_cost
from tunelet.report.comparison_page._models import looks


def cost_section(comparison: Comparison) -> Section:
    """Parameters, time, memory and disk space, and accuracy against size, training time and time of a prediction."""
    models = comparison.record.models
    rows = tuple(
        (
            model.name,
            "" if model.trainable_parameters is None else f"{model.trainable_parameters:,}",
            "" if model.total_parameters is None else f"{model.total_parameters:,}",
            duration(model.train_seconds) if model.train_seconds else "solved",
            "" if model.tokens_per_second is None else f"{model.tokens_per_second:,.0f}",
            "" if model.peak_memory_bytes is None else bytes_in_words(model.peak_memory_bytes),
            "" if model.base_bytes is None else bytes_in_words(model.base_bytes + (model.saved_bytes or 0)),
            "" if model.latency_seconds is None else f"{1000 * model.latency_seconds:.1f} ms",
        )
        for model in models
    )
    header = ("name", "trained", "parameters", "training", "tokens/s", "peak memory", "on disk", "one text")
    caption = "Training as it ran, on the machine named below; one text from tokens to probabilities"
    charts = [
        _against(comparison, models, "total_parameters", "parameters", "Accuracy against size"),
        _against(comparison, models, "train_seconds", "seconds of training", "Accuracy against training time"),
        _against(comparison, models, "latency_seconds", "seconds a text", "Accuracy against the cost of a prediction"),
    ]
    known = tuple(chart for chart in charts if chart is not None)
    return Section("Cost", (Table(header, rows, caption), Figures(known)))


def _against(
    comparison: Comparison, models: Sequence[ComparedModel], key: str, across: str, title: str
) -> Figure | None:
    styles = looks(comparison)
    points = [
        Point(
            model.name,
            model.metrics.accuracy,
            model.metrics.accuracy_ci,
            styles[model.name],
            float(cost),
        )
        for model in models
        if (cost := getattr(model, key))
    ]
    return against_cost(key.replace("_", "-"), title, points, across) if points else None
