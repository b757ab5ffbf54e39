"""Words that several sections share."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from tunelet.run import Run, measured_on

T = TypeVar("T")


def part_of(run: Run) -> str:
    """What kind of texts the run is measured on."""
    return measured_on(run.summary)


def parts_of(run: Run, parts: Mapping[str, T]) -> dict[str, T]:
    """The parts of a record of `data.json`; of a cross-validation, whose validation part is the training part, once."""
    return {name: part for name, part in parts.items() if name != "validation" or run.summary.folds < 2}


def in_a_row(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([*([", ".join(names[:-1])] if names[:-1] else []), names[-1]])


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names, the first few of many."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def sentence(note: str) -> str:
    """A note with a capital letter and a full stop."""
    return f"{note[:1].upper()}{note[1:]}" + ("" if note.endswith((".", "!", "?")) else ".")
