"""Where columns grow: in memory as long as they are small, and then in a file, as `_stored` has it."""

import contextlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data._chunks import chunks, packed
from tunelet.data._stored import AT_ONCE, Bytes, RowNumbers, Stored

IN_MEMORY = 2**25
"""Bytes that the columns of a store take in memory before they go into a file, by estimate."""

CELL = 64
"""Bytes that a value takes in memory beside its characters, by estimate."""

_LONGEST = 2**30  # bytes of a text in the file; a longer one stays in memory
_KNOWN = 2**16  # values that are no texts of which each is kept once
_CHARACTERS = 2**22  # of texts that are added together


class Store:
    """Columns that grow together: lists as long as they are small, then all of them in one file.

    Args:
        names: of the columns.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._columns = {name: _Growing() for name in names}
        self._content: Bytes | None = None
        self._characters = self._cells = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return tuple(self._columns)

    @property
    def characters(self) -> int:
        """Of all texts so far."""
        return self._characters

    @property
    def cells(self) -> int:
        """Number of values so far, all columns together."""
        return self._cells

    def add(self, columns: Mapping[str, Sequence[object]]) -> None:
        """Add equally many values to each column, nulls where one is absent. Raises DataError for want of room."""
        count = len(next(iter(columns.values()), ()))
        for name, column in self._columns.items():
            values = columns.get(name) or [None] * count
            column.held.extend(values)
            self._characters += sum(len(value) for value in values if isinstance(value, str))
            self._cells += len(values)
        if self._content is None and self._characters + CELL * self._cells > IN_MEMORY:
            self._content = Bytes()
        if self._content is not None:
            for column in self._columns.values():
                column.move(self._content)

    def columns(self) -> dict[str, Sequence[Any]]:
        """Name -> all values."""
        content = self._content
        return {name: column.finished(content) for name, column in self._columns.items()}


class _Growing:
    """One column of a store: values in memory, and pieces in the file."""

    def __init__(self) -> None:
        self.held: list[object] = []
        self._begins: list[NDArray[np.int64]] = []
        self._lengths: list[NDArray[np.int32]] = []
        self._others: list[object] = []
        self._known: dict[tuple[type, object], int] = {}

    def move(self, content: Bytes) -> None:
        """Move what is in memory into the file."""
        texts: list[bytes] = []
        lengths = array("i")
        for value in self.held:
            text = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else None
            if text is None or len(text) > _LONGEST:
                lengths.append(-1 - self._other(value))
            else:
                texts.append(text)
                lengths.append(len(text))
        self.held.clear()
        if not lengths:
            return
        of_values = np.frombuffer(lengths, dtype=np.int32)
        ends = np.cumsum(np.maximum(of_values, 0), dtype=np.int64)
        self._begins.append(content.append(b"".join(texts)) + ends - np.maximum(of_values, 0))
        self._lengths.append(of_values)

    def finished(self, content: Bytes | None) -> Sequence[Any]:
        if content is None:
            return self.held
        begins = np.concatenate([np.empty(0, np.int64), *self._begins])
        lengths = np.concatenate([np.empty(0, np.int32), *self._lengths])
        return Stored(content, begins, lengths, self._others)

    def _other(self, value: object) -> int:
        """The place of a value that is no text among the others; equal ones share one."""
        place = len(self._others)
        if not isinstance(value, float):  # 0.0 and -0.0 are equal
            with contextlib.suppress(TypeError):  # a list
                if len(self._known) < _KNOWN:
                    place = self._known.setdefault((type(value), value), place)
                else:
                    place = self._known.get((type(value), value), place)
        if place == len(self._others):
            self._others.append(value)
        return place


def stored_texts(texts: Iterable[str]) -> Sequence[str]:
    """Texts, of which a bounded part is in memory: a tuple where they are few, else a stored column."""
    store = Store(("text",))
    for some in chunks(texts, most=AT_ONCE, characters=_CHARACTERS):
        store.add({"text": some})
    found: Sequence[str] = store.columns()["text"]
    return tuple(found) if isinstance(found, list) else found


def in_pieces(columns: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, tuple[Any, ...]]]:
    """The rows of columns of equal length, of which a bounded part is in memory."""
    rows = zip(*columns.values(), strict=True)
    sized = ((sum(len(value) for value in row if isinstance(value, str)), row) for row in rows)
    for pack in packed(sized, most=AT_ONCE, size=_CHARACTERS):
        yield dict(zip(columns, zip(*pack, strict=True), strict=True))


def row_names(numbers: NDArray[np.int64]) -> Sequence[str]:
    """Numbers as the names of rows; a tuple where they are few."""
    names = RowNumbers(numbers)
    return tuple(names) if len(numbers) * CELL <= IN_MEMORY else names
