"""Single settings over a recipe: `--set training.epochs=5`."""

import re
from collections.abc import Mapping
from typing import Any

from tunelet._arguments import checked
from tunelet._foreign import ForeignFileError, TooMuchError, parse_toml
from tunelet._words import shown
from tunelet.errors import RecipeError
from tunelet.recipe._schema import Recipe
from tunelet.recipe._toml import with_floats
from tunelet.recipe._validation import section_class, unknown_key, valid_keys, validate

_EXAMPLE = "for example --set training.epochs=5"
_KEY = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*")


def with_settings(recipe: Recipe, settings: Mapping[str, Any], source: str = "settings") -> Recipe:
    """A copy of a recipe with dotted keys changed.

    Args:
        recipe: where the other settings come from.
        settings: values by dotted key, such as {"training.epochs": 5}.
        source: what errors name as the place of the fault.

    Raises:
        RecipeError: no mapping, an unknown key or a value out of range; the hint names the nearest key.
    """
    if not isinstance(settings, Mapping):
        raise RecipeError(
            f"settings: expected a mapping, found {shown(settings)}", "for example settings={'training.epochs': 5}"
        )
    values = recipe.model_dump()
    for key, value in settings.items():
        if key not in valid_keys():
            raise unknown_key(str(key), source)
        section, _, name = key.partition(".")
        if section_class(section):
            values[section][name] = value
        else:
            values[key] = value
    return validate(with_floats(values), source)


@checked
def parse_setting(text: str) -> tuple[str, Any]:
    """Split `section.key=value`; the value is read as one TOML value, and as plain text where it is not TOML.

    Raises:
        RecipeError: no key, or more than a value: a setting changes one thing.
    """
    key, equals, raw = text.partition("=")
    matched = _KEY.fullmatch(key)
    if not equals or matched is None:
        raise RecipeError(f"--set takes section.key=value, not {shown(text)}", _EXAMPLE)
    return matched[1], _value(matched[1], raw)


def _value(key: str, raw: str) -> Any:
    try:
        table = parse_toml(f"value = {raw}")
    except TooMuchError as error:
        raise RecipeError(f"--set {key}: {error}", _EXAMPLE) from None
    except ForeignFileError:
        return raw.strip()
    if len(table) > 1:  # what follows the value are further keys or tables
        raise RecipeError(f"--set {key} takes one value, not {shown(raw)}", "give each setting a --set of its own")
    return table["value"]
