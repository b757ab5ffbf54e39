"""Single settings over a recipe: `--set training.epochs=5`."""

import tomllib
from collections.abc import Mapping
from typing import Any

from tunelet.errors import RecipeError
from tunelet.recipe._schema import Recipe
from tunelet.recipe._toml import _with_floats
from tunelet.recipe._validation import section_class, unknown_key, valid_keys, validate


def with_settings(recipe: Recipe, settings: Mapping[str, Any], source: str = "--set") -> Recipe:
    """A copy of a recipe with dotted keys changed.

    Args:
        recipe: where the other settings come from.
        settings: values by dotted key, such as {"training.epochs": 5}.
        source: what errors name as the place of the fault.

    Raises:
        RecipeError: an unknown key or a value out of range; the hint names the nearest key.
    """
    values = recipe.model_dump()
    for key, value in settings.items():
        section, _, name = key.partition(".")
        if key not in valid_keys():
            raise unknown_key(key, source)
        if section_class(section):
            values[section][name] = value
        else:
            values[key] = value
    return validate(_with_floats(values), source)


def parse_setting(text: str) -> tuple[str, Any]:
    """Split `section.key=value`; the value is read as TOML, and as plain text where it is not TOML."""
    key, equals, raw = text.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"--set takes section.key=value, not {text!r}", "for example --set training.epochs=5")
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw.strip()
    return key.strip(), value
