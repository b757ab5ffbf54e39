"""Labels that look alike: which they are, how they are joined, and how those of other data are matched to them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tunelet._words import shown
from tunelet.data._duplicates import normalise
from tunelet.data._unicode import without_unseen

_SEPARATOR = re.compile(r"(?<=[^\W\d_])[-_]+(?=[^\W\d_])")  # between letters: -1 is another number than 1
_ZEROS = re.compile(r"\+?0*([1-9]\d*|0)")  # spreadsheets make 1 of 01; no digit fits in two ways, so time is linear
# What word processors put for the marks of a keyboard.
_MARKS = {
    code: plain
    for plain, typeset in {
        "'": "\u2018\u2019\u201a\u2032\u00b4`",
        '"': "\u201c\u201d\u201e\u2033",
        "-": "\u2010\u2011\u2012\u2013\u2014\u2212",
    }.items()
    for code in map(ord, typeset)
}
_SHOWN = 12


def look(label: str) -> str:
    """The key under which labels meet that differ in case, Unicode form, white space, unseen characters, `_` or `-`,
    the typography of marks, quotation marks around them, a full stop behind them, or zeros before a number."""
    seen = "".join(without_unseen(normalise(label.translate(_MARKS))).split())
    seen = _SEPARATOR.sub("", seen)
    seen = seen.strip("\"'").rstrip(".,;:") or seen
    number = _ZEROS.fullmatch(seen)
    return (number[1] if number else seen) or label


def look_alikes(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """The groups of two or more labels that look alike, each by falling frequency, then by name."""
    counts = Counter(labels)
    groups: dict[str, list[str]] = {}
    for label in sorted(counts, key=lambda name: (-counts[name], name)):
        groups.setdefault(look(label), []).append(label)
    return sorted(tuple(group) for group in groups.values() if len(group) > 1)


def one_spelling(groups: Iterable[Sequence[str]]) -> dict[str, str]:
    """The other names of each group -> its first, under which they become one."""
    return {other: group[0] for group in groups for other in group[1:]}


def as_known(labels: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Labels of other data that are to take the name of a known one: as written -> as known.

    An unknown label takes the name of the one known label that it looks like; where it looks like several, it stays.
    """
    names = set(known)
    by_look: dict[str, list[str]] = {}
    for name in names:
        by_look.setdefault(look(name), []).append(name)
    return {name: like[0] for name in set(labels) - names if len(like := by_look.get(look(name), [])) == 1}


def renamed_in_words(renamed: Mapping[str, str]) -> str:
    """A clause on labels that are read as known ones, which they look like."""
    pairs = [f"{written!r} as {known!r}" for written, known in sorted(renamed.items())]
    more = f", and {len(pairs) - 12:,} more" if len(pairs) > 12 else ""
    return f"labels read as those of the training data that they look like: {', '.join(pairs[:12])}{more}"


def some(names: Sequence[str], most: int = _SHOWN) -> str:
    """The first names as a list for a sentence, quoted, long ones cut."""
    more = f", and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(shown, names[:most])) + more
