"""Which character separates the fields of a CSV file: what its first line says, or what cuts all rows alike."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from tunelet.data._columns import KNOWN_NAMES, plain_name
from tunelet.data.readers._settings import LARGEST_CELL

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SNIFFED_ROWS, SNIFFED_CHARACTERS = 20, 200_000
# How spreadsheets are told the delimiter: the first line is sep=; and no row.
SEP_LINE = re.compile(r'"?sep=([^"\w\s]|\t)"?[ ,;\t]*(\r\n|\n|\r|$)', re.IGNORECASE)


def sniff_delimiter(text: str) -> str:
    """The first delimiter that cuts the first rows into equally many fields; the comma when none does.

    Of several that do, one that makes usual names of columns comes first, and one that stands in numbers (1,5) or
    before spaces, as punctuation does, comes last.
    """
    head = text[:SNIFFED_CHARACTERS]
    several: list[str] = []
    even: list[tuple[bool, bool, str]] = []
    for delimiter in DELIMITERS:
        lines = iter(io.StringIO(head, newline=""))
        rows = [row for row in islice(csv_rows(lines, delimiter, LARGEST_CELL, strict=False), SNIFFED_ROWS) if row]
        if len(head) < len(text) and len(rows) > 1:
            rows.pop()  # cut in the middle, perhaps
        if rows and len(rows[0]) > 1:
            several.append(delimiter)
            if len({len(row) for row in rows}) == 1:
                unusual = not any(plain_name(cell) in KNOWN_NAMES for cell in rows[0])
                even.append((_like_punctuation(head, delimiter), unusual, delimiter))
    if even:
        return min(even, key=lambda candidate: candidate[:2])[2]
    return several[0] if several else ","


def _like_punctuation(head: str, delimiter: str) -> bool:
    mark = re.escape(delimiter)
    within = len(re.findall(rf"(?<=\d){mark}(?=\d)|{mark} ", head))
    return within >= 0.9 * head.count(delimiter)


def csv_rows(lines: Iterator[str], delimiter: str, longest: int, *, strict: bool) -> Iterator[list[str]]:
    """What `csv.reader` gives, with fields of any length up to the longest."""
    reader = csv.reader(lines, delimiter=delimiter, strict=strict)
    while True:
        before = csv.field_size_limit(longest)  # of the whole process: it has its own again between two rows
        try:
            row = next(reader, None)
        finally:
            csv.field_size_limit(before)
        if row is None:
            return
        yield row
