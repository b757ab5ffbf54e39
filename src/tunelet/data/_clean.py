"""The one path from raw tables to a `Reading`: columns are chosen, markup is cleaned, rows without content are dropped
and counted."""

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tunelet._choice import Choice
from tunelet._words import counted
from tunelet.data._columns import Columns
from tunelet.data._examples import Examples
from tunelet.data._fields import join_fields
from tunelet.data._following import UNFOLLOWED, Follower, told
from tunelet.data._label_column import LabelColumn, columns_and_tables
from tunelet.data._label_space import ONE_LABEL, LabelSpace
from tunelet.data._marks import (
    by_part,
    groups_of_rows,
    mark_columns,
    part_note,
    refuse_double_use,
    times_of_rows,
)
from tunelet.data._markup import clean
from tunelet.data._raw import RawTable
from tunelet.data._reading import NAMED_ROWS, Reading
from tunelet.data._shape import is_null
from tunelet.data._spellings import some
from tunelet.data._store import in_pieces, row_names, stored_texts
from tunelet.data._stored import taken
from tunelet.data._unicode import well_formed
from tunelet.errors import DataError

T = TypeVar("T")

EMPTY_TEXT, NO_LABEL, NO_TIME = "empty text", "no label", "no time"


def reading_from(
    tables: Mapping[str, RawTable],
    *,
    source: str,
    form: str,
    text: str | Sequence[str] | None,
    label: str | None,
    labelled: bool,
    clean_markup: bool,
    label_names: Mapping[str, str],
    missing_labels: Collection[str],
    known: Mapping[str, str | Sequence[str]] = MappingProxyType({}),
    task: str = "auto",
    separator: str = "",
    marks: Mapping[str, str | None] = MappingProxyType({}),
    follow: Follower = UNFOLLOWED,
) -> Reading:
    """A `Reading` of raw tables; the arguments are those of `read`, with the columns for its split as `marks`.

    The columns are chosen in the training split and must bear the same names in the others. A validation or test split
    whose labels are all missing (as competitions publish them) is left out, its rows counted as dropped.
    """
    tables = _with_train(tables, source)
    used = mark_columns(tables["train"], marks, known)
    columns, tables = columns_and_tables(
        tables, text=text, label=label, labelled=labelled, known=known, apart=used.values()
    )
    refuse_double_use(used, columns)
    tables = _in_order(by_part(tables, used["split"], source) if "split" in used else tables)
    notes = list(dict.fromkeys(note for table in tables.values() for note in table.notes))
    column: LabelColumn | None = None
    if columns.label is not None:
        column, tables, said = LabelColumn.of(
            tables,
            columns.label.value,
            task=task,
            separator=separator,
            named=label is not None,
            known=bool(known),
            renamed=label_names,
            missing=missing_labels,
        )
        notes += said
    splits: dict[str, Examples] = {}
    rows: dict[str, np.ndarray] = {}
    numbers_of: dict[str, np.ndarray] = {}
    dropped: dict[str, dict[str, int]] = {}
    dropped_rows: dict[str, dict[str, tuple[int, ...]]] = {}
    time_kind = ""
    beside: dict[str, Sequence[object]] = {}
    if len(tables) == 1 and labelled and not known:
        notes += part_note(tables["train"], {*columns.texts, *used.values()})
    for split, table in tables.items():
        labels, shares, said = (None, None, []) if column is None else column.read(table, split)
        notes += said
        times: Sequence[float | None] | None = None
        if "time" in used and split == "train":  # elsewhere nothing is chosen by time
            time_kind, times = times_of_rows(table, used["time"], missing_labels)
        groups = groups_of_rows(table, used["group"], missing_labels) if used.get("group") in table.columns else None
        read = _Rows(table, labels, times, groups, shares)
        follow.stage(f"cleaning the {split} texts", len(table))
        examples, reasons, kept = _examples(read, columns, split, clean_markup, follow)
        dropped[split] = {reason: len(numbers) for reason, numbers in reasons.items() if numbers}
        dropped_rows[split] = {reason: tuple(numbers[:NAMED_ROWS]) for reason, numbers in reasons.items() if numbers}
        if len(examples):
            splits[split] = examples
            numbers_of[split] = np.fromiter(map(table.number, kept), np.int64, len(kept))
            rows[split] = np.asarray(table.places)[kept] if table.places else kept
            if split == "train" and labelled and not known:
                beside = _beside(table, columns, kept)
        elif split == "train":
            raise _nothing_left(source, len(table), columns, reasons)
        else:
            notes.append(
                f"left out: the {split} part, none of its {counted(len(table), 'row')} has a text with a label"
            )
    shape: Choice[LabelSpace] = Choice(ONE_LABEL, "no labels are read") if column is None else column.shape
    return Reading(
        source, form, splits, columns.text, columns.label, dropped, tuple(notes), columns.texts, rows, shape, used,
        dropped_rows, time_kind, numbers_of, beside,
    )  # fmt: skip


def _with_train(tables: Mapping[str, RawTable], source: str) -> Mapping[str, RawTable]:
    """The tables, one alone as the training part. Raises DataError where there are several and none is."""
    if "train" in tables:
        return tables
    if len(tables) != 1:
        raise DataError(f"{source} holds {', '.join(tables) or 'no parts'}, expected train", "pass one part's file")
    return {"train": next(iter(tables.values()))}


def _in_order(tables: Mapping[str, RawTable]) -> dict[str, RawTable]:
    return {split: tables[split] for split in ("train", "validation", "test") if split in tables}


@dataclass(frozen=True)
class _Rows:
    """The rows of a split with what was read of each: label, time, group, probabilities; None: that is not read."""

    table: RawTable
    labels: Sequence[str | None] | None
    times: Sequence[float | None] | None
    groups: Sequence[str] | None
    shares: Sequence[Mapping[str, float] | None] | None = None


def _examples(
    rows: _Rows, columns: Columns, split: str, clean_markup: bool, follow: Follower
) -> tuple[Examples, dict[str, Sequence[int]], np.ndarray]:
    """The rows with a text and whatever else is needed; the numbers of the others by reason; the first in the table."""
    table = rows.table
    if missing := [name for name in columns.texts if name not in table.columns]:
        message = f"the {split} part has no column {missing[0]!r}, found {some(list(table.columns))}"
        raise DataError(message, "give its columns the names of the training part's")
    needed = {NO_LABEL: rows.labels, NO_TIME: rows.times}
    reasons: dict[str, list[int]] = {EMPTY_TEXT: [], NO_LABEL: [], NO_TIME: []}
    kept = array("q")

    def usable() -> Iterator[str]:
        for row, text in enumerate(told(texts_of(table, columns, clean_markup=clean_markup), follow)):
            absent = (why for why, values in needed.items() if values is not None and values[row] is None)
            if lacks := next(absent, "") if text else EMPTY_TEXT:
                reasons[lacks].append(table.number(row))
            else:
                kept.append(row)
                yield text

    texts = stored_texts(usable())
    places = np.array(kept, dtype=np.int64)
    examples = Examples(
        ids=_ids(table, columns.ids, places),
        texts=texts,
        labels=_kept(rows.labels, kept),
        groups=_kept(rows.groups, kept),
        times=_kept(rows.times, kept),
        shares=_kept(rows.shares, kept),
    )
    return examples, {**reasons, **table.dropped}, places


def _beside(table: RawTable, columns: Columns, rows: NDArray[np.int64]) -> dict[str, Sequence[object]]:
    """The columns that are neither text nor label: name -> values of these rows."""
    used = {*columns.texts, *([columns.label.value] if columns.label else [])}
    return {name: taken(values, rows) for name, values in table.columns.items() if name not in used}


def _kept(values: Sequence[T | None] | None, rows: Sequence[int]) -> tuple[T, ...]:
    """The values of these rows, all of which have one; none where they are not read."""
    return () if values is None else tuple(value for row in rows if (value := values[row]) is not None)


def texts_of(table: RawTable, columns: Columns, *, clean_markup: bool) -> Iterator[str]:
    """`row_texts` of any number of rows, of which a bounded part is in memory."""
    start = 0
    for piece in in_pieces({name: table.columns[name] for name in columns.texts}):
        texts = row_texts(RawTable(piece, ""), columns, clean_markup=clean_markup, start=start)
        yield from texts
        start += len(texts)


def row_texts(table: RawTable, columns: Columns, *, clean_markup: bool, start: int = 0) -> list[str]:
    """The text of each row as a model reads it; "" where a row has none.

    Raises DataError for what is no text; its row is named, `start` being the number of rows before the table's first.
    """
    fields = [_column_texts(table.columns[name], name, start, clean_markup=clean_markup) for name in columns.texts]
    return fields[0] if len(fields) == 1 else [join_fields(row) for row in zip(*fields, strict=True)]


def _column_texts(values: Sequence[object], column: str, start: int, *, clean_markup: bool) -> list[str]:
    texts = ["" if is_null(value) else _as_text(value, column, row) for row, value in enumerate(values, start + 1)]
    if clean_markup:
        texts = [clean(text) if text else "" for text in texts]
    return ["" if text.isspace() else text for text in texts]


def _ids(table: RawTable, candidates: Sequence[str], rows: NDArray[np.int64]) -> Sequence[str]:
    """Of these rows the first column named as an id with complete values that never repeat in the table, else what the
    source calls its rows."""
    for name in candidates:
        values = table.columns.get(name, ())
        shown = (well_formed(str(value)) for value in values if not is_null(value))
        hashes = np.fromiter(map(hash, shown), dtype=np.int64)
        if len(np.unique(hashes)) == len(table):
            return stored_texts(well_formed(str(value)) for value in taken(values, rows))
    return taken(table.row_names, rows) if table.row_names else row_names(rows)


def _as_text(value: object, column: str, row: int) -> str:
    if isinstance(value, list | tuple | dict | set | bytes):
        message = f"column {column!r} holds a {type(value).__name__} (text {row:,} of it), expected texts"
        raise DataError(message, "name the column of texts: text='COL'")
    return well_formed(str(value))


def _nothing_left(source: str, rows: int, columns: Columns, reasons: Mapping[str, Sequence[int]]) -> DataError:
    if len(reasons[EMPTY_TEXT]) == rows:
        message = f"all {counted(rows, 'text')} in column {columns.text.value!r} of {source} are empty"
        return DataError(message, "name the column of texts: text='COL'")
    if reasons[NO_TIME]:
        return DataError(f"no row of {source} has a text, a label and a time", "name another column: time='COL'")
    label = columns.label.value if columns.label else ""
    message = f"no row of {source} has both a text ({columns.text.value!r}) and a label ({label!r})"
    return DataError(message, "name the column of labels: label='COL'")
