"""Whether the first row of a delimited file names its columns."""

import re
from collections.abc import Sequence

from tunelet.data._columns import KNOWN_NAMES, plain_name


def header_reason(rows: Sequence[Sequence[str]], names: Sequence[str] = ()) -> str:
    """Why the first row is no header but data, or "" when it is one.

    Args:
        rows: all rows with content, at least one.
        names: column names that the user gave; a first row that holds one is a header.
    """
    first = rows[0]
    if {name.casefold() for name in names} & {cell.strip().casefold() for cell in first}:
        return ""
    prose = next((cell for cell in first if len(cell) > 50 or len(cell.split()) > 5), None)
    if prose is None and any(plain_name(cell) in KNOWN_NAMES for cell in first):
        return ""
    if prose is not None:
        return f"no header: the first row holds a text ({_short(prose)})"
    if len(first) > 1 and [cell for cell in first if cell] == [str(at) for at in range(sum(map(bool, first)))]:
        return ""  # 0, 1, 2: what pandas writes for columns that were never named
    number = next((cell for cell in first if re.fullmatch(r"[+-]?\d+(\.\d+)?", cell.strip())), None)
    if number is not None:
        return f"no header: the first row holds a number ({number.strip()})"
    if len(first) == 1 and first[0].strip():
        # A list of texts, more often than a table of one column; and so no text is lost.
        return f"no header: {_short(first[0].strip())} is no usual name of a column (if it is one: --text NAME)"
    for at, cell in enumerate(first):
        if cell.strip() and any(row[at] == cell for row in rows[1:]):
            return f"no header: {cell.strip()!r} of the first row occurs again below it"
    return ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 30 else f"{text[:27]}...")
