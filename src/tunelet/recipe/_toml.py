"""Recipes as TOML: numbers keep their kind (`2e-4` is a number, which YAML would read as text)."""

import tomllib
from pathlib import Path
from typing import Any

from tunelet.errors import RecipeError
from tunelet.recipe._schema import Recipe, Section
from tunelet.recipe._validation import validate


def parse_recipe(text: str, source: str = "recipe") -> Recipe:
    """Read a recipe from TOML text; `source` is named in errors. Raises RecipeError."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(
            f"{source}: not valid TOML: {error}", "see `tunelet recipes quickstart` for an example"
        ) from None
    return validate(_with_floats(values), source)


def load_recipe(path: Path) -> Recipe:
    """Read a recipe from a TOML file. Raises RecipeError."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path}: not UTF-8 at byte {error.start}", "save the recipe as UTF-8 text") from None
    except OSError as error:
        reason = f"{path}: cannot be read: {error.strerror}"
        raise RecipeError(reason, "check the path; `tunelet recipes` lists those that need no file") from None
    return parse_recipe(text, str(path))


def dump_recipe(recipe: Recipe, *, comments: bool = True) -> str:
    """Write a recipe as TOML, every key under its description when `comments`; `parse_recipe` reads it back."""
    import tomli_w

    def line(key: str, value: Any) -> str:
        if isinstance(value, dict):  # inline, or the keys that follow would land in its table
            pairs = ", ".join(tomli_w.dumps({name: item}).strip() for name, item in value.items())
            return f"{key} = {{{f' {pairs} ' if pairs else ''}}}\n"
        if isinstance(value, list):
            return f"{key} = [{', '.join(tomli_w.dumps({'x': item}).strip()[4:] for item in value)}]\n"
        return tomli_w.dumps({key: value})

    def block(section: Section, keys: list[str]) -> str:
        fields = type(section).model_fields
        return "".join(
            (f"# {fields[key].description}\n" if comments else "") + line(key, getattr(section, key)) for key in keys
        )

    plain = [key for key in type(recipe).model_fields if not isinstance(getattr(recipe, key), Section)]
    parts = [block(recipe, plain)]
    for name in type(recipe).model_fields:
        section = getattr(recipe, name)
        if isinstance(section, Section):
            parts.append(f"[{name}]\n" + block(section, list(type(section).model_fields)))
    return "\n".join(parts)


def difference(one: Recipe, other: Recipe) -> dict[str, tuple[Any, Any]]:
    """The settings in which two recipes differ, by dotted key; names and descriptions are not settings."""
    found = {}
    for name, section in one:
        if isinstance(section, Section):
            for key, value in section:
                rival = getattr(getattr(other, name), key)
                if value != rival:
                    found[f"{name}.{key}"] = (value, rival)
    return found


def _with_floats(values: dict[str, Any]) -> dict[str, Any]:
    """Strict validation refuses `max_grad_norm = 1` for a float; a person who types it means 1.0."""
    from tunelet.recipe._validation import section_class

    result = dict(values)
    for name, section in values.items():
        kind = section_class(name)
        if kind is None or not isinstance(section, dict):
            continue
        result[name] = {
            key: float(value)
            if type(value) is int and key in kind.model_fields and kind.model_fields[key].annotation is float
            else value
            for key, value in section.items()
        }
    return result
