"""Whether the first row of a table names its columns."""

import re
from collections.abc import Sequence

from tunelet.data._columns import KNOWN_NAMES, plain_name
from tunelet.data._shape import is_number

_LOOKED_AT = 1000  # rows


def header_reason(rows: Sequence[Sequence[str]], names: Sequence[str] = ()) -> str:
    """Why the first row is no header but data, or "" when it is one.

    A first row of sentences or numbers is a header nevertheless where what stands below is of another kind: answers
    below a question, categories below a sentence, words below a year.

    Args:
        rows: all rows with content, at least one, of equal length.
        names: column names that the user gave; a first row that holds one is a header.
    """
    first = rows[0]
    if {name.strip().casefold() for name in names} & {cell.strip().casefold() for cell in first}:
        return ""
    prose = next((cell for cell in first if len(cell) > 50 or len(cell.split()) > 5), None)
    if prose is None and any(plain_name(cell) in KNOWN_NAMES for cell in first):
        return ""
    # Whole copies of the first row prove nothing: files with a header may have been joined.
    below = [row for row in rows[1 : _LOOKED_AT + 1] if row != first]
    number = next((cell for cell in first if re.fullmatch(r"[+-]?\d+([.,]\d+)?", cell.strip())), None)
    if (prose is not None or number is not None) and _of_another_kind(first, below):
        return ""
    if prose is not None:
        return f"no header: the first row holds a text ({_short(prose)})"
    if len(first) > 1 and [cell for cell in first if cell] == [str(at) for at in range(sum(map(bool, first)))]:
        return ""  # 0, 1, 2: what pandas writes for columns that were never named
    if number is not None:
        return f"no header: the first row holds a number ({number.strip()})"
    if len(first) == 1 and first[0].strip() and not _made_of_known_words(first[0].strip()):
        # A list of texts, more often than a table of one column; and so no text is lost.
        return f"no header: {_short(first[0].strip())} is no usual name of a column (if it is one: --text NAME)"
    for at, cell in enumerate(first):
        if cell.strip() and any(row[at] == cell for row in rows[1:] if row != first):
            return f"no header: {cell.strip()!r} of the first row occurs again below it"
    return ""


def _made_of_known_words(name: str) -> bool:
    """customer_comment, reviewText: one word to the eye, of several of which one is known."""
    words = plain_name(name).split("_")
    return bool(re.fullmatch(r"\w+", name)) and len(words) > 1 and not KNOWN_NAMES.isdisjoint(words)


def _of_another_kind(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether some columns tell that the first row names them, and none that it is a row like those below.

    A single column is a list of texts more often than a table; taken for a header, its first text would be lost.
    """
    if len(first) < 2:
        return False
    evidence = [
        _names_column(cell.strip(), [row[at].strip() for row in below if row[at].strip()])
        for at, cell in enumerate(first)
        if cell.strip()
    ]
    return True in evidence and False not in evidence


def _names_column(cell: str, values: Sequence[str]) -> bool | None:
    """Whether a cell names the values below it; None where it might."""
    if not values:
        return None
    if cell in values:
        return False
    numbers = sum(map(_number, values))
    if _number(cell):
        is_year = _year(cell) and not any(map(_year, values))
        return numbers == 0 or is_year
    if numbers == len(values):
        return True
    if cell.endswith("?") and sum(value.endswith("?") for value in values) <= len(values) / 10:
        return True
    if plain_name(cell) in KNOWN_NAMES:
        return True
    few = len(set(values)) <= max(2, len(values) // 4)
    a_sentence = len(cell.split()) > 2 and len(cell) >= 2 * max(map(len, values))
    return True if few and a_sentence else None


def _number(cell: str) -> bool:
    return is_number(cell.replace(",", "."))


def _year(cell: str) -> bool:
    return bool(re.fullmatch(r"(19|20)\d\d", cell))


def _short(text: str) -> str:
    return repr(text if len(text) <= 30 else f"{text[:27]}...")
