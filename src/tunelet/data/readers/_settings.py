"""How files are read, and how much of them: what `data.encoding`, `data.delimiter` and the limits of a recipe say.

A small file can decode to a hundred times what a machine holds, and one cell of 50 MB costs sixty times its size before
it is cut. So what is decoded is counted before it is kept, each cell with no less than it costs as a Python object.
"""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

from tunelet._words import bytes_in_words, counted
from tunelet.errors import DataError

if TYPE_CHECKING:
    from tunelet.recipe import DataSettings

AUTO = "auto"  # the delimiter is recognised
MOST_COLUMNS = 10_000
LONGEST_NAME = 1000  # characters of a column's name
LARGEST_CELL = 2**31 - 1  # characters; the largest limit that the csv module takes everywhere
CELLS_A_LINE = 64  # of the longest kind; a longer line would become one row that no memory holds
_LARGEST_INTEGER = 13_000  # bits; Python writes out no integer of more than 4,300 digits
CELL_COST = 64  # bytes: a string of a few characters, and its place in a list


@dataclass(frozen=True)
class FileSettings:
    """How a file becomes a table.

    Attributes:
        encoding: of text files that are not UTF-8 and bear no byte order mark; "" accepts none.
        delimiter: of text files: "comma", "semicolon", "tab" or "bar"; "auto" recognises it.
        max_bytes: most bytes that a file may hold once decompressed, a cell counting for at least `CELL_COST`.
        max_cell: most characters of one cell.
    """

    encoding: str = ""
    delimiter: str = AUTO
    max_bytes: int = 4 * 2**30
    max_cell: int = 1_000_000

    def __post_init__(self) -> None:
        if self.encoding and not _is_text_encoding(self.encoding):
            message = f"there is no encoding {self.encoding!r}"
            raise DataError(
                message, "for example encoding='cp1252' (Western Europe), cp1251 (Cyrillic), cp932 (Japanese)"
            )

    @classmethod
    def of(cls, settings: "DataSettings") -> Self:
        """Those of a recipe's `[data]`."""
        return cls(**{field.name: getattr(settings, field.name) for field in fields(cls)})

    def too_large(self, source: object, needed: int = 0) -> DataError:
        """The error for a source that needs so many bytes, or more than the limit."""
        allowed = max(2 * self.max_bytes, needed)
        return DataError(
            f"{source} holds more than {bytes_in_words(self.max_bytes)} once decoded, each cell counted with at least "
            f"{CELL_COST} bytes",
            f"split it, or allow more: settings={{'data.max_bytes': {allowed}}}",
        )

    def check_cells(self, source: object, rows: int, columns: int) -> None:
        """Raises DataError where a table of this shape would take too much."""
        if columns > MOST_COLUMNS:
            message = f"{source} has {counted(columns, 'column')}, expected at most {MOST_COLUMNS:,}"
            raise DataError(message, "keep only the columns of texts, labels and ids")
        if rows * columns * CELL_COST > self.max_bytes:
            raise self.too_large(source, rows * columns * CELL_COST)

    def check_table(self, source: object, columns: Mapping[str, Sequence[object]], *, before: int = 0) -> None:
        """Raises DataError where a table has too many columns, or a cell or a column's name too many characters.

        Args:
            source: its name.
            columns: name -> values.
            before: number of rows before these.
        """
        self.check_cells(source, 1, len(columns))
        for at, (name, values) in enumerate(columns.items(), 1):
            if len(name) > LONGEST_NAME:
                message = f"{source}: the name of column {at} holds {len(name):,} characters ({name[:20]!r}...)"
                raise DataError(message, f"expected a first row of names, of at most {LONGEST_NAME:,} characters each")
            for row, value in enumerate(values, before + 1):
                if isinstance(value, str) and len(value) > self.max_cell:
                    raise self.cell_too_long(source, f"text {row:,} of column {name[:50]!r}", len(value))
                if isinstance(value, int) and value.bit_length() > _LARGEST_INTEGER:
                    message = f"{source}: value {row:,} of column {name[:50]!r} is an integer of thousands of digits"
                    raise DataError(message, "write it as text, in quotes")

    def cell_too_long(self, source: object, place: str, length: int, *, at_least: bool = False) -> DataError:
        """The error for a cell of so many characters."""
        more = "more than " if at_least else ""
        enough = min(10 * self.max_cell, LARGEST_CELL) if at_least else length
        return DataError(
            f"{source}: {place} holds {more}{length:,} characters, expected at most {self.max_cell:,}",
            f"shorten it, or allow more: settings={{'data.max_cell': {enough}}}",
        )


DEFAULTS = FileSettings()


def _is_text_encoding(name: str) -> bool:
    """Whether Python can decode a file by it; a few of its codecs are for other things (base64, host names)."""
    try:
        return "a,\n".encode(name).decode(name) == "a,\n" and codecs.lookup(name).name not in ("idna", "punycode")
    except (LookupError, ValueError, TypeError):
        return False
