"""How data for a finished run is read: with the limits of its recipe, or with those that the user sets for the file."""

from collections.abc import Mapping
from typing import Any

from tunelet.data.readers._settings import FileSettings
from tunelet.errors import RecipeError
from tunelet.recipe import Recipe, with_settings

FILE_KEYS = ("data.encoding", "data.max_bytes", "data.max_cell")


def file_settings(recipe: Recipe, settings: Mapping[str, Any] | None, encoding: str | None) -> FileSettings:
    """The settings that `evaluate` and `predict_file` read a file with.

    The encoding of the training file is not taken over: another file may have another, and of the old eight-bit
    encodings each decodes any bytes.

    Args:
        recipe: the run's.
        settings: `data.encoding`, `data.max_bytes` and `data.max_cell`, by dotted key.
        encoding: stands for `data.encoding`.

    Raises:
        RecipeError: another key, or a value out of range.
    """
    changes = {"data.encoding": encoding or "", **(settings or {})}
    if other := next((key for key in changes if key not in FILE_KEYS), None):
        raise RecipeError(f"{other} cannot be changed in a finished run", f"only {', '.join(FILE_KEYS)} can")
    return FileSettings.of(with_settings(recipe, changes).data)
