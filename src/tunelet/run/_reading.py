"""Files of a finished run, read back; a damaged one is the user's to know of, in one line."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tunelet.errors import DataError, RunError

Read = TypeVar("Read")


def read_file(path: Path, read: Callable[[Path], Read]) -> Read:
    """What `read` makes of a file of a run. Raises RunError where it is missing or damaged."""
    try:
        return read(path)
    except (OSError, ValueError, KeyError, TypeError, DataError) as error:
        found = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise RunError(f"{path}: cannot be read ({found})", "the run folder is damaged: train again") from None


def read_object(path: Path, keys: Sequence[str] = ()) -> dict[str, Any]:
    """A JSON object that has at least these entries. Raises RunError where it has not."""

    def read(path: Path) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for key in keys:
            found[key]
        return found

    return read_file(path, read)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """JSON, an object a line. Raises RunError where it is damaged."""
    return read_file(path, lambda path: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
