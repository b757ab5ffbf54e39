"""Tokens on disk: written whole, synced, and checked before they are used. What is damaged is made again."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from tunelet._foreign import ForeignFileError, open_regular, read_json_object
from tunelet.data._tokens import Tokens

_ARRAYS = ("token_ids", "offsets", "counts", "first_lengths")  # the last only where texts have several fields
_DIGESTS = "sha256.json"
_UNFINISHED = ".tokens-"
_PIECE = 2**20  # bytes read at a time
_DAY = 86_400  # seconds after which what was left unfinished was left by a process that is gone


def load(folder: Path) -> Tokens | None:
    """What `store` wrote, the ids memory-mapped; None where there is nothing, or something else, which is removed."""
    if not os.path.exists(folder):  # noqa: PTH110  (Path.exists raises where a folder may not be entered)
        return None
    try:
        arrays = _checked(folder)
    except (OSError, ValueError, EOFError, ForeignFileError):
        _remove(folder)
        return None
    truncated, content, unknown = map(int, arrays["counts"])
    return Tokens(
        arrays["token_ids"], arrays["offsets"], truncated, content, unknown, first_lengths=arrays.get("first_lengths")
    )


def store(tokens: Tokens, folder: Path) -> bool:
    """Write to a temporary folder, sync and rename it: neither a reader nor a power cut sees half. False: no use.

    Where another process was first, its folder stays.
    """
    arrays = {
        "token_ids": tokens.token_ids,
        "offsets": tokens.offsets,
        "counts": np.array([tokens.truncated, tokens.content, tokens.unknown], dtype=np.int64),
    }
    if tokens.first_lengths is not None:
        arrays["first_lengths"] = tokens.first_lengths
    temporary = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_unfinished(folder.parent)
        temporary = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder.parent))
        for name, array in arrays.items():
            np.save(temporary / f"{name}.npy", array, allow_pickle=False)
        digests = {name: _digest(temporary / f"{name}.npy") for name in arrays}
        (temporary / _DIGESTS).write_text(json.dumps(digests), encoding="utf-8")
        for path in (*temporary.iterdir(), temporary):
            _sync(path)
        temporary.rename(folder)
        _sync(folder.parent)
    except (OSError, ForeignFileError):
        return folder.is_dir()
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return True


def _checked(folder: Path) -> dict[str, np.ndarray]:
    """The arrays, each with the digest that it was written with and all in keeping with one another."""
    digests = read_json_object(folder / _DIGESTS, limit=4096)
    if tuple(digests) not in (_ARRAYS[:-1], _ARRAYS):
        raise ValueError("other arrays")
    for name, digest in digests.items():
        if _digest(folder / f"{name}.npy") != digest:
            raise ValueError("another digest")
    arrays = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in digests if name != "token_ids"}
    arrays["token_ids"] = np.load(folder / "token_ids.npy", mmap_mode="r", allow_pickle=False)
    offsets, first_lengths = arrays["offsets"], arrays.get("first_lengths")
    consistent = (
        len(offsets) > 0
        and offsets[0] == 0
        and offsets[-1] == len(arrays["token_ids"])
        and bool((np.diff(offsets) >= 0).all())
        and len(arrays["counts"]) == 3
        and (first_lengths is None or len(first_lengths) == len(offsets) - 1)
    )
    if not consistent:
        raise ValueError("arrays that do not fit together")
    return arrays


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _remove(folder: Path) -> None:
    """Take it away under another name first, so that no other process reads what is being removed."""
    try:
        aside = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder.parent))
    except OSError:
        return  # it stays, and is done without
    with contextlib.suppress(OSError):  # another process may have been first
        folder.rename(aside / folder.name)
    shutil.rmtree(aside, ignore_errors=True)


def _remove_unfinished(parent: Path) -> None:
    for path in parent.glob(f"{_UNFINISHED}*"):
        if time.time() - path.stat().st_mtime > _DAY:
            shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    """Flush a file or a folder to the disk, where the system lets a folder be synced."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        if path.is_dir():
            return
        raise
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
