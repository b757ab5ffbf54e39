"""Predictions of ordered ratings: a distribution over the ratings for each text, and the rating that it answers with.

Notable: the answer is the median of the distribution, for the median has the least expected absolute error. The most
probable rating has the least chance of being wrong at all, and the mean the least squared error.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tunelet.errors import DataError
from tunelet.evaluation._predictions import Predictions

_EVEN = 1e-9  # by which rounding may miss a half


@dataclass(frozen=True, eq=False)
class OrdinalPredictions:
    """n rated texts, and the probability of every rating for each.

    Args:
        ids: the texts' identifiers [n].
        label_names: the ratings from the lowest to the highest, at least two: numbers that rise, or else words.
        labels: the true ratings, int64 [n], indices into `label_names`.
        probabilities: float64 [n, ratings]; rows sum to 1.

    Raises:
        DataError: the shapes do not fit together, rows are no probabilities, or the ratings do not rise.
    """

    ids: tuple[str, ...]
    label_names: tuple[str, ...]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    def __post_init__(self) -> None:
        checked = Predictions(self.ids, self.label_names, self.labels, self.probabilities)
        object.__setattr__(self, "labels", checked.labels)
        object.__setattr__(self, "probabilities", checked.probabilities)
        if not (np.diff(self.values) > 0).all():
            raise DataError(
                f"ratings must rise from the first to the last, found {list(self.label_names)}",
                "pass them in the order of their numbers, such as ('1', '2', '3')",
            )

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The numbers behind the ratings, rising, float64 [ratings]; 1, 2, 3, ... where their names are words."""
        try:
            numbers = np.array([float(name) for name in self.label_names])
        except ValueError:
            return np.arange(1.0, len(self.label_names) + 1)
        return numbers

    @cached_property
    def targets(self) -> NDArray[np.float64]:
        """The true ratings as numbers, float64 [n]."""
        return self.values[self.labels]

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The median rating of each text, int64 [n]: the lowest up to which half the probability lies."""
        reached = self.probabilities.cumsum(axis=1) >= 0.5 - _EVEN
        median: NDArray[np.int64] = reached.argmax(axis=1).astype(np.int64)
        return median

    @cached_property
    def answers(self) -> NDArray[np.float64]:
        """The predicted ratings as numbers, float64 [n]."""
        return self.values[self.predicted]

    @cached_property
    def expected(self) -> NDArray[np.float64]:
        """The mean of each text's distribution, float64 [n], in the numbers behind the ratings."""
        # A product of matrices could give equal rows sums that differ in the last bit, and so break ties of ranks.
        means: NDArray[np.float64] = (self.probabilities * self.values).sum(axis=1)
        return means

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of the predicted rating, float64 [n]."""
        return self.probabilities[np.arange(len(self)), self.predicted]

    def rows(self, chosen: NDArray[np.generic]) -> "OrdinalPredictions":
        """The predictions for some of the texts: rows, or a bool for each [n]."""
        return replace(
            self,
            ids=tuple(np.array(self.ids, dtype=object)[chosen]),
            labels=self.labels[chosen],
            probabilities=self.probabilities[chosen],
        )

    def with_probabilities(self, probabilities: NDArray[np.float64]) -> "OrdinalPredictions":
        """Other probabilities [n, ratings] for the same texts."""
        return replace(self, probabilities=probabilities)
