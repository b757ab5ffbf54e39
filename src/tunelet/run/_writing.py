"""Files appear whole or not at all, and a disk that refuses is the user's error in one line."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tunelet.errors import DiskError

_REASONS = {
    errno.ENOSPC: ("no space left", "free some space, or pass {flag} on another disk"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or pass {flag} on another disk"),
    errno.EACCES: ("permission denied", "pass {flag} in a folder that you may write to"),
    errno.EPERM: ("permission denied", "pass {flag} in a folder that you may write to"),
    errno.EROFS: ("the file system is read-only", "pass {flag} in a folder that you may write to"),
    errno.ENOENT: ("there is no such folder", "pass {flag} in a folder that is there"),
    errno.ENOTDIR: ("a part of the path is a file", "pass {flag} in another folder"),
    errno.EEXIST: ("a part of the path is a file", "pass {flag} in another folder"),
    errno.ENAMETOOLONG: ("the name is too long", "pass a shorter {flag}"),
}


@contextmanager
def disk_errors(path: Path, flag: str = "--out") -> Iterator[None]:
    """Turn a refusal of the disk into a DiskError that names the path, and the flag that names another."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:  # what writes tokenizers, weights and tables opens no other names
        raise DiskError(f"{path}: cannot be written: its name is not UTF-8", f"pass another {flag}") from None
    try:
        yield
    except OSError as error:
        if error.errno not in _REASONS:
            raise
        raise _refusal(path, error.errno, flag) from error
    except Exception as error:
        # safetensors reports the operating system's refusal in its own error's text
        for number in _REASONS:
            if f"os error {number})" in str(error):
                raise _refusal(path, number, flag) from error
        raise


def _refusal(path: Path, number: int, flag: str) -> DiskError:
    reason, hint = _REASONS[number]
    return DiskError(f"{path}: cannot be written: {reason}", hint.format(flag=flag))


def write_atomically(path: Path, write: Callable[[Path], object], flag: str = "--out") -> None:
    """Let `write` fill a temporary file beside `path`, flush it to the disk, and rename it.

    A process killed at any moment leaves the old file or the new one. Raises DiskError where the disk refuses.
    """
    with disk_errors(path, flag):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            write(temporary)
            temporary.chmod(0o666 & ~_umask())
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def sync_tree(folder: Path) -> None:
    """Flush every file and folder below to the disk, so that what follows cannot overtake it."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            _sync_folder(path)
        else:
            with path.open("r+b") as file:
                os.fsync(file.fileno())
    _sync_folder(folder)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system lets a folder be synced."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
