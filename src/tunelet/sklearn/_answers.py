"""What a fitted estimator answers, in the form that y had: a class for each shape of labels."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax

from tunelet.data import OUTPUTS

Floats = NDArray[np.float64]
_EVEN = 1e-9  # by which rounding may miss a half


@dataclass(frozen=True, eq=False)
class Answers(ABC):
    """From logits, over the temperature, to answers; rows of NaN are texts with nothing to read.

    Attributes:
        columns: as `Targets.columns` has them [k].
        shares, classes: as in `Targets`.
    """

    columns: NDArray[np.int64]
    shares: Floats
    classes: NDArray[Any]

    @abstractmethod
    def probabilities(self, logits: Floats) -> Floats:
        """Of each class for each text, float64 [n, k]."""

    @abstractmethod
    def decision(self, logits: Floats) -> Floats:
        """What `decision_function` gives, [n] or [n, k]."""

    @abstractmethod
    def predicted(self, probabilities: Floats) -> NDArray[Any]:
        """The answer to each text in the form of y."""

    def comparable(self, y: Any) -> Any:
        """Answers, or what they should be, in a form that scikit-learn's metrics take."""
        return y

    def _scores(self, logits: Floats, empty: Floats) -> Floats:
        """Logits [n, k] in the order of the classes: minus infinity for one left out, `empty` without a text."""
        left_out = np.full((len(logits), 1), -np.inf)
        scores: Floats = np.concatenate([logits, left_out], axis=1)[:, self.columns]
        scores[np.isnan(logits[:, 0])] = empty
        return scores


class ClassAnswers(Answers):
    """The most probable class; of an empty text the commonest."""

    def probabilities(self, logits: Floats) -> Floats:
        """As described in `Answers`."""
        probabilities: Floats = softmax(self._scores(logits, np.log(self.shares)), axis=1)
        return probabilities

    def decision(self, logits: Floats) -> Floats:
        """As described in `Answers`: of two classes the log odds of the second, of more the logit of each."""
        scores = self._scores(logits, np.log(self.shares))
        return scores[:, 1] - scores[:, 0] if len(self.classes) == 2 else scores

    def predicted(self, probabilities: Floats) -> NDArray[Any]:
        """As described in `Answers`."""
        answers: NDArray[Any] = self.classes[probabilities.argmax(axis=1)]
        return answers


class RatingAnswers(Answers):
    """The median of the distribution over the ratings."""

    def probabilities(self, logits: Floats) -> Floats:
        """As described in `Answers`."""
        of_run = OUTPUTS["ordinal"].probabilities(logits)
        left_out = np.zeros((len(logits), 1))
        probabilities: Floats = np.concatenate([of_run, left_out], axis=1)[:, self.columns]
        probabilities[np.isnan(logits[:, 0])] = self.shares
        return probabilities

    def decision(self, logits: Floats) -> Floats:
        """As described in `Answers`: the mean of the distribution."""
        mean: Floats = self.probabilities(logits) @ self.classes.astype(np.float64)
        return mean

    def predicted(self, probabilities: Floats) -> NDArray[Any]:
        """As described in `Answers`."""
        answers: NDArray[Any] = self.classes[(probabilities.cumsum(axis=1) >= 0.5 - _EVEN).argmax(axis=1)]
        return answers


@dataclass(frozen=True, eq=False)
class LabelAnswers(Answers):
    """Each label from its own threshold on, which the run chose on validation texts.

    Attributes:
        thresholds: float64 [k]; infinity for a label that was left out.
        listed: as in `LabelTargets`.
    """

    thresholds: Floats
    listed: bool

    def probabilities(self, logits: Floats) -> Floats:
        """As described in `Answers`."""
        probabilities: Floats = expit(self.decision(logits))
        return probabilities

    def decision(self, logits: Floats) -> Floats:
        """As described in `Answers`: the log odds of each label."""
        return self._scores(logits, logit(self.shares))

    def predicted(self, probabilities: Floats) -> NDArray[Any]:
        """As described in `Answers`: a matrix int64 [n, k], or where y was lists a tuple of labels each [n]."""
        given = probabilities >= self.thresholds
        if not self.listed:
            return given.astype(np.int64)
        answers = np.empty(len(given), dtype=object)
        answers[:] = [tuple(self.classes[row].tolist()) for row in given]
        return answers

    def comparable(self, y: Any) -> Any:
        """As described in `Answers`: a matrix, in which labels that the training did not have are left out."""
        if is_matrix(y):
            return y
        index = {name: at for at, name in enumerate(self.classes.tolist())}
        given = np.zeros((len(y), len(index)), dtype=np.int64)
        for row, labels in enumerate(y):
            given[row, [index[label] for label in labels if label in index]] = 1
        return given


def is_matrix(y: Any) -> bool:
    """Whether it has two dimensions, as an array, a table or a sparse matrix has."""
    return len(getattr(y, "shape", ())) == 2
