"""`history.jsonl`: a line for every few steps and for every evaluation; its checksum stands in each checkpoint."""

import hashlib
import json
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tunelet._foreign import ForeignFileError, read_bytes
from tunelet.errors import RunError
from tunelet.run import HistoryLine, disk_errors, write_atomically


class History:
    """The history of a training; open inside a `with` block.

    Attributes:
        lines: how many there are.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self._file: IO[str] | None = None
        self.lines = 0

    @property
    def sha256(self) -> str:
        """SHA-256 of all lines."""
        return self._digest.hexdigest()

    def restore(self, lines: int, sha256: str) -> None:
        """Cut the file back to as many lines as a checkpoint counts. Raises RunError where their SHA-256 is another."""
        if not lines and not os.path.lexists(self._path):
            return
        try:
            kept = b"".join(read_bytes(self._path).splitlines(keepends=True)[:lines])
            self._digest, self.lines = hashlib.sha256(kept), lines
            if lines and self.sha256 != sha256:
                raise ForeignFileError("the lines before the checkpoint were changed")
        except ForeignFileError as error:
            raise RunError(f"{self._path}: {error}", "remove the folder and train again") from None
        write_atomically(self._path, lambda temporary: temporary.write_bytes(kept))

    def __enter__(self) -> Self:
        with disk_errors(self._path):
            self._file = self._path.open("a", encoding="utf-8", newline="\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, entry: HistoryLine) -> None:
        """Append a line and flush it. Raises DiskError."""
        assert self._file is not None  # noqa: S101
        line = json.dumps(entry.to_dict(), allow_nan=False) + "\n"
        with disk_errors(self._path):
            self._file.write(line)
            self._file.flush()
        self._digest.update(line.encode("utf-8"))
        self.lines += 1
