"""By what a caller may name the folder of a run."""

import os
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from tunelet.errors import RunError


def folder_path(path: Any) -> Path:
    """What a caller names a folder by, as a path. Raises RunError where it is no name."""
    if not isinstance(path, str | PathLike) or not isinstance(name := fspath(path), str):
        raise RunError(
            f"expected the folder of a run, found {type(path).__name__}",
            "pass its path, or what tunelet.train returned",
        )
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise RunError(f"no run folder {name[:40]!r}: no file has such a name", "pass the path of a folder") from None
    if "\0" in name or not name:
        raise RunError(f"no run folder {name[:40]!r}: no file has such a name", "pass the path of a folder")
    return Path(name)
