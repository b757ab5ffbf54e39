"""The recipes that ship with the package: the TOML files in `named/`."""

import contextlib
from importlib import resources
from pathlib import Path

from tunelet._arguments import checked
from tunelet._choice import nearest
from tunelet._words import shown
from tunelet.errors import RecipeError
from tunelet.recipe._schema import Recipe
from tunelet.recipe._toml import load_recipe, parse_recipe

_FOLDER = resources.files("tunelet.recipe") / "named"


def named_recipes() -> dict[str, Recipe]:
    """All recipes that ship with the package, by name."""
    files = sorted((entry for entry in _FOLDER.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return {
        file.name.removesuffix(".toml"): parse_recipe(file.read_text(encoding="utf-8"), file.name) for file in files
    }


@checked
def resolve_recipe(recipe: str | Path | Recipe) -> Recipe:
    """A recipe from its name, its TOML file, or itself. Raises RecipeError with the nearest name."""
    if isinstance(recipe, Recipe):
        return recipe
    path = Path(recipe)
    with contextlib.suppress(OSError):  # a name too long to be a file's
        if path.suffix == ".toml" or path.is_file():
            return load_recipe(path)
    names = [entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml")]
    if recipe in names:
        file = _FOLDER / f"{recipe}.toml"
        return parse_recipe(file.read_text(encoding="utf-8"), file.name)
    raise RecipeError(
        f"unknown recipe {shown(str(recipe))}", f"{nearest(str(recipe), names)} (or the path of a .toml file)"
    )
