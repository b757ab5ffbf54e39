"""What every decision gives: answers one by one, and the columns of a file, from the probabilities of a model."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tunelet.classifier._prediction import Prediction


class Decision(ABC):
    """How labels follow from probabilities."""

    @property
    @abstractmethod
    def columns(self) -> dict[str, type[str] | type[float]]:
        """The columns that a file of answers has beside those of its source, with the kind of their values."""

    @abstractmethod
    def cells(self, probabilities: NDArray[np.float64]) -> "Cells":
        """The values of these columns, from probabilities [n, labels]; rows of NaN are texts with nothing to read."""

    @abstractmethod
    def predictions(self, probabilities: NDArray[np.float64]) -> "list[Prediction]":
        """The answers one by one, with the probability of every label."""


class LabelDecision(Decision):
    """How labels with names follow from probabilities.

    Attributes:
        names: of the columns of probabilities.
    """

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Of the columns of probabilities."""

    @abstractmethod
    def answers(self, probabilities: NDArray[np.float64]) -> "Answers":
        """The answer to each text, from probabilities [n, labels]; rows of NaN are texts with nothing to read."""

    @property
    def columns(self) -> dict[str, type[str] | type[float]]:
        """As described in `Decision`: "predicted", "probability" and "probability_LABEL"."""
        return {"predicted": str, "probability": float, **{f"probability_{name}": float for name in self.names}}

    def cells(self, probabilities: NDArray[np.float64]) -> "Cells":
        """As described in `Decision`."""
        answers = self.answers(probabilities)
        every: list[Sequence[Any]] = [probabilities[:, at].tolist() for at in range(len(self.names))]
        return Cells([answers.labels, answers.probability.tolist(), *every], int(answers.unsure.sum()))


@dataclass(frozen=True, eq=False)
class Cells:
    """What n rows of a file get.

    Attributes:
        columns: [n] each, in the order of `Decision.columns`; NaN or None where there is nothing.
        unsure: texts to which nothing is said for want of confidence.
    """

    columns: list[Sequence[Any]]
    unsure: int


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers to n texts.

    Attributes:
        labels: as they are written; None where nothing is said.
        probability: of the answer, or the one that would have been, float64 [n]; NaN without a text.
        unsure: texts to which nothing is said for want of confidence, bool [n].
    """

    labels: list[str | None]
    probability: NDArray[np.float64]
    unsure: NDArray[np.bool_]
