"""Words that several sections share."""

from collections.abc import Sequence

from tunelet.run import Run


def part_of(run: Run) -> str:
    """Name of the part that the run is measured on."""
    return str(run.summary["evaluated_on"])


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names, the first few of many."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def sentence(note: str) -> str:
    """A note with a capital letter and a full stop."""
    return f"{note[:1].upper()}{note[1:]}" + ("" if note.endswith((".", "!", "?")) else ".")
