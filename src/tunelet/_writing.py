"""Files appear whole or not at all, and a disk that refuses is the user's error in one line.

What a killed process leaves behind is a folder beside its target whose name ends in `.tunelet-part`, with the file in
it. Who writes holds a lock on that folder, which the system lets go of when the process dies; the next write beside it
removes it. The lock is not on the file itself because some writers put another in its place.
"""

import errno
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tunelet.errors import DiskError

_REASONS = {
    errno.ENOSPC: ("no space left", "free some space, or pass {argument} on another disk"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or pass {argument} on another disk"),
    errno.EACCES: ("permission denied", "pass {argument} in a folder that you may write to"),
    errno.EPERM: ("permission denied", "pass {argument} in a folder that you may write to"),
    errno.EROFS: ("the file system is read-only", "pass {argument} in a folder that you may write to"),
    errno.ENOENT: ("there is no such folder", "pass {argument} in a folder that is there"),
    errno.ENOTDIR: ("a part of the path is a file", "pass {argument} in another folder"),
    errno.EEXIST: ("a part of the path is a file", "pass {argument} in another folder"),
    errno.ENAMETOOLONG: ("the name is too long", "pass a shorter {argument}"),
    errno.EISDIR: ("a folder is in the place of a file", "pass another {argument}, or remove it"),
    errno.ELOOP: ("a link is in its place", "pass {argument} without links"),
}
_PART = re.compile(r"\..{1,40}\.[0-9a-f]{16}\.tunelet-part", re.DOTALL)


@contextmanager
def disk_errors(path: Path, argument: str = "out") -> Iterator[None]:
    """Turn a refusal of the disk into a DiskError that names the path, and the argument that names another."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:  # what writes tokenizers, weights and tables opens no other names
        raise DiskError(f"{path}: cannot be written: its name is not UTF-8", f"pass another {argument}=...") from None
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise _refusal(path, error.errno, argument) from error
    except Exception as error:
        if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):  # of `Path.resolve`
            raise _refusal(path, errno.ELOOP, argument) from error
        # safetensors reports the operating system's refusal in its own error's text
        for number in _REASONS:
            if f"os error {number})" in str(error):
                raise _refusal(path, number, argument) from error
        raise


def _refusal(path: Path, number: int, argument: str) -> DiskError:
    reason, hint = _REASONS.get(number, (os.strerror(number), "pass {argument} in another folder"))
    return DiskError(f"{path}: cannot be written: {reason}", hint.format(argument=f"{argument}=..."))


def refuse_link(path: Path, argument: str = "out") -> None:
    """Raises DiskError where a link stands at the path, dangling or not: what is written goes where its name says."""
    with disk_errors(path, argument):
        if path.is_symlink():
            target = path.readlink()
            raise DiskError(
                f"{path}: cannot be written: it is a link to {target}", f"pass {argument}={str(target)!r}, or another"
            )


def write_atomically(path: Path, write: Callable[[Path], object], argument: str = "out") -> None:
    """Let `write` fill a temporary file beside `path`, flush it to the disk, and rename it.

    A process killed at any moment leaves the old file or the new one. Folders that are missing are made, and go again
    where the writing fails. Raises DiskError where the disk refuses.
    """
    with disk_errors(path, argument), new_folders(path.parent), staged(path, write) as part:
        part.replace(path)
        sync_folder(path.parent)


@contextmanager
def staged(path: Path, write: Callable[[Path], object]) -> Iterator[Path]:
    """A file beside `path` that `write` has filled, flushed to the disk; it goes, unless it was renamed by then.

    Its mode is the one that the user's umask gives to a new file.
    """
    remove_parts(path.parent)
    folder, handle = _new_part(path)
    try:
        part = folder / path.name
        part.touch()
        mode = part.stat().st_mode & 0o777
        write(part)
        part.chmod(mode)  # safetensors puts a file of its own in the place, for its user alone
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        yield part
    finally:
        _remove_part(folder)
        if handle is not None:
            os.close(handle)


def remove_parts(folder: Path) -> None:
    """Remove what processes left in a folder that were killed while they wrote."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if _PART.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):  # its writer is at work, or it belongs to somebody else
                    handle = _hold(entry.path)
                    try:
                        _remove_part(Path(entry.path))
                    finally:
                        os.close(handle)


def _new_part(path: Path) -> tuple[Path, int | None]:
    """A new folder beside `path` that this process holds."""
    while True:
        folder = path.with_name(f".{path.name[:40]}.{secrets.token_hex(8)}.tunelet-part")
        folder.mkdir(0o700)
        if sys.platform == "win32":
            return folder, None
        with suppress(BlockingIOError, FileNotFoundError):  # one who removes parts was quicker than the lock
            return folder, _hold(folder)


def _remove_part(folder: Path) -> None:
    """Remove a folder with its one file at most."""
    for entry in os.scandir(folder):
        Path(entry.path).unlink()
    folder.rmdir()


def _hold(folder: str | Path) -> int:
    """Hold a folder until the handle is closed. Raises OSError where another holds it, or it went."""
    if sys.platform == "win32":  # folders cannot be opened there: nothing is held, and nothing is removed
        raise OSError(errno.ENOTSUP, "no locks on folders")
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Path(folder).stat()
    except OSError:
        os.close(handle)
        raise
    return handle


@contextmanager
def new_folders(path: Path) -> Iterator[None]:
    """A folder with all above it; those made here go again where the block fails and they are empty."""
    made = make_folders(path)
    try:
        yield
    except BaseException:
        remove_folders(made)
        raise


def make_folders(path: Path) -> list[Path]:
    """Make a folder and all above it; returns those that were missing, the lowest last. Raises OSError."""
    missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
    made: list[Path] = []
    try:
        for folder in reversed(missing):
            try:
                folder.mkdir()
            except FileExistsError:
                if not folder.is_dir():
                    raise
            else:
                made.append(folder)
    except OSError:
        remove_folders(made)
        raise
    return made


def remove_folders(made: list[Path]) -> None:
    """Remove the folders that `make_folders` made, as far as they are empty."""
    for folder in reversed(made):
        with suppress(OSError):
            folder.rmdir()


def sync_tree(folder: Path) -> None:
    """Flush every file and folder below to the disk, so that what follows cannot overtake it."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            sync_folder(path)
        elif path.is_file():
            with path.open("r+b" if os.name == "nt" else "rb") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make a rename itself durable, where the system lets a folder be synced."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
