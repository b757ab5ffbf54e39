"""Names of sources, columns and settings as others may see them: without folders of a machine or words of texts."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal, get_args, get_origin

from tunelet._choice import Choice
from tunelet.recipe import Recipe, Section

# Settings that are published although they are free text, not a choice among our own words.
_SETTINGS = (
    "data.text_column", "data.label_column", "data.label_names", "data.missing_labels", "data.encoding",
    "adapter.targets", "evaluation.threshold",
)  # fmt: skip
_REASONS = ("recognised by its name", "named with --text", "named with --label")


def place_of(name: str) -> str:
    """The last component of a path; names such as hub:OWNER/NAME or sample are no paths and stay."""
    if name.startswith("hub:"):
        return name
    return PurePosixPath(name.replace("\\", "/")).name or "data"


def format_of(source: str, form: str) -> str:
    """How a source is written, where `form` is in our own words up to its first comma, or is the source itself."""
    return place_of(source) if source == form else place_of(form.partition(",")[0])


def dropped_rows(dropped: Mapping[str, int]) -> dict[str, int]:
    """How many rows were left out in all; the reasons may quote the data."""
    return {"not usable": sum(dropped.values())} if dropped else {}


def column_of(choice: Choice[str], role: str, named: str | list[str]) -> Choice[str]:
    """A column with the reason why it was chosen, where that is in our own words."""
    if choice.reason in _REASONS:
        return choice
    return Choice(column_name(choice.value, role, named), "chosen where it was trained")


def column_name(name: str, role: str, named: str | list[str]) -> str:
    """A column's name, where the user named it or it is one of ours; else its role.

    A file without a header may have been read as one with a header: then the name is a text of the data.
    """
    named_columns = [named] if isinstance(named, str) else named
    return name if name in named_columns or re.fullmatch(r"column \d+", name) else role


def shown_recipe(recipe: Recipe, model: str) -> Recipe:
    """The recipe with every setting that is a number or one of our words, and the others that are listed."""
    sections: dict[str, Any] = {"name": place_of(recipe.name), "description": ""}
    for name, section in recipe:
        if isinstance(section, Section):
            fields = type(section).model_fields
            sections[name] = {
                key: value for key, value in section if _is_ours(fields[key].annotation) or f"{name}.{key}" in _SETTINGS
            }
    sections["model"]["name"] = model
    return Recipe.model_validate(sections)


def _is_ours(annotation: Any) -> bool:
    if get_origin(annotation) in (list, tuple):
        return all(_is_ours(inner) for inner in get_args(annotation))
    return annotation in (int, float, bool) or get_origin(annotation) is Literal
