"""What an export gives for texts beside what its run gives for them, a class for each shape of labels.

A probability near 0 or 1 hides a difference; its log-odds do not. So what is compared is log-odds: of any two classes,
of each of several labels, or of lying above each rating. Numbers are compared by their spread.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tunelet.classifier import decision_of
from tunelet.data import TaskName
from tunelet.errors import ExportError
from tunelet.run import Task

# Log-odds beyond which 1 - p has too few digits left in float64 to say how far they moved: p is then within 1e-11 of 1.
_FARTHEST = 25.0
_ALIKE = 0.05  # of their spread by which two numbers may differ and be the same answer

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison(ABC):
    """Two sets of probabilities for the same texts, [n, labels].

    Attributes:
        task: whose labels they are.
        differs: how an error says what is off.
    """

    task: Task
    differs: ClassVar[str] = "the odds of the export are off: a probability may differ by"

    def same(self, reference: Floats, found: Floats) -> NDArray[np.bool_]:
        """Whether each text gets the same answer, bool [n]."""
        decision = decision_of(self.task, threshold=None, min_confidence=None)
        pairs = zip(*(decision.predictions(each) for each in (reference, found)), strict=True)
        return np.array([one.label == other.label for one, other in pairs], dtype=np.bool_)

    @abstractmethod
    def shifts(self, reference: Floats, found: Floats) -> Floats:
        """How far the log-odds of each text moved at most, float64 [n]."""

    @abstractmethod
    def loss(self, reference: Floats, found: Floats) -> float:
        """The log loss of what was found against the reference's own probabilities, a mean over the texts."""

    def tolerance(self, share: float, found: Floats) -> float:
        """How far single values may be apart, of which a probability may be `share`."""
        return share

    def in_words(self, largest: float, shift: float) -> str:
        """How far the two are apart at most, as a clause.

        Args:
            largest: difference of a probability.
            shift: as `shifts` gives it.
        """
        return f"no probability is off by more than {largest:.1e}, no log-odds by more than {shift:.1e}"


class OfClasses(Comparison):
    """One label a text: the log-odds of any two of them."""

    def shifts(self, reference: Floats, found: Floats) -> Floats:
        """As described in `Comparison`."""
        shifts: Floats = np.ptp(_logarithms(found) - _logarithms(reference), axis=1)
        return shifts

    def loss(self, reference: Floats, found: Floats) -> float:
        """As described in `Comparison`."""
        return float(-(reference * _logarithms(found)).sum(axis=1).mean())


class OfLabels(Comparison):
    """Several labels a text: the log-odds of each."""

    def shifts(self, reference: Floats, found: Floats) -> Floats:
        """As described in `Comparison`."""
        shifts: Floats = np.abs(_odds(found, 1 - found) - _odds(reference, 1 - reference)).max(axis=1)
        return shifts

    def loss(self, reference: Floats, found: Floats) -> float:
        """As described in `Comparison`; the losses of a text's labels are added up."""
        given, others = reference * _logarithms(found), (1 - reference) * _logarithms(1 - found)
        return float(-(given + others).sum(axis=1).mean())


class OfRatings(OfClasses):
    """Ratings in order: the log-odds of lying above each but the highest."""

    def shifts(self, reference: Floats, found: Floats) -> Floats:
        """As described in `Comparison`."""
        before, after = (_odds(_above(each), _up_to(each)) for each in (reference, found))
        shifts: Floats = np.abs(after - before).max(axis=1)
        return shifts


class OfNumbers(Comparison):
    """Plain numbers [n, 1]: their difference as a share of their spread, which stands for a quarter of log-odds."""

    differs = "the numbers of the export are off, as a share of their spread by"

    def same(self, reference: Floats, found: Floats) -> NDArray[np.bool_]:
        """As described in `Comparison`: within a twentieth of their spread."""
        same: NDArray[np.bool_] = self.shifts(reference, found) <= 4 * _ALIKE
        return same

    def shifts(self, reference: Floats, found: Floats) -> Floats:
        """As described in `Comparison`: a probability moves by a quarter of its log-odds at most."""
        shifts: Floats = 4 * np.abs(found - reference)[:, 0] / _spread(reference)
        return shifts

    def loss(self, reference: Floats, found: Floats) -> float:
        """As described in `Comparison`: the mean squared difference, in spreads."""
        return float((((found - reference) / _spread(reference)) ** 2).mean())

    def tolerance(self, share: float, found: Floats) -> float:
        """As described in `Comparison`: by their size, which is all that is known of a few numbers."""
        return share * max(1.0, float(np.abs(found).max()))

    def in_words(self, largest: float, shift: float) -> str:
        """As described in `Comparison`."""
        return f"no number is off by more than {largest:.1e}, which is {shift / 4:.1e} of their spread"


COMPARISONS: dict[TaskName, type[Comparison]] = {
    "multiclass": OfClasses,
    "multilabel": OfLabels,
    "ordinal": OfRatings,
    "regression": OfNumbers,
}


def comparison_of(task: Task) -> Comparison:
    """How exports with these labels are compared. Raises ExportError where none are written."""
    if task.shape not in COMPARISONS:
        raise ExportError(
            f"its labels are {task.shape}, which no form of an export can say yet",
            "use the run itself: tunelet predict, or tunelet serve",
        )
    return COMPARISONS[task.shape](task)


def _spread(numbers: Floats) -> float:
    """The standard deviation of numbers, and a hundredth of the largest at least: float32 has seven digits."""
    return max(float(numbers.std()), 0.01 * float(np.abs(numbers).max())) or 1.0


def _above(probabilities: Floats) -> Floats:
    """Of lying above each rating but the highest, [n, ratings - 1], summed up from the smallest."""
    above: Floats = probabilities[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    return above


def _up_to(probabilities: Floats) -> Floats:
    up_to: Floats = probabilities.cumsum(axis=1)[:, :-1]
    return up_to


def _odds(probabilities: Floats, others: Floats) -> Floats:
    return np.clip(_logarithms(probabilities) - _logarithms(others), -_FARTHEST, _FARTHEST)


def _logarithms(probabilities: Floats) -> Floats:
    logarithms: Floats = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
    return logarithms
