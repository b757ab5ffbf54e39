"""JSON lines and JSON, read by Python's own parser: it names the place of an error, and types may vary by row."""

import json
from pathlib import Path
from typing import Any

from tunelet.data._raw import RawTable, columns_from_objects
from tunelet.errors import DataError

_LINES_HINT = 'expected one object per line: {"text": "...", "label": "..."}'
_ARRAY_HINT = 'expected [{"text": "...", "label": "..."}, ...] or {"data": [...]}'


def parse_json_lines(text: str, path: Path) -> RawTable:
    """One object per line; blank lines are passed over."""
    rows = []
    for at, line in enumerate(text.split("\n"), 1):  # not splitlines(): a text may hold U+2028
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                message = f"{path}: row {at}, column {error.colno} is not JSON ({error.msg})"
                raise DataError(message, _LINES_HINT) from None
            except (ValueError, RecursionError) as error:
                raise DataError(f"{path}: row {at} cannot be read ({error})", _LINES_HINT) from None
            if not isinstance(row, dict):
                raise DataError(f"{path}: row {at} is {_name(row)}", _LINES_HINT)
            rows.append(row)
    return _table(rows, path, "JSON lines")


def parse_json(text: str, path: Path) -> RawTable:
    """An array of objects, bare or under "data"; JSON lines under this extension are read as such."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text.lstrip().startswith("{") and "\n" in text[: error.pos]:
            return parse_json_lines(text, path)
        message = f"{path}: row {error.lineno}, column {error.colno} is not JSON ({error.msg})"
        raise DataError(message, _ARRAY_HINT) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read ({error})", _ARRAY_HINT) from None
    rows = content.get("data") if isinstance(content, dict) else content
    if not isinstance(rows, list):
        found = f"an object with {', '.join(map(repr, content)) or 'no keys'}" if isinstance(content, dict) else None
        raise DataError(f"{path} is {found or _name(content)}", _ARRAY_HINT)
    for at, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise DataError(f"{path}: element {at} is {_name(row)}", _ARRAY_HINT)
    return _table(rows, path, "JSON")


def _table(rows: list[dict[str, Any]], path: Path, form: str) -> RawTable:
    if not any(rows):
        raise DataError(f"{path} holds no rows", _LINES_HINT if form == "JSON lines" else _ARRAY_HINT)
    return RawTable(columns_from_objects(rows), form)


def _name(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
