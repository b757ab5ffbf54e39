"""What is read whole, whatever its form, gone through in chunks as if it were not."""

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunelet.data._raw import RawTable
from tunelet.data.readers.streams._chunk import CHUNK_ROWS, Chunk, TableStream

if TYPE_CHECKING:
    import pyarrow as pa


class WholeTable(TableStream):
    """A table that is in memory."""

    def __init__(self, source: str, table: RawTable) -> None:
        self.source, self._table, self.head = source, table, table
        self.columns = list(table.columns) if table.arrow is None else list(table.arrow.column_names)
        self.rows = len(table)

    def schema(self) -> "pa.Schema | None":
        """That of Arrow, where it read the table."""
        return None if self._table.arrow is None else self._table.arrow.schema

    def chunks(self) -> Iterator[Chunk]:
        """Chunks of CHUNK_ROWS rows."""
        for start in range(0, self.rows, CHUNK_ROWS):
            yield self._chunk(start, min(start + CHUNK_ROWS, self.rows))

    def _chunk(self, start: int, end: int) -> Chunk:
        arrow = None if self._table.arrow is None else self._table.arrow.slice(start, end - start)

        def column(name: str) -> list[object]:
            if arrow is not None and name not in self._table.columns:  # nested: no text is read from it
                values: list[object] = arrow.column(name).to_pylist()
                return values
            return list(self._table.columns[name][start:end])

        return Chunk(start, end - start, column, arrow=arrow)

    def fingerprint(self) -> str:
        """SHA-256 of all values as Python shows them."""
        digest = hashlib.sha256(repr(list(self._table.columns)).encode())
        for values in self._table.columns.values():
            for value in values:
                digest.update(repr(value).encode("utf-8", "surrogatepass"))
                digest.update(b"\0")
        return digest.hexdigest()
