"""What each model costs, and accuracy against that."""

from collections.abc import Sequence

from tunelet._words import bytes_in_words, duration
from tunelet.comparison import Comparison
from tunelet.report import _figures as figures
from tunelet.report._canvas import Figure
from tunelet.report._document import Figures, Section, Table
from tunelet.report._figures import Point
from tunelet.report.comparison_page._models import Model, bounds, looks, models_of


def cost_section(comparison: Comparison) -> Section:
    """Parameters, time, memory, space, and a chart for each of the first three."""
    models = models_of(comparison)
    rows = tuple(
        (
            model["name"],
            _or_nothing(model, "trainable_parameters", "{:,}"),
            _or_nothing(model, "total_parameters", "{:,}"),
            duration(model["train_seconds"]) if model["train_seconds"] else "solved",
            _or_nothing(model, "tokens_per_second", "{:,.0f}"),
            bytes_in_words(model["peak_memory_bytes"]) if "peak_memory_bytes" in model else "",
            bytes_in_words(model["base_bytes"] + model["saved_bytes"]) if "base_bytes" in model else "",
            f"{1000 * model['latency_seconds']:.1f} ms" if "latency_seconds" in model else "",
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
    drawn = tuple(chart for chart in charts if chart is not None)
    return Section("Cost", (Table(header, rows, caption), Figures(drawn)))


def _against(comparison: Comparison, models: Sequence[Model], key: str, across: str, title: str) -> Figure | None:
    drawn = looks(comparison)
    points = [
        Point(
            model["name"],
            model["metrics"]["accuracy"],
            bounds(model, "accuracy"),
            drawn[model["name"]],
            float(model[key]),
        )
        for model in models
        if model.get(key)
    ]
    return figures.against_cost(key.replace("_", "-"), title, points, across) if points else None


def _or_nothing(model: Model, key: str, form: str) -> str:
    return form.format(model[key]) if key in model else ""
