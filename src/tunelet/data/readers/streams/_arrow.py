"""Parquet of any length."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from tunelet.data.readers._arrow import (
    broken_parquet,
    check_parquet,
    parquet_batches,
    table_from_arrow,
    values_of,
)
from tunelet.data.readers._settings import CELL_COST, FileSettings
from tunelet.data.readers.streams._chunk import CHUNK_ROWS, CHUNK_SIZE, Chunk, TableStream
from tunelet.data.readers.streams._text import StreamedFile
from tunelet.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa


_LARGEST_DICTIONARY = 2**24  # bytes


class ParquetStream(TableStream):
    """A Parquet file, whose columns keep their types."""

    def __init__(self, file: StreamedFile, settings: FileSettings) -> None:
        import pyarrow.parquet as pq

        self.source, self._file, self._settings = file.name, file, settings
        with file.opened() as opened, _readable(self.source):
            check_parquet(opened.read(4), self.source)
            opened.seek(0)
            whole = pq.ParquetFile(opened)
            self._schema, self.rows = whole.schema_arrow, whole.metadata.num_rows
            settings.check_cells(self.source, 1, whole.metadata.num_columns)
        self.columns = list(self._schema.names)
        first = next(self._tables(), None)
        if first is None:
            raise DataError(f"{self.source} holds no rows", "expected rows of texts and labels")
        self.head = table_from_arrow(first, "Parquet", source=self.source)
        settings.check_table(self.source, self.head.columns)

    def schema(self) -> "pa.Schema":
        """That of the file."""
        return self._schema

    def chunks(self) -> Iterator[Chunk]:
        """Raises DataError for a damaged file, and where it changed."""
        start = 0
        for table in self._tables():
            yield Chunk(start, table.num_rows, self._values(table), arrow=table)
            start += table.num_rows

    def _values(self, table: "pa.Table") -> Callable[[str], list[object]]:
        return lambda name: values_of(table, name, self.source)

    def _tables(self) -> "Iterator[pa.Table]":
        import pyarrow as pa

        pack: list[pa.RecordBatch] = []
        rows = total = 0
        for size, batch in self._slices():
            if pack and (rows + batch.num_rows > CHUNK_ROWS or total + size > CHUNK_SIZE):
                yield pa.Table.from_batches(pack, self._schema)
                pack, rows, total = [], 0, 0
            pack.append(batch.cast(self._schema))
            rows, total = rows + batch.num_rows, total + size
        if pack:
            yield pa.Table.from_batches(pack, self._schema)

    def _slices(self) -> "Iterator[tuple[int, pa.RecordBatch]]":
        """Rows with what they count for, none of more than CHUNK_SIZE, but a single row."""
        with self._file.opened() as opened, _readable(self.source):
            batches = parquet_batches(opened, self.source, self._settings, largest_dictionary=_LARGEST_DICTIONARY)
            for sizes, batch in batches:
                ends = np.cumsum(sizes + CELL_COST * batch.num_columns)
                start = before = 0
                while start < batch.num_rows:
                    fitting = int(np.searchsorted(ends, before + CHUNK_SIZE, side="right"))
                    end = max(start + 1, min(fitting, start + CHUNK_ROWS))
                    yield int(ends[end - 1]) - before, batch.slice(start, end - start)
                    start, before = end, int(ends[end - 1])

    def fingerprint(self) -> str:
        """SHA-256 of the file."""
        return self._file.fingerprint()


@contextmanager
def _readable(source: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise broken_parquet(source, error) from None
