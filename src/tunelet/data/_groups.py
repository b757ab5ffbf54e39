"""Copies of a text as one group: what a split and folds move as a whole, so that nothing leaks."""

from collections.abc import Hashable, Iterable, Sequence

from tunelet.data._duplicates import normalise


def groups_of(keys: Iterable[Hashable]) -> list[list[int]]:
    """The rows of each key, ascending; keys in the order of their first row."""
    groups: dict[Hashable, list[int]] = {}
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def copies(texts: Sequence[str]) -> list[list[int]]:
    """The rows of each distinct text: those whose texts are equal under `normalise`."""
    return groups_of(map(normalise, texts))
