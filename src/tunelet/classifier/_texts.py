"""What a caller of `predict` may pass: a text, several of them in any form, or a table with a column of them.

A table is never taken for a list: iterating over a DataFrame or a dict gives the names of its columns.
"""

from collections.abc import Iterable, Mapping, Sequence, Sized
from os import PathLike
from typing import Any

from tunelet.data import RawTable, choose_columns, is_null, join_fields, joined, read_tables
from tunelet.errors import DataError

_HINT = "pass strings: a list, a tuple, an array or a Series of them, or a table with a column of texts"


def texts_of(
    texts: Any, known: Mapping[str, str | Sequence[str]], column: str | Sequence[str] | None = None
) -> Iterable[str]:
    """The texts, in their order; where several columns were trained on, as `join_fields` makes them.

    A missing value is an empty text. What has a length is checked here, whole; of an iterator each text is checked when
    it is asked for.

    Args:
        texts: a text; an iterable of texts; a DataFrame, an Arrow table, a `datasets.Dataset` or a dict of columns.
            Where several columns were trained on, each text is a tuple of one string a column, or a dict by column.
        known: role -> the columns that were trained on, which are taken from a table where it has them.
        column: that of the texts, for a table; None: the one that was trained on.

    Raises:
        DataError: something else, or an element that is no text; the row is named.
    """
    columns = known.get("text", "")
    several = () if isinstance(columns, str) else columns
    if isinstance(texts, str):
        if several:
            return [joined(texts, several, "the text")]
        return [_text(texts, "the text")]
    table = _table(texts)
    if table is not None:
        names = choose_columns(table, text=column, label=None, labelled=False, known=known).texts
        if column is None and len(names) == 1 and names[0].casefold() != str(columns).strip().casefold():
            # A command says which column it read instead; a function has nobody to say it to.
            listed_columns = ", ".join(map(repr, table.columns))
            message = f"the table has no column {columns!r}, which was trained on, found {listed_columns}"
            raise DataError(message, f"name the column of texts: text={names[0]!r}")
        if len(names) > 1:  # a gap in one of them is no fault
            rows = zip(*(table.columns[name] for name in names), strict=True)
            return [
                join_fields(["" if is_null(value) else _cell(value, f"row {at}") for value in row])
                for at, row in enumerate(rows)
            ]
        (name,) = names
        return [_cell(value, f"row {row} of column {name!r}") for row, value in enumerate(table.columns[name])]
    if column is not None:
        raise DataError(f"text={column!r} names a column, found no table but {_kind(texts)}", "leave it out")
    if isinstance(texts, bytes | bytearray | PathLike | set | frozenset) or not isinstance(texts, Iterable):
        raise DataError(f"expected texts, found {_kind(texts)}", _HINT)
    if (dimensions := getattr(texts, "ndim", 1)) != 1:
        raise DataError(f"expected an array of one dimension, found {dimensions}", _HINT)
    items = texts.to_pylist() if hasattr(texts, "to_pylist") else texts  # Arrow's elements are no strings
    checked = (_item(item, row, several) for row, item in enumerate(items))
    return list(checked) if isinstance(texts, Sized) else checked


def _item(item: object, row: int, several: Sequence[str]) -> str:
    where = f"text {row}"
    if several:
        return "" if is_null(item) else joined(item, several, where)
    return _text(item, where)


def _table(data: Any) -> RawTable | None:
    """None where it is no table."""
    if isinstance(data, Mapping) or hasattr(data, "columns") or hasattr(data, "column_names"):
        tables, source, _ = read_tables(data, labelled=False)
        if len(tables) > 1:
            raise DataError(f"the {source} holds several parts: {', '.join(tables)}", "pass one of them")
        return next(iter(tables.values()))
    return None


def _cell(value: object, where: str) -> str:
    """A value of a column of texts: numbers among texts are texts, as in training."""
    if isinstance(value, bool) or not isinstance(value, int | float) or is_null(value):
        return _text(value, where)
    return str(value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        if is_null(value):
            return ""
        raise DataError(
            f"{where}: expected a string, found {_kind(value)}", "give each text as a string, or leave it out"
        )
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            message = f"{where} holds half a surrogate pair at character {error.start}, which is no character"
            raise DataError(message, 'replace it: text.encode("utf-8", "replace").decode()') from None
    return value


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__
