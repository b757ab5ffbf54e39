"""The data of an audit: parts with their texts as they were written, and what stands beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.audit._part import Part
from tunelet.data import (
    UNFOLLOWED,
    Columns,
    FileSettings,
    Follower,
    RawTable,
    Reading,
    listed,
    matching_columns,
    read_tables,
    reading_from,
    taken,
    texts_of,
)
from tunelet.errors import DataError
from tunelet.recipe import DataSettings


@dataclass(frozen=True, eq=False)
class Source:
    """What was read.

    Attributes:
        reading: of the training data.
        test_source: what was named as test data; None: nothing was.
        parts: name -> part; "train" always, "validation" and "test" where they are.
        table: all rows of the training part.
    """

    reading: Reading
    test_source: str | None
    parts: Mapping[str, Part]
    table: RawTable


def read_source(data: Any, test: Any, settings: DataSettings, follow: Follower = UNFOLLOWED) -> Source:
    """Read labelled texts. Raises DataError as `tunelet.read` does.

    Args:
        data: in any form that `tunelet.read` takes.
        test: likewise; None: the test split of the data, where it has one.
        settings: how it is read.
        follow: told how far that is.
    """
    reading, tables = _read(data, settings, {}, follow)
    parts = {name: _part(name, reading, name, tables) for name in reading.splits}
    test_source = None
    if test is not None:
        column = reading.label_column
        known = {"text": reading.text_columns, "label": column.value if column else ()}
        measured, measured_tables = _read(test, settings, known, follow)
        test_source = measured.source
        parts["test"] = _part("test", measured, measured.held_out(), measured_tables)
    return Source(reading, test_source, parts, tables["train"])


def _read(
    data: Any, settings: DataSettings, known: Mapping[str, str | Sequence[str]], follow: Follower
) -> tuple[Reading, Mapping[str, RawTable]]:
    text, label = settings.text_column or None, settings.label_column or None
    names = [name for column_names in (text, label, *known.values()) for name in listed(column_names)]
    tables, source, form = read_tables(data, names, files=FileSettings.of(settings), follow=follow)
    if "train" not in tables and len(tables) == 1:
        tables = {"train": next(iter(tables.values()))}
    reading = reading_from(
        tables,
        source=source,
        form=form,
        text=text,
        label=label,
        labelled=True,
        clean_markup=settings.clean_markup,
        label_names=settings.label_names,
        missing_labels=settings.missing_labels,
        known=known,
        task=settings.task,
        separator=settings.label_separator,
        follow=follow,
    )
    if reading.label_column is None:
        raise DataError("the texts have no labels, expected one for each", "name the column of labels: label='COL'")
    return reading, tables


@dataclass(frozen=True, eq=False)
class _Written:
    """The texts of some rows as they were written, gone through as often as one likes."""

    table: RawTable
    reading: Reading
    rows: NDArray[np.int64]

    def __iter__(self) -> Iterator[str]:
        columns = Columns(self.reading.text_column, self.reading.label_column, (), self.reading.text_columns)
        used = np.zeros(len(self.table), dtype=bool)
        used[self.rows] = True
        return compress(texts_of(self.table, columns, clean_markup=False), used.tolist())


def _part(name: str, reading: Reading, split: str, tables: Mapping[str, RawTable]) -> Part:
    table, rows = tables[split], reading.rows[split]
    label = "" if reading.label_column is None else reading.label_column.value
    used = {*reading.text_columns, label, *matching_columns(table.columns, label).values()}
    beside = {column: taken(values, rows) for column, values in table.columns.items() if column not in used}
    return Part(
        name=name,
        examples=reading.splits[split],
        rows=np.asarray(rows, dtype=np.int64),
        written=_Written(table, reading, rows),
        beside=beside if name == "train" else {},
        dropped=reading.dropped.get(split, {}),
        dropped_rows=reading.dropped_rows.get(split, {}),
    )
