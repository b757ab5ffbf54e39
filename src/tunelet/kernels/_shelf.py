"""Compiled libraries on the disk, in a folder that only the user can write to: their code runs with the user's rights.

Beside each library is the sha256 of its bytes, because loading a file that was cut short would kill the process
(SIGBUS).
"""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from tunelet._cache import is_ours, make_private

_LARGEST = 64 * 2**20  # bytes
# Through no link, and waiting for no writer of a pipe. Windows has neither, and no library of ours.
_CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class ShelfError(Exception):
    """Nothing can be kept there; the message says why."""


class Shelf:
    """A private folder of libraries. Raises ShelfError where others could write to it."""

    def __init__(self, folder: Path) -> None:
        if problem := make_private(folder):
            raise ShelfError(problem)
        self._folder = folder

    def find(self, name: str) -> bytes | None:
        """The bytes of a library that this user wrote and that is whole; None where there is no such file."""
        content, digest = self._read(name), self._read(f"{name}.sha256")
        if content is None or digest is None or hashlib.sha256(content).hexdigest().encode() != digest.strip():
            return None
        return content

    def path(self, name: str) -> Path:
        """The path of the library of this name, whether it exists or not."""
        return self._folder / name

    def put(self, name: str, content: bytes) -> None:
        """Keep a library. Raises ShelfError where it cannot be written."""
        try:
            # The digest first: a library beside another one's digest counts as none.
            self._write(f"{name}.sha256", hashlib.sha256(content).hexdigest().encode())
            self._write(name, content)
        except OSError as error:
            raise ShelfError(f"{self._folder} cannot be written: {error.strerror}") from None

    def _read(self, name: str) -> bytes | None:
        try:
            handle = os.open(self._folder / name, os.O_RDONLY | _CAREFUL)
        except OSError:
            return None
        with os.fdopen(handle, "rb") as file:
            state = os.fstat(handle)
            if not stat.S_ISREG(state.st_mode) or not is_ours(state) or state.st_size > _LARGEST:
                return None
            return file.read()

    def _write(self, name: str, content: bytes) -> None:
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".new-")  # 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(handle)
            Path(temporary).replace(self._folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
