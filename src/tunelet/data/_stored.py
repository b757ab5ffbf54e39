"""Columns of any length, whose values lie in a file.

They lie value behind value in a temporary file in the folder of the cache, which has no name and goes with the process,
however that ends. Memory keeps twelve bytes a value: where it begins, and how long it is. So rows are taken in any
order without a text being copied. Values are read, not mapped: pages that are mapped count as memory of the process
until the system wants them back.
"""

import os
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import IO, Any, SupportsIndex, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from tunelet._cache import cache_folder
from tunelet.errors import DataError

Value = TypeVar("Value")

AT_ONCE = 8192
"""Rows that are worked on together."""

_READ_ROWS, _READ_BYTES, _GAP = 1024, 2**24, 2**16  # of what is read at once; bytes between values that are read, too


class Bytes:
    """A file without a name: written once from its beginning to its end, read anywhere by any thread."""

    def __init__(self) -> None:
        folder = cache_folder()
        file: IO[bytes]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = tempfile.TemporaryFile(dir=folder, prefix=".columns-", buffering=0)  # noqa: SIM115
        except OSError:
            file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        self._file, self._size, self._lock = file, 0, Lock()
        weakref.finalize(self, file.close)

    def append(self, content: bytes) -> int:
        """Write bytes behind the others; returns where they begin. Raises DataError where there is no room."""
        begin, left = self._size, memoryview(content)
        try:
            with self._lock:
                self._file.seek(begin)
                while left:
                    left = left[self._file.write(left) :]
        except OSError as error:
            message = f"the texts cannot be kept in {cache_folder()}: {error.strerror}"
            raise DataError(
                message, "make room there, or name another folder with the variable TUNELET_CACHE"
            ) from None
        self._size += len(content)
        return begin

    def read(self, begin: int, size: int) -> bytes:
        """So many bytes."""
        pieces = []
        while size:
            piece = self._piece(begin, size)
            if not piece:
                raise EOFError("the file of a column is shorter than what was written")
            pieces.append(piece)
            begin, size = begin + len(piece), size - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _piece(self, begin: int, size: int) -> bytes:
        if hasattr(os, "pread"):  # which forked processes may do at the same time
            piece: bytes = os.pread(self._file.fileno(), size, begin)
            return piece
        with self._lock:
            self._file.seek(begin)
            return self._file.read(size)


class Stored(Sequence[Value]):
    """Values in a file, or some of them in any order.

    Args:
        content: the file.
        begins: where each value begins, int64 [n].
        lengths: bytes of each text in UTF-8; -1 - i stands for the value `others[i]`, int32 [n].
        others: the values that are no texts.
    """

    def __init__(
        self, content: Bytes, begins: NDArray[np.int64], lengths: NDArray[np.int32], others: Sequence[Any] = ()
    ) -> None:
        self._content, self._begins, self._lengths, self._others = content, begins, lengths, others

    def __len__(self) -> int:
        return len(self._lengths)

    @overload
    def __getitem__(self, at: SupportsIndex) -> Value: ...
    @overload
    def __getitem__(self, at: slice) -> "Stored[Value]": ...
    def __getitem__(self, at: SupportsIndex | slice) -> "Value | Stored[Value]":
        if isinstance(at, slice):
            return self._with(self._begins[at], self._lengths[at])
        value: Value = self._value(int(self._begins[at]), int(self._lengths[at]))
        return value

    def __iter__(self) -> Iterator[Value]:
        for start in range(0, len(self), _READ_ROWS):
            yield from self._some(self._begins[start : start + _READ_ROWS], self._lengths[start : start + _READ_ROWS])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (list(self),)  # a file without a name goes to no other process

    def take(self, rows: NDArray[np.int64]) -> "Stored[Value]":
        """The values of these rows, in this order."""
        return self._with(self._begins[rows], self._lengths[rows])

    def _with(self, begins: NDArray[np.int64], lengths: NDArray[np.int32]) -> "Stored[Value]":
        return Stored(self._content, begins, lengths, self._others)

    def _value(self, begin: int, length: int) -> Any:
        if length < 0:
            return self._others[-1 - length]
        return _text(self._content.read(begin, length))

    def _some(self, begins: NDArray[np.int64], lengths: NDArray[np.int32]) -> Iterator[Any]:
        """Values that are read at once where they lie near each other."""
        texts = lengths > 0
        if not texts.any():
            first = last = wanted = 0
        else:
            first = int(begins[texts].min())
            last = int((begins[texts] + lengths[texts]).max())
            wanted = int(lengths[texts].sum(dtype=np.int64))
        places = zip(begins.tolist(), lengths.tolist(), strict=True)
        if last - first > min(2 * wanted + _GAP, _READ_BYTES):
            yield from (self._value(begin, length) for begin, length in places)
            return
        content = self._content.read(first, last - first)
        for begin, length in places:
            at = begin - first
            yield self._others[-1 - length] if length < 0 else _text(content[at : at + length]) if length else ""


class RowNumbers(Sequence[str]):
    """Numbers as the names of rows: of each eight bytes are kept, int64 [n]."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> "RowNumbers": ...
    def __getitem__(self, at: SupportsIndex | slice) -> "str | RowNumbers":
        return RowNumbers(self._numbers[at]) if isinstance(at, slice) else str(int(self._numbers[at]))

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), AT_ONCE):
            yield from map(str, self._numbers[start : start + AT_ONCE].tolist())

    __eq__ = Stored.__eq__
    __hash__ = None  # type: ignore[assignment]

    def take(self, rows: NDArray[np.int64]) -> "RowNumbers":
        """The names of these rows, in this order."""
        return RowNumbers(self._numbers[rows])


def taken(column: Sequence[Value], rows: NDArray[np.int64]) -> Sequence[Value]:
    """The values of these rows, in this order: of a stored column another view, else a tuple."""
    if isinstance(column, Stored | RowNumbers):
        return column.take(rows)
    return tuple(column[row] for row in rows.tolist())


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")
