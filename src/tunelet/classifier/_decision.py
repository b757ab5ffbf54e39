"""From probabilities to labels: the most probable one, a threshold between two, and the right to say nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._words import shown
from tunelet.errors import DataError
from tunelet.run import Task

OF_RUN = "run"  # the threshold that the run chose on its validation texts


@dataclass(frozen=True)
class Decision:
    """How labels follow from probabilities.

    Attributes:
        threshold: of the probability of the positive label, from which on it is given; None: the most probable label.
        positive: index of that label.
        min_confidence: a label less probable than this is not given.
    """

    threshold: float | None = None
    positive: int = 1
    min_confidence: float = 0.0

    def labels(self, probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
        """Index of the label of each text, int64 [n], from probabilities [n, classes]."""
        if self.threshold is None:
            likeliest: NDArray[np.int64] = probabilities.argmax(axis=1)
            return likeliest
        positive = probabilities[:, self.positive] >= self.threshold
        return np.where(positive, self.positive, 1 - self.positive).astype(np.int64)

    def confident(self, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether that label is at least as probable as `min_confidence` asks, bool [n]."""
        rows = np.arange(len(probabilities))
        enough: NDArray[np.bool_] = probabilities[rows, self.labels(probabilities)] >= self.min_confidence
        return enough


def decision_of(task: Task, *, threshold: Any, min_confidence: Any, own: bool = True) -> Decision:
    """The decision that a caller asks for.

    Args:
        task: whose labels they are.
        threshold: a number from 0 to 1, "run" for the one that the run chose, or None.
        min_confidence: a number from 0 to 1, or None.
        own: whether the probabilities are those of the model that the run's threshold was chosen for.

    Raises:
        DataError: no such threshold, or more than two labels.
    """
    least = 0.0 if min_confidence is None else _share(min_confidence, "min_confidence")
    if threshold is None:
        return Decision(min_confidence=least)
    if len(task.label_names) != 2:
        raise DataError(
            f"a threshold is between two labels, this run has {len(task.label_names)}",
            "leave it out; min_confidence=0.8 works with any number of labels",
        )
    assert task.positive is not None  # noqa: S101  (of two labels one is)
    positive = task.label_names.index(task.positive)
    if not (isinstance(threshold, str) and threshold == OF_RUN):
        return Decision(_share(threshold, "threshold"), positive, least)
    if not own:
        raise DataError("the run's threshold was chosen for its encoder, not for the baseline", "give threshold=0.5")
    chosen = task.threshold
    if chosen is None:
        raise DataError(
            "the run has no threshold: its validation texts are of one label, or an export of it leaves TF-IDF out",
            "give a number: threshold=0.5",
        )
    return Decision(chosen, positive, least)


def _share(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or math.isnan(value) or not 0 <= float(value) <= 1:
        raise DataError(f"{name}: expected a number from 0 to 1, found {shown(value)}", "write for example 0.8")
    return float(value)


@dataclass(frozen=True)
class Prediction:
    """The answer to one text.

    >>> prediction = tunelet.Classifier.load("runs/first").predict("A joy from start to end.")[0]
    >>> prediction.probabilities[prediction.label] == prediction.probability
    True

    Attributes:
        label: None where no label was probable enough for `min_confidence`, or there is no text.
        probability: of that label; where none was probable enough, of the one that would have been; NaN without a text.
        probabilities: of every label.
    """

    label: str | None
    probability: float
    probabilities: dict[str, float]


def predictions_of(
    probabilities: NDArray[np.float64], label_names: Sequence[str], decision: Decision
) -> list[Prediction]:
    """A prediction for each row of probabilities [n, classes]."""
    meant, enough = decision.labels(probabilities), decision.confident(probabilities)
    return [
        Prediction(
            label=label_names[label] if there else None,
            probability=float(row[label]),
            probabilities={name: float(value) for name, value in zip(label_names, row, strict=True)},
        )
        for row, label, there in zip(probabilities, meant, enough, strict=True)
    ]
