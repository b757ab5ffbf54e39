"""Lists and mappings that somebody wrote into a cell of text: JSON, or as Python and NumPy print them.

A CSV has no lists, so that several labels a text, or the probability of each, stand there as `["joy", "love"]`,
`['joy', 'love']`, `['joy' 'love']`, `[joy, love]` or `{"joy": 0.7, "love": 0.3}`. They count as such only where every
label of a column is written so.
"""

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import replace

from tunelet.data._raw import RawTable
from tunelet.data._shape import is_null

_LONGEST = 100_000  # characters of such a cell
_BETWEEN = re.compile(r"""(?<=['"])\s+(?=['"])""")  # NumPy puts no comma between words
_NUMBERS = re.compile(r"\[\s*[-+.\deE]+(?:\s+[-+.\deE]+)*\s*\]")  # nor between numbers


def with_written(table: RawTable, column: str) -> tuple[RawTable, bool]:
    """The table with lists and mappings in this column where text says such of every label, and whether it does."""
    values = table.columns.get(column)
    if values is None:
        return table, False
    read = written_objects(values)
    return (table, False) if read is None else (replace(table, columns={**table.columns, column: read}), True)


def written_objects(values: Sequence[object]) -> list[object] | None:
    """Values [n] as lists and mappings, nulls as they are; None: some are none, or there is no such text."""
    found: list[object] = []
    known: dict[str, list[object] | dict[str, object] | None] = {}
    for value in values:
        if is_null(value):
            found.append(None)
            continue
        if not isinstance(value, str):
            return None
        if value not in known:
            known[value] = _read(value.strip())
        read = known[value]
        if read is None:
            return None
        found.append(read)
    return found if known else None


def _read(text: str) -> list[object] | dict[str, object] | None:
    """The list or mapping that a text is; None: it is none, or holds others."""
    if text[:1] + text[-1:] not in ("[]", "{}", "()") or len(text) > _LONGEST:
        return None
    value = _json(text)
    if value is None:
        value = _python(text)
    if value is None and text[0] == "[" and not set(text) & {"'", '"'}:
        value = [item.strip() for item in text[1:-1].split(",")]
    if isinstance(value, list | tuple):
        return list(value) if all(_is_plain(item) for item in value) else None
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()} if all(map(_is_plain, value.values())) else None
    return None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _python(text: str) -> object:
    text = " ".join(text.split())
    if _NUMBERS.fullmatch(text):
        text = f"[{', '.join(text.strip('[] ').split())}]"
    try:
        return ast.literal_eval(_BETWEEN.sub(", ", text))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
