"""What settings a search tries: one of some values, or a number between two. A space is TOML in the form of a recipe.

[training]
learning_rate = { low = 1e-4, high = 2e-3, log = true }    # a number between two
epochs = { low = 2, high = 12 }                            # a whole one, because both ends are
[adapter]
rank = [4, 8, 16]                                          # one of these
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunelet._words import shown
from tunelet.errors import RecipeError
from tunelet.recipe import Recipe, with_settings
from tunelet.run import DimensionRecord

Space = Mapping[str, DimensionRecord]

_READ: Space = {
    "model.pooling": DimensionRecord(choices=("first", "mean")),
    "data.max_length": DimensionRecord(choices=(64, 128, 256)),
}
_EPOCHS = DimensionRecord(low=2, high=12, whole=True)
DEFAULT_SPACES: Mapping[str, Space] = {
    "lora": {
        "training.learning_rate": DimensionRecord(low=1e-4, high=2e-3, log=True),
        "training.epochs": _EPOCHS,
        "adapter.rank": DimensionRecord(choices=(4, 8, 16, 32)),
        "adapter.targets": DimensionRecord(choices=("qv", "all-linear")),
        **_READ,
    },
    "full": {
        "training.full_learning_rate": DimensionRecord(low=1e-5, high=2e-4, log=True),
        "training.epochs": _EPOCHS,
        **_READ,
    },
    "head": _READ,
}
"""By adapter.method: rate and length of the training, rank and targets of the adapter, pooling and length of texts."""

_OF_DATA = ("data.max_length", "data.truncation", "data.window_overlap", "data.max_windows")  # the others choose texts
_LENGTHS = ("training.min_steps", "training.max_steps", "training.max_tokens")
_FORM = "for example [adapter] rank = [4, 8, 16], or [training] learning_rate = { low = 1e-4, high = 2e-3, log = true }"


def space_of(given: "str | Path | Mapping[str, Any] | None", recipe: Recipe) -> Space:
    """The space that was asked for, checked against the recipe; None: the default one.

    Raises:
        RecipeError: it cannot be read, or a setting is not what the recipe admits.
    """
    if given is None:
        space, source = DEFAULT_SPACES[recipe.adapter.method], "the default space"
    elif isinstance(given, Mapping):
        space, source = _parsed(given, "space"), "space"
    else:
        source = str(given)
        try:
            content = tomllib.loads(Path(given).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise RecipeError(f"{source}: cannot be read: {reason}", "name a TOML file") from None
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(f"{source}: not TOML: {error}", _FORM) from None
        space = _parsed(content, source)
    if not space:
        raise RecipeError(f"{source}: there is nothing to search", _FORM)
    for key, dimension in space.items():
        _check(key, dimension, recipe, source)
    return space


def apply(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """A recipe with the settings of a trial. Named epochs count exactly, as those of `train` do."""
    limits = dict.fromkeys(_LENGTHS, 0) if "training.epochs" in settings else {}
    return with_settings(recipe, limits | dict(settings), "space")


def _parsed(content: Mapping[str, Any], source: str) -> dict[str, DimensionRecord]:
    space = {}
    for section, entries in content.items():
        if not isinstance(entries, Mapping):
            raise RecipeError(f"{source}: expected a section, found {section} = {shown(entries)}", _FORM)
        for name, value in entries.items():
            space[f"{section}.{name}"] = _dimension(f"{section}.{name}", value, source)
    return space


def _dimension(key: str, value: Any, source: str) -> DimensionRecord:
    if isinstance(value, list | tuple) and value and all(isinstance(each, str | int | float) for each in value):
        return DimensionRecord(choices=tuple(dict.fromkeys(value)))
    if isinstance(value, Mapping) and {"low", "high"} <= value.keys() <= {"low", "high", "log"}:
        low, high, log = value["low"], value["high"], value.get("log", False)
        numbers = all(isinstance(end, int | float) and not isinstance(end, bool) for end in (low, high))
        if numbers and low < high and isinstance(log, bool) and (low > 0 or not log):
            whole = isinstance(low, int) and isinstance(high, int)
            return DimensionRecord(low=float(low), high=float(high), log=log, whole=whole)
    raise RecipeError(f"{source}: {key}: expected values or two ends with low < high, found {shown(value)}", _FORM)


def _check(key: str, dimension: DimensionRecord, recipe: Recipe, source: str) -> None:
    """Raises RecipeError where a setting is unknown, changes what is measured, or may not have an end of its range."""
    section = key.partition(".")[0]
    if (section == "data" and key not in _OF_DATA) or section == "evaluation" or key == "training.seed":
        raise RecipeError(
            f"{source}: {key} says what is measured, or on what; trials with different values cannot be compared",
            "search settings of model, adapter and training",
        )
    ends = (dimension.low, dimension.high)
    for value in dimension.choices or (map(int, ends) if dimension.whole else ends):
        with_settings(recipe, {key: value}, source)
