"""Rows that are left out before training: how many for which reason, and which.

A reason names the part of the data that the rows are in, where that is not the training part. Numbers are those of
errors: rows are counted from 1 in the source of their part, a header with them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.data._reading import NAMED_ROWS, Reading


class Dropped:
    """Reasons in the order in which they came up, with the rows that were left out for each."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts = Counter[str]()
        self._numbers: dict[str, tuple[int, ...]] = {}

    def __getitem__(self, reason: str) -> int:
        return self._counts[reason]

    def add(self, reason: str, rows: int, numbers: Sequence[int] = ()) -> None:
        """Count rows, and name the first of them by their numbers, as far as these are known."""
        if not rows:
            return
        self._counts[reason] += rows
        if named := (*self._numbers.get(reason, ()), *numbers)[:NAMED_ROWS]:
            self._numbers[reason] = named

    @property
    def counts(self) -> dict[str, int]:
        """Reason -> rows, one or more."""
        return dict(self._counts)

    @property
    def numbers(self) -> dict[str, tuple[int, ...]]:
        """Reason -> numbers of these rows, of the first thousand where there are more."""
        return dict(self._numbers)


def dropped_by_reading(reading: Reading, test: Reading | None) -> Dropped:
    """What the readers left out, of the splits that are used."""
    dropped = Dropped()
    used = {name: (reading, name) for name in reading.dropped if name != "test" or test is None}
    if test is not None:
        used["test"] = (test, test.held_out())
    for name, (source, split) in used.items():
        numbers = source.dropped_rows.get(split, {})
        for reason, rows in source.dropped.get(split, {}).items():
            shown = reason if name == "train" else f"{reason} ({name} part)"
            dropped.add(shown, rows, numbers.get(reason, ()))
    if test is not None and "test" in reading.splits:
        rows = len(reading.splits["test"]) + sum(reading.dropped.get("test", {}).values())
        dropped.add("in the test part of the data, in whose place other test data is given", rows)
    return dropped


@dataclass(frozen=True, eq=False)
class Origin:
    """Where the n texts of a part come from.

    Attributes:
        numbers: of their rows in the source, int64 [n].
        copies: a number for each group of copies and near copies, be they of this part or of another, int64 [n].
    """

    numbers: NDArray[np.int64]
    copies: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> "Origin":
        """Of these texts alone, in this order."""
        return Origin(self.numbers[rows], self.copies[rows])
