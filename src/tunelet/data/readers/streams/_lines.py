"""A text a line, of any length, blank lines included."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tunelet.data._raw import RawTable
from tunelet.data.readers.streams._chunk import Chunk, TableStream, packed, size_of, strings
from tunelet.data.readers.streams._text import StreamedText
from tunelet.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMN = "text"
_HEAD_ROWS = 4096


class LinesStream(TableStream):
    """A `.txt` file, whose lines are the column `text`."""

    columns = (_COLUMN,)

    def __init__(self, text: StreamedText) -> None:
        self.source, self._text = text.file.name, text
        head: list[object] = []
        self.rows = 0
        blank = True
        for _, line in self._sized():
            self.rows += 1
            blank = blank and not line.strip()
            if len(line) > text.settings.max_cell:
                raise text.settings.cell_too_long(self.source, f"text {self.rows:,} of column 'text'", len(line))
            if self.rows <= _HEAD_ROWS:
                head.append(line)
        if blank:
            raise DataError(f"{self.source} is empty", "expected rows of texts and labels")
        self.head = RawTable({_COLUMN: head}, "a text a line", roles={_COLUMN: "the lines of the file"})

    def schema(self) -> "pa.Schema":
        """Texts."""
        return strings(self.columns)

    def chunks(self) -> Iterator[Chunk]:
        """Raises DataError where the file changed."""
        start = 0
        for pack in packed(self._sized()):
            values: list[object] = list(pack)
            yield Chunk(start, len(pack), {_COLUMN: values}.__getitem__)
            start += len(pack)

    def _sized(self) -> Iterator[tuple[int, str]]:
        for line in self._text.lines():
            line = line.removesuffix("\n").removesuffix("\r")
            yield size_of(len(line), 1), line

    def fingerprint(self) -> str:
        """SHA-256 of the file."""
        return self._text.file.fingerprint()
