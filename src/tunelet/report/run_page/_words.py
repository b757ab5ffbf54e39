"""Words that several sections share."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from tunelet.run import Run

T = TypeVar("T")


def splits_of(run: Run, splits: Mapping[str, T]) -> dict[str, T]:
    """The splits of a record of `data.json`, by name, without "validation" where that is the training split again.

    That is so in a cross-validation.
    """
    return {name: split for name, split in splits.items() if name != "validation" or run.facts.folds < 2}


def in_a_row(names: Sequence[str]) -> str:
    """Names in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join([*([", ".join(names[:-1])] if names[:-1] else []), names[-1]])


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names in a list; of many the first few and the number of the others."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def sentence(note: str) -> str:
    """A note with a capital letter and a full stop."""
    return f"{note[:1].upper()}{note[1:]}" + ("" if note.endswith((".", "!", "?")) else ".")
