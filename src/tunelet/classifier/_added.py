"""The columns that an output of predictions has beside those of its source."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._record import none_if_undefined
from tunelet.classifier._answers import Decision
from tunelet.data import free_names


class AddedColumns:
    """The columns that an output has beside those of its source.

    Attributes:
        names: added column -> its name in the output, with a number behind it where the source has a column of that
            name.
        unsure: number of texts, in the chunks so far, whose label was not probable enough.
    """

    def __init__(self, columns: Sequence[str], decision: Decision) -> None:
        self._decision = decision
        self.unsure = 0
        self.names = free_names(columns, tuple(decision.columns))

    @property
    def kinds(self) -> dict[str, type[str] | type[float]]:
        """Name in the output -> the kind of its values."""
        return {self.names[column]: kind for column, kind in self._decision.columns.items()}

    def of(self, probabilities: NDArray[np.float64]) -> dict[str, list[Any]]:
        """Name in the output -> values, None in the rows without a text, from probabilities [rows, classes]."""
        cells = self._decision.cells(probabilities)
        self.unsure += cells.unsure
        return {
            name: [none_if_undefined(value) for value in column]
            for name, column in zip(self.names.values(), cells.columns, strict=True)
        }
