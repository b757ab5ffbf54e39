"""What was found in each row of the training part, as columns that a person can sort by and mend the data with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Kinds = Mapping[str, type[str] | type[int] | type[float]]

COLUMNS: Kinds = {
    "audit": str,
    "audit_same_as": int,
    "audit_suggested_label": str,
    "audit_label_probability": float,
    "audit_length": int,
}
"""The columns, with the kind of their values: findings with "; " between them; the first row that is alike, counted
from 1; a likelier label; the probability of the given one; tokens or words."""

NOT_USED = "no text or no label"


@dataclass(frozen=True, eq=False)
class RowFindings:
    """What was found in n texts of the training part.

    Attributes:
        rows: of the texts in the source, counted from 0, ascending int64 [n].
        marks: finding -> the texts that it is found in, bool [n].
        same_as: the source's row of the first text that is alike, int64 [n]; -1: there is none before.
        suggested: a likelier label [n], None where there is none.
        probabilities: of the given label, float64 [n]; NaN: not known.
        lengths: tokens or words, int64 [n]; -1: not measured.
    """

    rows: NDArray[np.int64]
    marks: Mapping[str, NDArray[np.bool_]]
    same_as: NDArray[np.int64]
    suggested: Sequence[str | None]
    probabilities: NDArray[np.float64]
    lengths: NDArray[np.int64]

    def columns(self, start: int, count: int) -> dict[str, list[str | int | float | None]]:
        """Column -> its values in some rows of the part, used or not.

        Args:
            start: rows of the part before them.
            count: of them.
        """
        values: dict[str, list[str | int | float | None]] = {name: [None] * count for name in COLUMNS}
        values["audit"] = [NOT_USED] * count
        first, end = np.searchsorted(self.rows, [start, start + count]).tolist()
        for at in range(first, end):
            row = int(self.rows[at]) - start
            values["audit"][row] = "; ".join(name for name, mark in self.marks.items() if mark[at])
            values["audit_same_as"][row] = int(self.same_as[at]) + 1 if self.same_as[at] >= 0 else None
            values["audit_suggested_label"][row] = self.suggested[at]
            probability = float(self.probabilities[at])
            values["audit_label_probability"][row] = None if np.isnan(probability) else round(probability, 6)
            values["audit_length"][row] = int(self.lengths[at]) if self.lengths[at] >= 0 else None
        return values
