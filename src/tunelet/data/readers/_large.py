"""A large file as a table: it is gone through in chunks, and its cells lie in a file of their own (`data._stored`)."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tunelet.data._following import UNFOLLOWED, Follower
from tunelet.data._raw import RawTable
from tunelet.data._store import Store, row_names
from tunelet.data.readers._content import COMPRESSIONS
from tunelet.data.readers._delimited import REPEATED_HEADER
from tunelet.data.readers._settings import CELL_COST, FileSettings
from tunelet.data.readers.streams._chunk import TableStream
from tunelet.data.readers.streams._open import can_be_streamed, open_stream

LARGE = 2**25
"""Bytes of text from which on a file is not read whole: Python takes ten times as much for it."""

_PACKED = 8  # times as much text that a compressed file, or one of Parquet, may hold


def is_large(path: Path, *, together: int, labelled: bool) -> bool:
    """Whether a file is gone through in chunks, since its text would take too much memory.

    Args:
        path: the file.
        together: bytes of all files that are read into one table.
        labelled: whether labels are needed; in a file of lines these are cut by delimiters, which is done whole.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if not can_be_streamed(path.name) or (labelled and ".txt" in suffixes[-2:]):
        return False
    packed = suffixes[-1] == ".parquet" or suffixes[-1] in COMPRESSIONS
    return max(path.stat().st_size, together) * (_PACKED if packed else 1) > LARGE


def read_large(path: Path, names: Sequence[str], settings: FileSettings, follow: Follower = UNFOLLOWED) -> RawTable:
    """The table in a file of any length. Raises DataError as reading it whole does."""
    follow.stage(f"looking through {path.name}", 0)
    stream, _ = open_stream(path, str(path), path.name, names, settings)
    follow.stage(f"reading {path.name}", stream.rows)
    return table_of(stream, settings, follow)


def table_of(stream: TableStream, settings: FileSettings, follow: Follower = UNFOLLOWED) -> RawTable:
    """All rows of a stream, but for columns that cannot be read as texts. Raises DataError where they are too many."""
    store, numbers = Store(stream.head.columns), array("q")
    for chunk in stream.chunks():
        columns = {name: chunk.column(name) for name in stream.head.columns}
        settings.check_table(stream.source, columns, before=chunk.start)
        store.add(columns)
        numbers.extend(chunk.numbers)
        if max(store.characters, CELL_COST * store.cells) > settings.max_bytes:
            raise settings.too_large(stream.source)
        follow.advance(chunk.rows)
    head = stream.head
    named: Sequence[str] = ()
    if repeats := head.dropped.get(REPEATED_HEADER, ()):  # they count among the rows
        of_rows = np.frombuffer(numbers, dtype=np.int64)
        named = row_names(np.arange(len(numbers)) + np.searchsorted(np.asarray(repeats), of_rows))
    return replace(
        head, columns=store.columns(), arrow=None, stream=stream, row_names=named, numbers=_as_range(numbers)
    )


def _as_range(numbers: "array[int]") -> Sequence[int]:
    """The same numbers, in no memory where they follow each other."""
    if not numbers or numbers[-1] - numbers[0] + 1 != len(numbers):
        return numbers
    return range(numbers[0], numbers[-1] + 1)
