"""The models of a comparison as its sections see them."""

from collections.abc import Mapping
from typing import Any

from tunelet.comparison import Comparison
from tunelet.report._canvas import RIVALS, Look, look

Model = Mapping[str, Any]


def models_of(comparison: Comparison) -> list[Model]:
    """The runs, then the baselines."""
    models: list[Model] = comparison.record["models"]
    return models


def looks(comparison: Comparison) -> dict[str, Look]:
    """How each model is drawn, by name: alike in every figure; baselines in grey."""
    names = list(comparison.names)
    return {
        model["name"]: RIVALS[model["kind"]] if model["kind"] in RIVALS else look(names.index(model["name"]))
        for model in models_of(comparison)
    }


def bounds(model: Model, name: str) -> tuple[float, float] | None:
    """The 95 % interval of a metric; None: undefined."""
    found = model["metrics"][f"{name}_ci"]
    return None if not found else (found[0], found[1])


def with_bounds(model: Model, name: str, form: str = ".4f") -> str:
    """A metric with its interval, where it has one."""
    value = model["metrics"][name]
    if value is None:
        return "undefined"
    found = bounds(model, name)
    return f"{value:{form}}" + (f" [{found[0]:{form}}, {found[1]:{form}}]" if found else "")
