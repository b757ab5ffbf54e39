"""What other columns say of a row for its split: its group, its time, the part that it belongs to."""

import datetime
import math
import re
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tunelet._words import counted
from tunelet.data._columns import Columns, column_named, plain_name
from tunelet.data._labels import label_name
from tunelet.data._raw import SPLITS, RawTable, split_of
from tunelet.data._shape import is_null
from tunelet.data._spellings import some
from tunelet.errors import DataError

MARKS = ("group", "time", "split")

_SPLIT_COLUMNS = {"split", "part", "fold", "set", "subset", "partition", "dataset_split", "data_split"}
_LOOKED_AT = 1000  # values
_MOST_NUMBERS = 5  # of rows that a message names
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[T ]+(.+))?", re.ASCII)
_UTC = re.compile(r" ?(?:UTC|GMT)$")


def mark_columns(
    table: RawTable, named: Mapping[str, str | None], known: Mapping[str, str | Sequence[str]]
) -> dict[str, str]:
    """Role -> column, for the roles of `MARKS` that a column is named for.

    Args:
        table: the first split of a source.
        named: role -> the column that the user named, or None.
        known: role -> a column that is taken where the table has it.

    Raises:
        DataError: there is no column of a name.
    """
    marks = {}
    for role in MARKS:
        if (column := column_named(table, named.get(role), role)) is not None:
            marks[role] = column.value
        elif (name := known.get(role)) in table.columns:
            marks[role] = str(name)
    return marks


def refuse_double_use(marks: Mapping[str, str], columns: Columns) -> None:
    """Raise DataError where a column of texts or labels is also to group, date or split them."""
    for role, column in marks.items():
        used = "texts" if column in columns.texts else ""
        used = used or ("labels" if columns.label is not None and column == columns.label.value else "")
        if used:
            raise DataError(
                f"column {column!r} holds the {used}, and is named as {role}", f"name another: {role}='COL'"
            )


def by_part(tables: Mapping[str, RawTable], column: str, source: str) -> dict[str, RawTable]:
    """The parts of a table, by a column with the part of each row.

    Raises DataError for a value that names no part, for rows without one, and where the source has parts already.
    """
    if len(tables) > 1:
        message = f"{source} has parts of its own ({', '.join(tables)}), and column {column!r} would name others"
        raise DataError(message, "leave out split=..., or pass one of its files")
    (table,) = tables.values()
    class_names = table.class_names.get(column, ())
    rows: dict[str, array[int]] = {}
    unknown = Counter[str]()
    for row, value in enumerate(table.columns[column]):
        name = _name(value, column, table.number(row), class_names)
        part = split_of(name)
        if part is None:
            unknown[name or "(empty)"] += 1
        else:
            rows.setdefault(part, array("q")).append(row)
    expected = "train, validation (valid, val, dev, eval) or test"
    if unknown:
        message = f"column {column!r} holds {some(list(unknown))} in {counted(unknown.total(), 'row')}"
        raise DataError(f"{message}, expected {expected} in each", "rename these values, or leave out split=...")
    if "train" not in rows:
        raise DataError(f"no row has train in column {column!r}, found {', '.join(rows)}", f"expected {expected}")
    parts = {part: table.take(rows[part]) for part in SPLITS if part in rows}
    return parts | {"train": replace(parts["train"], dropped=table.dropped, notes=table.notes)}


def part_note(table: RawTable, taken: Collection[str]) -> list[str]:
    """A note on a column that could name the part of each row, and was not asked to."""
    for name, values in table.columns.items():
        if name in taken or plain_name(name) not in _SPLIT_COLUMNS:
            continue
        held = {str(value).strip() for value in values[:_LOOKED_AT] if not is_null(value)}
        if len(held) > 1 and all(map(split_of, held)):
            return [
                f"column {name!r} holds {some(sorted(held))}, and is not read; --split {name} splits the rows by it"
            ]
    return []


def groups_of_rows(table: RawTable, column: str, missing: Collection[str]) -> list[str]:
    """The group of each row, "" where it has none; equal names are one string."""
    absent = {word.casefold() for word in missing}
    class_names = table.class_names.get(column, ())
    names: dict[str, str] = {}
    groups = []
    for row, value in enumerate(table.columns[column]):
        name = _name(value, column, table.number(row), class_names)
        groups.append("" if name.casefold() in absent else names.setdefault(name, name))
    return groups


def times_of_rows(table: RawTable, column: str, missing: Collection[str]) -> tuple[str, list[float | None]]:
    """What a column of times holds, "dates" or "numbers", and the time of each row, None where it has none.

    A date is its seconds since 1970; what has no time zone is in UTC. Raises DataError, which names the rows, where a
    value is neither a date nor a number, or where some are dates and some numbers.
    """
    absent = {word.casefold() for word in missing}
    times: list[float | None] = []
    rows = {"dates": array("q"), "numbers": array("q"), "": array("q")}
    for row, value in enumerate(table.columns[column]):
        if is_null(value) or (isinstance(value, str) and value.strip().casefold() in absent):
            times.append(None)
            continue
        kind, time = _moment(value)
        rows[kind].append(row)
        times.append(time)
    if unread := rows[""]:
        shown = some(list(dict.fromkeys(str(table.columns[column][row]) for row in unread[:_MOST_NUMBERS])), 3)
        raise DataError(
            f"column {column!r} holds no date and no number in {_numbered(table, unread)}: {shown}",
            "write dates as 2024-05-31 or 2024-05-31 14:30, or leave such cells empty, and the rows are left out",
        )
    if rows["dates"] and rows["numbers"]:
        few = min(("dates", "numbers"), key=lambda kind: len(rows[kind]))
        raise DataError(
            f"column {column!r} holds dates and numbers: {few} in {_numbered(table, rows[few])}",
            "write all of them as dates, or all as numbers",
        )
    return "numbers" if rows["numbers"] else "dates", times


def _numbered(table: RawTable, rows: Sequence[int]) -> str:
    """row 3; rows 3, 7, 9 and 12 more."""
    listed = ", ".join(f"{table.number(row):,}" for row in rows[:_MOST_NUMBERS])
    more = f" and {len(rows) - _MOST_NUMBERS:,} more" if len(rows) > _MOST_NUMBERS else ""
    return f"row{'s' * (len(rows) > 1)} {listed}{more}"


def _name(value: object, column: str, row: int, class_names: Sequence[str]) -> str:
    """A value as a name, equal for what is written as 1, 1.0 and "1"; "" for a null."""
    if isinstance(value, list | tuple | dict | set | bytes):
        message = f"column {column!r} holds a {type(value).__name__} (row {row:,}), expected one value a row"
        raise DataError(message, "write the values into a column of their own")
    return label_name(value, class_names) or ""


def _moment(value: object) -> tuple[str, float | None]:
    """Of which kind a value is ("dates", "numbers", "" for neither), and what it comes to."""
    if type(value).__module__ == "numpy":
        kind = getattr(getattr(value, "dtype", None), "kind", "")
        value = value.astype("datetime64[us]").item() if kind == "M" else value.item()  # type: ignore[attr-defined]
    if isinstance(value, str):
        return _read(value.strip())
    if isinstance(value, datetime.datetime):
        return "dates", _seconds(value)
    if isinstance(value, datetime.date):
        return "dates", _seconds(datetime.datetime.combine(value, datetime.time()))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _number(value)
    return "", None


def _number(value: int | float | str | Decimal) -> tuple[str, float | None]:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return "", None
    return ("numbers", number) if math.isfinite(number) else ("", None)


def _read(text: str) -> tuple[str, float | None]:
    """A number, or a date of ISO 8601, in which single digits, slashes and points between them will do, too."""
    if re.fullmatch(r"[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?", text, re.ASCII):
        return _number(text)
    text = text.upper()
    if day := _DAY.fullmatch(text):
        year, month, of_month, clock = day.groups()
        text = f"{year}-{month:>02}-{of_month or '1':>02}" + (
            f"T{_UTC.sub('Z', clock).replace(' ', '')}" if clock else ""
        )
    try:
        return "dates", _seconds(datetime.datetime.fromisoformat(text))
    except ValueError:
        return "", None


def _seconds(moment: datetime.datetime) -> float:
    """Since 1970; what has no time zone is in UTC."""
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)).timestamp()
