"""pydantic's errors as one sentence of ours: the key, what it takes, what was written, the nearest valid name."""

from typing import Any, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from tunelet._choice import nearest
from tunelet._words import shown
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
        hint = nearest(last, valid, section)
        return RecipeError(f"{source}: unknown key {shown(last)} in [{section}]", hint)
    elsewhere = [valid for valid in valid_keys() if valid.rpartition(".")[2] == last]
    hint = f"did you mean {elsewhere[0]!r}?" if elsewhere else nearest(key, valid_keys())
    return RecipeError(f"{source}: unknown key {shown(key)}", hint)


def toml_value(value: Any) -> str:
    """A setting's value as TOML on one line: what follows `key = ` in a recipe and `key=` after --set."""
    import tomli_w

    if isinstance(value, dict):  # inline, or the keys that follow would land in its table
        pairs = ", ".join(tomli_w.dumps({name: item}).strip() for name, item in value.items())
        return f"{{{f' {pairs} ' if pairs else ''}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    return tomli_w.dumps({"x": value}).strip().removeprefix("x = ")


def _as_recipe_error(error: ValidationError, source: str) -> RecipeError:
    first = error.errors(include_url=False)[0]
    # A union's branches (targets: a name or a list) stand behind the key in `loc`: the key alone is what was typed.
    path = [str(part) for part in first["loc"][:2]]
    key, typed = ".".join(path), shown(first["input"])
    if first["type"] == "extra_forbidden":
        return unknown_key(key, source)
    kind = section_class(path[0])
    if kind is not None and len(path) == 1:
        name = next(iter(kind.model_fields))
        return RecipeError(
            f"{source}: {key} should be a table, found {typed}", f"write settings under [{key}], such as {name} = ..."
        )
    field = (kind or Recipe).model_fields[path[-1]]
    if key == "adapter.targets":
        return RecipeError(
            f"{source}: {key} takes 'qv', 'attention', 'all-linear' or a list of module names, not {typed}",
            "for example adapter.targets=['q_lin', 'v_lin']",
        )
    if first["type"] == "literal_error":
        annotation: Any = field.annotation
        if get_origin(annotation) is list:
            annotation = get_args(annotation)[0]
        valid = [str(value) for value in get_args(annotation)]
        return RecipeError(
            f"{source}: {key} = {typed} is not one of {', '.join(valid)}", nearest(typed.strip("'\""), valid)
        )
    expected = first["msg"].removeprefix("Input ").removeprefix("String ").replace("a valid integer", "an integer")
    expected = expected.replace("a valid ", "a ")
    example = field.examples[0] if field.examples else field.get_default(call_default_factory=True)
    return RecipeError(
        f"{source}: {key} {expected}, found {typed}",
        f"it takes {_takes(field)}, for example {key}={toml_value(example)}",
    )


def _takes(field: FieldInfo) -> str:
    """What a setting takes, for a hint: "a whole number from 1 to 1,000"."""
    annotation = field.annotation
    noun = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}.get(cast("type", annotation))
    if annotation == str | list[str]:
        return "text or a list of texts"
    if noun is None:
        return "a list" if get_origin(annotation) is list else "a table of names"
    words = {"ge": "from", "gt": "above", "le": "to", "lt": "and below"}
    bounds = [
        f"{word} {getattr(limit, name):,.15g}"
        for name, word in words.items()
        for limit in field.metadata
        if hasattr(limit, name)
    ]
    if bounds and bounds[0].startswith("above") and bounds[-1].startswith("to "):
        bounds[-1] = f"and at most {bounds[-1].removeprefix('to ')}"
    return " ".join([noun, *bounds])
