"""Recipes as TOML: numbers keep their kind (`2e-4` is a number, which YAML would read as text)."""

from pathlib import Path
from typing import Any

from tunelet._foreign import ForeignFileError, parse_toml, read_text
from tunelet.errors import RecipeError
from tunelet.recipe._schema import Recipe
from tunelet.recipe._section import Section
from tunelet.recipe._validation import section_class, toml_value, validate

_LARGEST = 2**20  # bytes of a recipe; one with every key has some thousand


def parse_recipe(text: str, source: str = "recipe") -> Recipe:
    """Read a recipe from TOML text; `source` is named in errors. Raises RecipeError."""
    try:
        values = parse_toml(text)
    except ForeignFileError as error:
        raise RecipeError(f"{source}: {error}", "see `tunelet recipes quickstart` for an example") from None
    return validate(with_floats(values), source)


def load_recipe(path: Path) -> Recipe:
    """Read a recipe from a TOML file. Raises RecipeError."""
    try:
        text = read_text(path, _LARGEST)
    except ForeignFileError as error:
        hint = "name a recipe in TOML, saved as UTF-8; `tunelet recipes` lists those that need no file"
        raise RecipeError(f"{path}: {error}", hint) from None
    return parse_recipe(text, str(path))


def dump_recipe(recipe: Recipe, *, comments: bool = True) -> str:
    """Write a recipe as TOML, every key under its description when `comments`; `parse_recipe` reads it back."""

    def block(section: Section, keys: list[str]) -> str:
        fields = type(section).model_fields
        return "".join(
            (f"# {fields[key].description}\n" if comments else "") + f"{key} = {toml_value(getattr(section, key))}\n"
            for key in keys
        )

    plain = [key for key in type(recipe).model_fields if not isinstance(getattr(recipe, key), Section)]
    parts = [block(recipe, plain)]
    for name in type(recipe).model_fields:
        section = getattr(recipe, name)
        if isinstance(section, Section):
            parts.append(f"[{name}]\n" + block(section, list(type(section).model_fields)))
    return "\n".join(parts)


def dump_settings(recipe: Recipe) -> str:
    """The settings that are not the defaults, as TOML without comments; empty where none is."""
    sections: dict[str, list[str]] = {}
    for key, (value, _) in difference(recipe, Recipe()).items():
        section, _, name = key.partition(".")
        sections.setdefault(section, []).append(f"{name} = {toml_value(value)}")
    return "\n\n".join("\n".join([f"[{section}]", *lines]) for section, lines in sections.items())


def difference(one: Recipe, other: Recipe) -> dict[str, tuple[Any, Any]]:
    """The settings in which two recipes differ, by dotted key; names and descriptions are not settings."""
    changed = {}
    for name, section in one:
        if isinstance(section, Section):
            for key, value in section:
                rival = getattr(getattr(other, name), key)
                if value != rival:
                    changed[f"{name}.{key}"] = (value, rival)
    return changed


def with_floats(values: dict[str, Any]) -> dict[str, Any]:
    """Strict validation refuses `max_grad_norm = 1` for a float; a person who types it means 1.0."""
    result = dict(values)
    for name, section in values.items():
        kind = section_class(name)
        if kind is None or not isinstance(section, dict):
            continue
        result[name] = {
            key: float(value)
            if type(value) is int
            and abs(value) < 2**53  # beyond, a float is another number, or there is none
            and key in kind.model_fields
            and kind.model_fields[key].annotation is float
            else value
            for key, value in section.items()
        }
    return result
