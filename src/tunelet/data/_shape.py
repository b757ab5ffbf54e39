"""What the values of a column look like, by which a column of texts or of labels is recognised."""

import math
import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

MOST_CLASSES = 50  # more distinct values than this are no labels unless their column's name says so
_LONGEST_LABEL = 60  # characters, on average
_LOOKED_AT = 1000  # values that are tried as numbers and as points in time

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? )?"
_DIGITS = r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{2,4}"
_WORDS = rf"\d\d?[ -]{_MONTH}[ -]\d{{2,4}}|{_MONTH} \d\d?(?:,? \d{{4}})?"
_CLOCK = r"\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?"
_ZONE = r"(?: ?[ap]\.?m\.?)?(?: ?(?:z|[a-z]{3,4}))?(?: ?[+-]\d\d?(?::?\d\d)?)?(?: \d{4})?"
_MOMENT = re.compile(rf"{_DAY}(?:{_DIGITS}|{_WORDS})(?:[t, ]+{_CLOCK}{_ZONE})?|{_CLOCK}{_ZONE}", re.IGNORECASE)


@dataclass(frozen=True)
class Shape:
    """What the values of a column look like.

    Attributes:
        values: how many are not null.
        distinct: how many of them differ.
        strings: whether most values are strings, and not all of them numbers.
        length: their mean number of characters.
        moments: whether most values are dates or times, which are neither texts nor labels.
        nested: whether most values are objects with fields of their own, or lists of several values.
    """

    values: int
    distinct: int
    strings: bool
    length: float
    moments: bool = False
    nested: bool = False

    @property
    def like_text(self) -> bool:
        return self.strings and not self.moments and self.distinct > 0.5 * self.values and self.length >= 12

    @property
    def like_label(self) -> bool:
        few = self.distinct <= min(MOST_CLASSES, max(2, self.values // 2))
        return few and self.length <= _LONGEST_LABEL and not self.moments and not self.nested


def shape_of(values: Iterable[object]) -> Shape:
    """The shape of a column."""
    looked_at: list[str] = []
    hashes = array("q")  # of all values, which may be more than memory holds
    strings = nested = characters = 0
    for value in values:
        if is_null(value):
            continue
        shown = _text_of(value)
        if len(looked_at) < _LOOKED_AT:
            looked_at.append(shown)
        hashes.append(hash(shown))
        strings += isinstance(value, str)
        nested += isinstance(value, dict) or (isinstance(value, list | tuple) and len(value) > 1)
        characters += len(shown)
    held = len(hashes)
    numeric = bool(held) and all(is_number(shown.replace(",", ".")) for shown in looked_at)
    moments = sum(len(shown) <= 40 and bool(_MOMENT.fullmatch(shown.strip())) for shown in looked_at)
    return Shape(
        values=held,
        distinct=len(np.unique(np.frombuffer(hashes, dtype=np.int64))) if held else 0,
        # A spreadsheet stores one text that looks like a number as a number.
        strings=2 * strings >= held and not numeric,
        length=characters / max(1, held),
        moments=2 * moments > len(looked_at),
        nested=2 * nested > held,
    )


def _text_of(value: object) -> str:
    try:
        return str(value)
    except (RecursionError, ValueError):  # nested too deep, or an integer of too many digits
        return type(value).__name__


def is_null(value: object) -> bool:
    """None, NaN, pandas' NA, or a string without a visible character."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"


def is_number(value: str) -> bool:
    """Whether the string is a number as Python writes them."""
    try:
        float(value)
    except ValueError:
        return False
    return True
