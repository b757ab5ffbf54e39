"""What every source becomes first: a table of raw values for each split, before anything is recognised or cleaned.

A reader's only duty is to fill `RawTable`; recognition, cleaning and dropping are one path for all formats.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from tunelet.data._store import Store, in_pieces, row_names
from tunelet.data._stored import taken

if TYPE_CHECKING:
    import pyarrow as pa

    from tunelet.data.readers.streams._chunk import TableStream

_SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "validate", "valid", "val", "dev", "development", "eval", "evaluation"),
    "test": ("test", "testing"),
}
SPLITS = tuple(_SPLIT_NAMES)


@dataclass(frozen=True)
class RawTable:
    """One split of a source: columns of equal length, values as the format gave them.

    Attributes:
        columns: name -> values; `None` and NaN are nulls. Those of a large table lie in a file (`_stored`).
        format: how it was stored, for the screen ("CSV, comma, header").
        class_names: column -> names of its integer values, where the source declares them (Hugging Face `ClassLabel`).
        headless: why the column names are only numbers ("column 1", ...); empty when the source names its columns.
        roles: role ("text", "label") -> reason, for sources where the roles are beyond doubt (folders, pairs); the
            columns are then called "text" and "label".
        arrow: the same table with its types and with the columns that cannot be read as texts, where Arrow read it.
        stream: the file that the same rows can be read from again with all their columns, where it is a large one.
        row_names: what the source calls its rows, where that is not 0, 1, 2, ...; empty where it is.
        numbers: of the rows in their source, as errors have them (a header is row 1); empty: 1, 2, 3, ...
        places: where the rows stood in the table that they were taken from, from 0; empty where that is all of it.
        dropped: reason -> numbers of the rows that the reader left out (a header that occurs again).
        notes: sentences about how the source was read, for the screen.
    """

    columns: Mapping[str, Sequence[object]]
    format: str
    class_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headless: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    arrow: "pa.Table | None" = None
    stream: "TableStream | None" = None
    row_names: Sequence[str] = ()
    numbers: Sequence[int] = ()
    places: Sequence[int] = ()
    dropped: Mapping[str, Sequence[int]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def number(self, at: int) -> int:
        """The number of a row, which is counted from 0 here, in its source."""
        return self.numbers[at] if self.numbers else at + 1

    def take(self, rows: Sequence[int]) -> "RawTable":
        """These rows, which keep their numbers and names, without what the reader left out and noted."""
        which = np.asarray(rows, dtype=np.int64)
        places = array("q", (self.places[row] for row in rows) if self.places else rows)
        return replace(
            self,
            columns={name: taken(values, which) for name, values in self.columns.items()},
            arrow=None,
            stream=None,
            row_names=taken(self.row_names, which) if self.row_names else row_names(which),
            numbers=array("q", map(self.number, rows)),
            places=places,
            dropped={},
            notes=(),
        )


def split_of(name: str) -> str | None:
    """The split ("train", "validation", "test") that a file, a folder or a split of this name holds, or None."""
    return next((split for split, names in _SPLIT_NAMES.items() if name.casefold() in names), None)


def repeated(names: Sequence[str]) -> str | None:
    """The first of several names that occurs twice, or None."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


def columns_from_objects(rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """Columns from one mapping per row, in order of first appearance; a missing key is a null."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {str(name): [row.get(name) for row in rows] for name in names}


def concatenate(tables: Iterable[RawTable]) -> RawTable:
    """One table from the shards of a split; a column that one of them lacks is null there."""
    shards = list(tables)
    if len(shards) == 1:
        return shards[0]
    columns = Store(dict.fromkeys(name for shard in shards for name in shard.columns))
    for shard in shards:
        for piece in in_pieces(shard.columns):
            columns.add(piece)
    dropped: dict[str, list[int]] = {}
    for shard in shards:
        for reason, numbers in shard.dropped.items():
            dropped.setdefault(reason, []).extend(numbers)
    return replace(
        shards[0],
        columns=columns.columns(),
        arrow=_concatenated([shard.arrow for shard in shards]),
        # Rows of several files are counted through: names and numbers of rows are those of one file.
        stream=None,
        row_names=(),
        numbers=(),
        dropped=dropped,
        notes=tuple(dict.fromkeys(note for shard in shards for note in shard.notes)),
    )


def _concatenated(shards: "Sequence[pa.Table | None]") -> "pa.Table | None":
    """One Arrow table; None where not every shard is one, or their types differ."""
    there = [shard for shard in shards if shard is not None]
    if not there or len(there) < len(shards):
        return None
    import pyarrow as pa

    try:
        return pa.concat_tables(there, promote_options="default")
    except pa.ArrowException:
        return None
