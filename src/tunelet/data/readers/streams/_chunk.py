"""What a source of any length is read as: chunks of rows, in its order, none larger than fits in memory."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from tunelet.data._chunks import packed as _packed
from tunelet.data._raw import RawTable
from tunelet.data.readers._settings import CELL_COST

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_ROWS = 8192
CHUNK_SIZE = 2**24  # characters, each cell counting for CELL_COST more

Form = Literal[",", "\t", "json"]
Row = TypeVar("Row")


@dataclass(frozen=True)
class Chunk:
    """Rows of a source that follow each other.

    Attributes:
        start: number of rows before the first.
        rows: number of rows, at least one.
        column: name -> the values of that column, n of them, as the format gave them; made when they are asked for.
        lines: the rows as they stand in the source, without the line end, where that has a `Form`; else none.
        arrow: the rows with their types, where Arrow read them.
        numbers: of the rows in their source, as errors have them; none: they are counted through from 1.
    """

    start: int
    rows: int
    column: Callable[[str], Sequence[object]]
    lines: Sequence[str] = ()
    arrow: "pa.Table | None" = None
    numbers: Sequence[int] = ()

    def table(self, names: Iterable[str]) -> RawTable:
        """These columns as a table."""
        return RawTable({name: self.column(name) for name in names}, "")


class TableStream(ABC):
    """Rows that can be gone through as often as one likes.

    Attributes:
        source: its name as the user knows it.
        columns: names, in their order.
        rows: number of rows.
        head: the first rows, from which columns are recognised, with the notes on how the source was read.
        form: how `Chunk.lines` are written: a row of CSV or of TSV in which a quotation mark is doubled, or an object
            of JSON; None where there are no lines.
        header: the row of names as it stands in the source; "" where it has none, or no `form`.
    """

    source: str
    columns: Sequence[str]
    rows: int
    head: RawTable
    form: Form | None = None
    header: str = ""

    def schema(self) -> "pa.Schema | None":
        """The types of the columns; None where only their values tell."""
        return None

    @abstractmethod
    def chunks(self) -> Iterator[Chunk]:
        """All rows from the first, in chunks that are the same each time. Raises DataError for what cannot be read."""

    @abstractmethod
    def fingerprint(self) -> str:
        """The same for the same content alone."""


def packed(rows: Iterable[tuple[int, Row]]) -> Iterator[list[Row]]:
    """Rows, each behind its size, in lists of at most CHUNK_ROWS rows and CHUNK_SIZE, or of a single larger row."""
    return _packed(rows, most=CHUNK_ROWS, size=CHUNK_SIZE)


def size_of(characters: int, cells: int) -> int:
    """What a row counts for."""
    return characters + CELL_COST * cells


def cells_of(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> Callable[[str], Sequence[object]]:
    """`Chunk.column` of rows that hold their cells in the order of the names."""
    place = {name: at for at, name in enumerate(names)}
    return lambda name: [row[place[name]] for row in rows]


def strings(names: Sequence[str]) -> "pa.Schema":
    """The schema of columns of texts."""
    import pyarrow as pa

    return pa.schema([(name, pa.string()) for name in names])
