"""How data for a finished run is read: with the limits of its recipe, or with those that the user sets for the file."""

from collections.abc import Mapping
from typing import Any

from tunelet.data.readers._settings import AUTO, FileSettings
from tunelet.errors import RecipeError
from tunelet.recipe import Recipe, with_settings

FILE_KEYS = ("data.encoding", "data.delimiter", "data.max_bytes", "data.max_cell")


def file_settings(recipe: Recipe, settings: Mapping[str, Any] | None, encoding: str | None) -> FileSettings:
    """The settings that `evaluate` and `predict_file` read a file with.

    Neither the encoding nor the delimiter of the training file is taken over: another file may have others, and of
    the old eight-bit encodings each decodes any bytes.

    Args:
        recipe: the run's.
        settings: those of `FILE_KEYS`, by dotted key.
        encoding: stands for `data.encoding`.

    Raises:
        RecipeError: another key, or a value out of range.
    """
    changes = {"data.encoding": encoding or "", "data.delimiter": AUTO, **(settings or {})}
    if other := next((key for key in changes if key not in FILE_KEYS), None):
        raise RecipeError(f"{other} cannot be changed in a finished run", f"only {', '.join(FILE_KEYS)} can")
    return FileSettings.of(with_settings(recipe, changes).data)
