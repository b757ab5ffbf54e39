"""pydantic's findings as one sentence of ours: the key, what it takes, what was found, the nearest valid name."""

from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tunelet._choice import nearest
from tunelet.errors import RecipeError
from tunelet.recipe._schema import Recipe


def validate(values: dict[str, Any], source: str) -> Recipe:
    """Build a recipe from plain values; `source` names where they came from. Raises RecipeError on the first fault."""
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise _as_recipe_error(error, source) from None


def section_class(name: str) -> type[BaseModel] | None:
    """The class of a recipe's section, or None where there is no such section."""
    field = Recipe.model_fields.get(name)
    kind = field.annotation if field else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def valid_keys() -> list[str]:
    """All keys in dotted form: name, description, data.limit, ..."""
    keys = []
    for name in Recipe.model_fields:
        section = section_class(name)
        keys += [f"{name}.{key}" for key in section.model_fields] if section else [name]
    return keys


def unknown_key(key: str, source: str) -> RecipeError:
    """A key that no section has; the hint names the nearest key, by its last part when the section is wrong."""
    section, _, last = key.rpartition(".")
    kind = section_class(section)
    if kind is not None:
        valid = list(kind.model_fields)
        hint = nearest(last, valid)
        return RecipeError(f"{source}: unknown key {last!r} in [{section}]", hint)
    elsewhere = [valid for valid in valid_keys() if valid.rpartition(".")[2] == last]
    hint = f"did you mean {elsewhere[0]!r}?" if elsewhere else nearest(key, valid_keys())
    return RecipeError(f"{source}: unknown key {key!r}", hint)


def _as_recipe_error(error: ValidationError, source: str) -> RecipeError:
    first = error.errors(include_url=False)[0]
    # A union's branches (targets: a name or a list) stand behind the key in `loc`: the key alone is what was typed.
    key = ".".join(str(part) for part in first["loc"][:2])
    found = first["input"]
    if first["type"] == "extra_forbidden":
        return unknown_key(key, source)
    if key == "adapter.targets":
        return RecipeError(
            f"{source}: {key} takes 'qv', 'attention', 'all-linear' or a list of module names, not {found!r}",
            "for example targets = ['q_lin', 'v_lin']",
        )
    if first["type"] == "literal_error":
        section, name = (str(part) for part in first["loc"][:2])
        kind = section_class(section)
        assert kind is not None  # noqa: S101  (only sections have literal fields)
        annotation: Any = kind.model_fields[name].annotation
        if get_origin(annotation) is list:
            annotation = get_args(annotation)[0]
        valid = [str(value) for value in get_args(annotation)]
        return RecipeError(f"{source}: {key} = {found!r} is not one of {', '.join(valid)}", nearest(str(found), valid))
    expected = first["msg"].removeprefix("Input ").removeprefix("String ").replace("a valid integer", "an integer")
    expected = expected.replace("a valid ", "a ")
    return RecipeError(f"{source}: {key} {expected}, found {found!r}")
