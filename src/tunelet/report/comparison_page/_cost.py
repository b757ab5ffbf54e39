"""What each model costs, and the figure that decides against that cost."""

from collections.abc import Sequence

from tunelet._words import bytes_in_words, duration
from tunelet.comparison import ComparedModel, Comparison
from tunelet.report._canvas import Figure
from tunelet.report._document import Figures, Section, Table
from tunelet.report._point_figures import Point, against_cost
from tunelet.report.comparison_page._kinds import kind_of
from tunelet.report.comparison_page._models import looks, main_figure


def cost_section(comparison: Comparison) -> Section:
    """Parameters, time, memory and disk space; the main figure against size, training time and time of a prediction."""
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
        _against(comparison, models, "total_parameters", "parameters", "against size"),
        _against(comparison, models, "train_seconds", "seconds of training", "against training time"),
        _against(comparison, models, "latency_seconds", "seconds a text", "against the cost of a prediction"),
    ]
    known = tuple(chart for chart in charts if chart is not None)
    return Section("Cost", (Table(header, rows, caption), Figures(known)))


def _against(
    comparison: Comparison, models: Sequence[ComparedModel], key: str, across: str, title: str
) -> Figure | None:
    styles, main = looks(comparison), kind_of(comparison).main
    points = [
        Point(model.name, value, bounds, styles[model.name], float(cost))
        for model in models
        if (cost := getattr(model, key))
        for value, bounds in main_figure(model)
    ]
    title = f"{main[:1].upper()}{main[1:]} {title}"
    return against_cost(key.replace("_", "-"), title, points, across, main) if points else None
