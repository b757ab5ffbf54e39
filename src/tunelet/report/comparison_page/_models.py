"""The models of a comparison as its sections show them."""

from tunelet.comparison import ComparedModel, Comparison
from tunelet.report._canvas import RIVALS, Look, look


def looks(comparison: Comparison) -> dict[str, Look]:
    """How each model is drawn, by name: alike in every figure; baselines in grey."""
    names = list(comparison.names)
    return {
        model.name: RIVALS[model.kind] if model.kind in RIVALS else look(names.index(model.name))
        for model in comparison.record.models
    }


def main_figure(model: ComparedModel) -> list[tuple[float, tuple[float, float] | None]]:
    """The figure that decides between the models, with its interval, as the only entry; none where it is undefined."""
    name = model.metrics.main
    value = model.metrics.value(name)
    return [] if value is None else [(value, model.metrics.interval(name))]


def with_bounds(model: ComparedModel, name: str, form: str = ".4f") -> str:
    """A metric with its interval, where it has one."""
    value = model.metrics.value(name)
    if value is None:
        return "undefined"
    bounds = model.metrics.interval(name)
    return f"{value:{form}}" + (f" [{bounds[0]:{form}}, {bounds[1]:{form}}]" if bounds else "")
