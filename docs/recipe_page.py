"""docs/recipe.md, from the recipe's own schema.

python docs/recipe_page.py
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tunelet.recipe import Recipe, named_recipes

_HEADER = "| setting | values | default | what it is |\n| --- | --- | --- | --- |"
_LONG = "what tables write where there is nothing"  # of the one list that is not empty

_INTRODUCTION = """\
# Recipes

Written by `docs/recipe_page.py` from the schema that recipes are checked with.

A recipe is a TOML file with the sections below. What it does not name has the default, so a recipe can be a few lines:

```toml
name = "mine"

[training]
epochs = 5
learning_rate = 3e-4
```

`tunelet train DATA --recipe mine.toml` uses it, `--recipe NAME` one that ships with tunelet, and
`--set SECTION.KEY=VALUE` changes a setting of either. `tunelet recipes` lists those that ship, `tunelet recipes NAME`
prints one with every setting and a comment on each, to begin a file of one's own with. A run folder holds the recipe
that it was trained with, every setting decided: `tunelet train DATA --recipe runs/NAME/recipe.toml` repeats it.

## The recipes that ship

{recipes}
"""


def page() -> str:
    """All of docs/recipe.md."""
    recipes = "\n".join(f"- `{name}`: {recipe.description}" for name, recipe in named_recipes().items())
    return _INTRODUCTION.format(recipes=recipes) + "".join(_sections())


def _sections() -> list[str]:
    made = []
    for name, field in Recipe.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            schema = section.model_json_schema()["properties"]
            rows = "\n".join(_row(key, schema[key], setting) for key, setting in section.model_fields.items())
            made.append(f"\n## [{name}]\n\n{section.__doc__}\n\n{_HEADER}\n{rows}\n")
    return made


def _row(key: str, schema: dict[str, Any], setting: FieldInfo) -> str:
    value = setting.get_default(call_default_factory=True)
    default = _LONG if isinstance(value, list) and value else f"`{json.dumps(value)}`"
    cells = (f"`{key}`", _values(schema), default, str(setting.description))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace('<', '&lt;') for cell in cells)} |"


def _values(schema: dict[str, Any]) -> str:
    """What a setting may be, in words."""
    if "anyOf" in schema:
        return " or ".join(_values(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    match schema["type"]:
        case "array":
            inner = _values(schema["items"])
            return f"list of {inner}" if inner.startswith("`") else f"list of {inner}s"
        case "object":
            return "table of texts"
        case "boolean":
            return "`true`, `false`"
        case "string":
            return "text"
        case kind:
            return f"{'whole number' if kind == 'integer' else 'number'}{_bounds(schema)}"


def _bounds(schema: dict[str, Any]) -> str:
    low = schema["minimum"] if "minimum" in schema else f"above {schema['exclusiveMinimum']}"
    high = schema["maximum"] if "maximum" in schema else f"below {schema['exclusiveMaximum']}"
    return f", {low} to {high}"


if __name__ == "__main__":
    (Path(__file__).parent / "recipe.md").write_text(page(), encoding="utf-8")
