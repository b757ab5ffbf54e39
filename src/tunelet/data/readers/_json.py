"""JSON lines and JSON, read by Python's own parser: it names the place of an error, and types may vary by row.

A JSON file is an array of objects, or whatever else `DataFrame.to_json` and `json.dump` make of a table.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunelet._words import counted
from tunelet.data._columns import KNOWN_NAMES, plain_name
from tunelet.data._raw import RawTable, columns_from_objects, repeated
from tunelet.data.readers._header import header_reason
from tunelet.data.readers._settings import FileSettings
from tunelet.errors import DataError

LINES_HINT = 'expected one object per line: {"text": "...", "label": "..."}'
_ARRAY_HINT = 'expected [{"text": "...", "label": "..."}, ...] or {"data": [...]}'


def parse_json_lines(text: str, path: Path, names: Sequence[str], settings: FileSettings) -> RawTable:
    """One object per line; blank lines are passed over."""
    rows = []
    numbers = []
    cells = 0
    for at, line in enumerate(text.split("\n"), 1):  # not splitlines(): a text may hold U+2028
        line = line.lstrip("\ufeff")  # the byte order mark of a file that was appended to another
        if line.strip():
            row = json_object(line, path, at)
            rows.append(row)
            numbers.append(at)
            cells += len(row) + 1
            if not len(rows) % 4096:
                settings.check_cells(path, cells, 1)
    table = _from_objects(rows, path, settings, "JSON lines")
    return table if numbers[-1] == len(rows) else replace(table, numbers=numbers)


def json_object(line: str, source: object, row: int) -> dict[str, Any]:
    """The object in a line. Raises DataError, which names the row, where it is none."""
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        message = f"{source}: row {row}, column {error.colno} is not JSON ({error.msg})"
        raise DataError(message, LINES_HINT) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source}: row {row} cannot be read ({error})", LINES_HINT) from None
    if not isinstance(value, dict):
        raise DataError(f"{source}: row {row} is {_name(value)}", LINES_HINT)
    return value


def parse_json(text: str, path: Path, names: Sequence[str], settings: FileSettings) -> RawTable:
    """A table in any of the layouts that are usual; JSON lines under this extension are read as such.

    With the names that `DataFrame.to_json(orient=...)` gives them: records, columns, index, split, table, values; an
    array of objects under "data"; and an object of equally long lists, a list for each column.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text.lstrip().startswith("{") and "\n" in text[: error.pos]:
            return parse_json_lines(text, path, names, settings)
        message = f"{path}: row {error.lineno}, column {error.colno} is not JSON ({error.msg})"
        raise DataError(message, _ARRAY_HINT) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read ({error})", _ARRAY_HINT) from None
    if isinstance(content, dict):
        if "data" not in content and (table := _from_columns(content, path, names, settings)):
            return table
        if isinstance(content.get("columns"), list) and isinstance(content.get("data"), list):
            return _split(content, path, settings)
        rows = content.get("data")
    else:
        rows = content
    if not isinstance(rows, list):
        kind = f"an object with {_listed(content) or 'no keys'}" if isinstance(content, dict) else _name(content)
        raise DataError(f"{path} is {kind}", _ARRAY_HINT)
    if rows and all(isinstance(row, list) for row in rows):
        return _from_arrays(rows, [], path, names, settings)
    for at, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise DataError(f"{path}: element {at} is {_name(row)}", _ARRAY_HINT)
    return _from_objects(rows, path, settings, "JSON")


def _from_objects(
    rows: list[dict[str, Any]], path: Path, settings: FileSettings, form: str, row_names: Sequence[str] = ()
) -> RawTable:
    if not any(rows):
        raise DataError(f"{path} holds no rows", LINES_HINT if form == "JSON lines" else _ARRAY_HINT)
    names = {name for row in rows for name in row}
    settings.check_cells(path, len(rows), len(names))
    return RawTable(columns_from_objects(rows), form, row_names=row_names)


def _from_columns(
    content: Mapping[str, Any], path: Path, names: Sequence[str], settings: FileSettings
) -> RawTable | None:
    """The layouts "columns", "index" and an object of lists; None where an object is none of them."""
    values = list(content.values())
    if not values or not all(isinstance(value, dict) for value in values):
        lists = [value for value in values if isinstance(value, list) and value and not isinstance(value[0], dict)]
        if len(lists) < len(values) or len({len(value) for value in lists}) != 1:
            return None
        settings.check_cells(path, len(lists[0]), len(lists))
        return RawTable(content, "JSON, a list for each column")
    inner = dict.fromkeys(name for value in values for name in value)
    if _like_rows(list(inner), list(content), names) < _like_rows(list(content), list(inner), names):
        return _from_objects(values, path, settings, "JSON, an object for each row", _unless_counted(list(content)))
    settings.check_cells(path, len(inner), len(values))
    columns = {name: [value.get(row) for row in inner] for name, value in content.items()}
    return RawTable(columns, "JSON, an object for each column", row_names=_unless_counted(list(inner)))


def _like_rows(keys: Sequence[str], others: Sequence[str], names: Sequence[str]) -> tuple[bool, bool, bool]:
    """How much keys look like names of rows, the others being those of columns; the greater tuple is it."""
    wanted = {name.strip().casefold() for name in names}
    known = any(plain_name(key) in KNOWN_NAMES or key.strip().casefold() in wanted for key in others)
    return known, all(key.isdecimal() for key in keys), len(keys) > len(others)


def _split(content: Mapping[str, Any], path: Path, settings: FileSettings) -> RawTable:
    header = [str(name) for name in content["columns"]]
    index = content.get("index")
    rows = content["data"]
    named = [str(name) for name in index] if isinstance(index, list) and len(index) == len(rows) else []
    for at, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(header):
            kind = f"of {len(row)}" if isinstance(row, list) else _name(row)
            message = f"{path}: element {at} of data is {kind}, expected an array of {len(header)}"
            raise DataError(message, 'give "data" one array per row, with a value for each of "columns"')
    return _from_arrays(rows, header, path, (), settings, _unless_counted(named))


def _from_arrays(
    rows: list[list[Any]],
    header: list[str],
    path: Path,
    names: Sequence[str],
    settings: FileSettings,
    row_names: Sequence[str] = (),
) -> RawTable:
    """One array per row; without a header, the first row may be one."""
    width = len(rows[0]) if rows else 0
    if not width:
        raise DataError(f"{path} holds no rows", _ARRAY_HINT)
    if uneven := next((at for at, row in enumerate(rows, 1) if len(row) != width), None):
        message = f"{path}: element {uneven} holds {counted(len(rows[uneven - 1]), 'value')}, the first {width}"
        raise DataError(message, "give every row the same number of values")
    settings.check_cells(path, len(rows), width)
    headless = ""
    if not header:
        shown = [["" if value is None else str(value) for value in row] for row in rows[:1001]]
        strings = all(isinstance(value, str) for value in rows[0])
        headless = header_reason(shown, names) if strings else "no header: the first row holds more than names"
        header = [f"column {at}" for at in range(1, width + 1)] if headless else rows[0]
        rows = rows if headless else rows[1:]
    if twice := repeated(header):
        raise DataError(f"{path} has two columns named {twice!r}", "rename one of them")
    if not rows:
        raise DataError(f"{path} holds a header and no rows", _ARRAY_HINT)
    columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
    return RawTable(columns, "JSON, an array for each row", headless=headless, row_names=row_names)


def _unless_counted(names: list[str]) -> list[str]:
    """The names of rows, unless they are 0, 1, 2, ..., as rows are called that have none."""
    return [] if names == [str(at) for at in range(len(names))] else names


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(repr(name[:50]) for name in list(names)[:10]) + (", ..." if len(names) > 10 else "")


def _name(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
