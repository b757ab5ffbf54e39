"""The columns that an output of predictions has beside those of its source."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._record import none_if_undefined
from tunelet.classifier._decision import Decision
from tunelet.data import free_names


class AddedColumns:
    """The columns that an output has beside those of its source.

    Attributes:
        names: added column -> its name in the output, with a number behind it where the source has a column of that
            name.
        label_names: of the columns of probabilities.
        unsure: number of texts, in the chunks so far, whose label was not probable enough.
    """

    def __init__(self, columns: Sequence[str], label_names: Sequence[str], decision: Decision) -> None:
        self.label_names, self._decision = label_names, decision
        self.unsure = 0
        wanted = ("predicted", "probability", *(f"probability_{name}" for name in label_names))
        self.names = free_names(columns, wanted)

    @property
    def kinds(self) -> dict[str, type[str] | type[float]]:
        """Name in the output -> the kind of its values."""
        first, *others = self.names.values()
        return {first: str, **dict.fromkeys(others, float)}

    def of(self, probabilities: NDArray[np.float64]) -> dict[str, list[Any]]:
        """Name in the output -> values, None in the rows without a text, from probabilities [rows, classes]."""
        answers = self._decision.answers(probabilities)
        self.unsure += int(answers.unsure.sum())
        values: list[Sequence[Any]] = [answers.labels, answers.probability.tolist()]
        values += [probabilities[:, at].tolist() for at in range(len(self.label_names))]
        return {
            name: [none_if_undefined(value) for value in column]
            for name, column in zip(self.names.values(), values, strict=True)
        }
