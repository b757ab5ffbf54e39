"""Arrays on disk, for the cache: written whole, synced, checked before they are used, and removed where damaged."""

import contextlib
import hashlib
import json
import mmap
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tunelet._foreign import ForeignFileError, open_regular, read_json_object

_DIGESTS = "sha256.json"
UNFINISHED = ".unfinished-"
_PIECE = 2**20  # bytes read at a time
_DAY = 86_400  # seconds after which what was left unfinished was left by a process that is gone


def load_arrays(folder: Path, names: Collection[str], mapped: str) -> dict[str, np.ndarray] | None:
    """What `store_arrays` wrote; None where there is nothing, or something else, which is removed.

    Args:
        folder: of the entry.
        names: what arrays may be there.
        mapped: the one that stays in its file, memory-mapped.
    """
    if not os.path.exists(folder):  # noqa: PTH110  (Path.exists raises where a folder may not be entered)
        return None
    try:
        digests = read_json_object(folder / _DIGESTS, limit=4096)
        if mapped not in digests or not set(digests) <= set(names):
            raise ValueError("other arrays")
        for name, digest in digests.items():
            if _digest(folder / f"{name}.npy") != digest:
                raise ValueError("another digest")
        return {
            name: np.load(folder / f"{name}.npy", mmap_mode="r" if name == mapped else None, allow_pickle=False)
            for name in digests
        }
    except (OSError, ValueError, EOFError, ForeignFileError):
        remove_entry(folder)
        return None


def store_arrays(arrays: Mapping[str, np.ndarray | Sequence[np.ndarray]], folder: Path) -> bool:
    """Write to a temporary folder, sync and rename it: no reader ever sees half of it, nor does a power cut.

    Where another process was first, its folder stays. Returns False where the cache cannot be written.

    Args:
        arrays: by name; instead of an array of one dimension its pieces, which are written one after the other.
        folder: of the entry.
    """
    temporary = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_unfinished(folder.parent)
        temporary = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
        for name, array in arrays.items():
            _save(temporary / f"{name}.npy", array)
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


def remove_entry(folder: Path) -> None:
    """Take it away under another name first, so that no other process reads what is being removed."""
    try:
        aside = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
    except OSError:
        return  # it stays, and is done without
    with contextlib.suppress(OSError):  # another process may have been first
        folder.rename(aside / folder.name)
    shutil.rmtree(aside, ignore_errors=True)


def _save(path: Path, array: np.ndarray | Sequence[np.ndarray]) -> None:
    if isinstance(array, np.ndarray):
        np.save(path, array, allow_pickle=False)
        return
    descr = np.lib.format.dtype_to_descr(array[0].dtype)
    with path.open("wb") as file:
        shape = (sum(len(piece) for piece in array),)
        np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
        for piece in array:
            base: object = piece.base
            if isinstance(piece, np.memmap) and isinstance(base, mmap.mmap):
                _copy(piece, file)
            else:
                piece.tofile(file)


def _copy(mapped: np.memmap, file: BinaryIO) -> None:
    """The bytes of a mapped array from its file: pages that are looked at would count as memory of this process."""
    with open_regular(Path(str(mapped.filename))) as source:
        source.seek(mapped.offset)
        left = mapped.nbytes
        while left and (piece := source.read(min(left, _PIECE))):
            file.write(piece)
            left -= len(piece)
    if left:
        raise OSError(f"{mapped.filename} is shorter than it was")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _remove_unfinished(parent: Path) -> None:
    for path in parent.glob(f"{UNFINISHED}*"):
        if time.time() - path.stat().st_mtime > _DAY:
            shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    """Flush a file or a folder to the disk, where the system lets a folder be synced."""
    try:
        handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)  # Windows flushes what it may write
    except OSError:
        if path.is_dir():
            return
        raise
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
