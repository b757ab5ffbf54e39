"""Probabilities of a file's texts on disk while they are computed, so that a job that was killed goes on where it was.

They lie beside the output, in NAME.partial: a line that says what this is, a line with what they are of (the input, the
run and the settings, each by its fingerprint), and behind them records. A record is one piece of texts that were
classified together: its length and checksum, the numbers of its rows, their probabilities. A record that a kill cut
short is not read.
"""

import errno
import json
import os
import stat
import struct
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.errors import DataError
from tunelet.run import disk_errors, refuse_link

_MAGIC = b"tunelet predictions 1\n"
_LONGEST_HEADER = 2**16  # bytes
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # of file systems that have none
_MOST_ROWS = 2**20  # of a record; real ones have some thousand
_HEAD = struct.Struct("<II")  # rows, CRC-32 of what follows


@dataclass(frozen=True)
class Record:
    """One piece of texts.

    Attributes:
        rows: numbers of their rows in the source, int64 [n].
        probabilities: float64 [n, classes].
    """

    rows: NDArray[np.int64]
    probabilities: NDArray[np.float64]


class Scores:
    """The records of one job. `scores_at` makes it.

    Attributes:
        path: the file.
        pieces: number of records in it.
        texts: number of rows in these.
        begun_anew: why records that were there are not used; "" where there were none, or they are.
    """

    def __init__(self, path: Path, file: BinaryIO, classes: int) -> None:
        self.path, self._file, self._classes = path, file, classes
        self.pieces = self.texts = 0
        self.begun_anew = ""
        self._start = self._end = 0

    def begin(self, job: Mapping[str, str]) -> None:
        """Read what is there of the job, or begin with nothing. Raises DataError where the file is another's."""
        header = _MAGIC + json.dumps(dict(job)).encode() + b"\n"
        self._file.seek(0)
        magic, line = self._file.readline(len(_MAGIC)), self._file.readline(_LONGEST_HEADER)
        if not _MAGIC.startswith(magic):
            raise _in_the_way(self.path)
        if magic + line == header:
            self._start = self._end = len(header)
            for record in self.records(whole=False):
                self.pieces += 1
                self.texts += len(record.rows)
                self._end = self._file.tell()
        else:
            if line.endswith(b"\n"):
                self.begun_anew = _difference(line, job)
            with disk_errors(self.path, "output"):
                self._file.seek(0)
                self._file.truncate()
                self._start = self._end = len(header)
                self._write(header)
        self._file.truncate(self._end)
        self._file.seek(self._end)

    def add(self, record: Record) -> None:
        """Keep a record; it survives the process, whatever becomes of that."""
        content = record.rows.astype("<i8").tobytes() + record.probabilities.astype("<f8").tobytes()
        with disk_errors(self.path, "output"):
            self._file.seek(self._end)
            try:
                self._write(_HEAD.pack(len(record.rows), zlib.crc32(content)) + content)
            except OSError:
                self._file.truncate(self._end)  # half a record is none
                raise
            self._end = self._file.tell()
        self.pieces += 1
        self.texts += len(record.rows)

    def _write(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) :]

    @property
    def is_empty(self) -> bool:
        """Whether nothing of value is in the file, neither of this job nor of another."""
        return not self.texts and os.fstat(self._file.fileno()).st_size <= self._end

    def records(self, *, whole: bool = True) -> Iterator[Record]:
        """All records in their order; where `whole` is False, as far as they are sound."""
        at = self._start
        while True:
            self._file.seek(at)
            head = self._file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return
            rows, checksum = _HEAD.unpack(head)
            content = self._file.read(8 * rows * (1 + self._classes)) if 0 < rows <= _MOST_ROWS else b""
            if len(content) < 8 or zlib.crc32(content) != checksum:
                if whole:
                    raise DataError(f"{self.path} changed while it was read", "remove it, and repeat the command")
                return
            at = self._file.tell()
            numbers = np.frombuffer(content, dtype="<i8", count=rows).astype(np.int64)
            values = np.frombuffer(content, dtype="<f8", offset=8 * rows).astype(np.float64)
            yield Record(numbers, values.reshape(rows, self._classes))
            self._file.seek(at)


@contextmanager
def scores_at(path: Path, classes: int) -> Iterator[Scores]:
    """The file of scores, held by this process; it stays where the block fails with records in it, and else goes.

    Raises DataError where another process is at work on it.
    """
    with disk_errors(path, "output"):
        refuse_link(path, "output")
        # Without a buffer: what was written is the system's, and outlives a kill.
        file: BinaryIO = os.fdopen(
            os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b", buffering=0
        )
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _in_the_way(path)
        _hold(file, path)
        scores = Scores(path, file, classes)
        try:
            yield scores
        except BaseException:
            if scores.is_empty:
                with suppress(PermissionError):  # Windows removes no file that is open
                    path.unlink(missing_ok=True)
            raise
        if sys.platform != "win32":  # while nobody else can hold it
            path.unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _hold(file: BinaryIO, path: Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl

    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        if os.fstat(file.fileno()).st_ino != path.stat().st_ino:  # whoever held it has just removed it
            raise FileNotFoundError
    except (BlockingIOError, FileNotFoundError):
        raise DataError(
            f"{path}: another process is at work on this output", "wait for it, or name another output='FILE'"
        ) from None


def _in_the_way(path: Path) -> DataError:
    return DataError(f"{path} is in the way, and tunelet did not write it", "remove it, or name another output='FILE'")


def _difference(line: bytes, job: Mapping[str, str]) -> str:
    """In words, what the records that were there are of."""
    try:
        before = json.loads(line)
        changed = [name for name, value in job.items() if before.get(name) != value]
    except (ValueError, AttributeError):
        changed = []
    listed = " and ".join([", ".join(changed[:-1]), changed[-1]] if len(changed) > 1 else changed)
    return f"the {listed} changed" if listed else "what was there is of another job"


def kept_in_words(scores: Scores) -> str:
    """Where what was done so far is kept."""
    return f"{scores.path} holds {counted(scores.texts, 'text')} classified so far"
