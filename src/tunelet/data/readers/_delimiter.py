"""Which character separates the fields of a file: what the user or its first line says, or what cuts all rows alike."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from tunelet.data._columns import KNOWN_NAMES, plain_name
from tunelet.data.readers._settings import AUTO, LARGEST_CELL, FileSettings

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SNIFFED_ROWS, SNIFFED_CHARACTERS = 20, 200_000
# How spreadsheets are told the delimiter: the first line is sep=; and no row.
SEP_LINE = re.compile(r'"?sep=([^"\w\s]|\t)"?[ ,;\t]*(\r\n|\n|\r|$)', re.IGNORECASE)


def read_as(extension: str, settings: FileSettings) -> str:
    """By which extension a file is read: one of text whose delimiter the user names is TSV or CSV, whatever its own."""
    if settings.delimiter == AUTO or extension not in (".csv", ".tsv", ".txt"):
        return extension
    return ".tsv" if settings.delimiter == DELIMITERS["\t"] else ".csv"


def declared_delimiter(settings: FileSettings, sep_line: re.Match[str] | None) -> str:
    """The delimiter that the user names, or the first line of a file; "" where neither does."""
    named = next((mark for mark, name in DELIMITERS.items() if name == settings.delimiter), "")
    return named or (sep_line[1] if sep_line else "")


def sniff_delimiter(text: str) -> str:
    """The first delimiter that cuts the first rows into equally many fields; the comma when none does.

    Of several that do, one that makes usual names of columns comes first, and one that stands in numbers (1,5) or
    before spaces, as punctuation does, comes last.
    """
    return next(iter(_candidates(text)), ",")


def other_delimiter(text: str, taken: str) -> str | None:
    """The delimiter to name where this one did not cut all rows alike; None: no other one may be meant.

    That may be the tab once more: named, it makes the file a TSV, where quotation marks may be marks like others.
    """
    if taken == "\t" and _plain_rows_are_even(text, taken):
        return taken
    return next((delimiter for delimiter in _candidates(text) if delimiter != taken), None)


def _plain_rows_are_even(text: str, delimiter: str) -> bool:
    lines = text[:SNIFFED_CHARACTERS].split("\n")
    if len(text) > SNIFFED_CHARACTERS and len(lines) > 1:
        lines.pop()  # cut in the middle, perhaps
    return len({line.count(delimiter) for line in lines[:SNIFFED_ROWS] if line.strip()}) == 1


def _candidates(text: str) -> list[str]:
    """Delimiters that cut the first row, the likeliest first: those that cut all of the first rows alike lead."""
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
    alike = [delimiter for *_, delimiter in sorted(even, key=lambda candidate: candidate[:2])]
    return [*alike, *(delimiter for delimiter in several if delimiter not in alike)]


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
