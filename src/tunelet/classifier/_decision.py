"""From probabilities to labels: the most probable one, a threshold between two, and the right to say nothing.

Of several labels a text, each is given from its own threshold on, and "none of them" is an answer like any other. Of
plain numbers, the interval in which the true one will lie is the run's.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._words import shown
from tunelet.classifier._answers import Answers, Cells, Decision, LabelDecision
from tunelet.classifier._prediction import LabelsPrediction, NumberPrediction, Prediction, RatingPrediction
from tunelet.data import LabelSpace, TaskName, label_space
from tunelet.errors import DataError
from tunelet.evaluation import predictions_for
from tunelet.run import Task

OF_RUN = "run"  # the threshold that the run chose on its validation texts


@dataclass(frozen=True)
class OneLabelDecision(LabelDecision):
    """One label a text.

    Attributes:
        label_names: of the columns.
        threshold: of the probability of the positive label, from which on it is given; None: the most probable label.
        positive: index of that label.
        min_confidence: a label less probable than this is not given.
    """

    label_names: tuple[str, ...]
    threshold: float | None = None
    positive: int = 1
    min_confidence: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """As described in `LabelDecision`."""
        return self.label_names

    def answers(self, probabilities: NDArray[np.float64]) -> Answers:
        """As described in `LabelDecision`."""
        meant = self._meant(probabilities)
        chosen = probabilities[np.arange(len(meant)), meant]
        enough, there = chosen >= self.min_confidence, ~np.isnan(chosen)
        labels = [self.label_names[label] if said else None for label, said in zip(meant, enough, strict=True)]
        return Answers(labels, chosen, there & ~enough)

    def predictions(self, probabilities: NDArray[np.float64]) -> "list[Prediction]":
        """As described in `Decision`."""
        answers = self.answers(probabilities)
        return [
            Prediction(label, float(probability), _by_name(self.label_names, row))
            for label, probability, row in zip(answers.labels, answers.probability, probabilities, strict=True)
        ]

    def _meant(self, probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
        """Index of the label of each text, int64 [n]."""
        if self.threshold is None:
            likeliest: NDArray[np.int64] = probabilities.argmax(axis=1)
            return likeliest
        positive = probabilities[:, self.positive] >= self.threshold
        return np.where(positive, self.positive, 1 - self.positive).astype(np.int64)


@dataclass(frozen=True)
class SeveralLabelsDecision(LabelDecision):
    """Any number of labels a text, also none of them.

    Attributes:
        space: the labels, and how several are written.
        thresholds: the probability from which on each is given.
    """

    space: LabelSpace
    thresholds: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """As described in `LabelDecision`."""
        return self.space.names

    def answers(self, probabilities: NDArray[np.float64]) -> Answers:
        """As described in `LabelDecision`; the probability is that of the likeliest label."""
        there = ~np.isnan(probabilities[:, 0])
        written = self.space.decode(probabilities >= np.asarray(self.thresholds))
        labels = [label if has_text else None for label, has_text in zip(written, there, strict=True)]
        return Answers(labels, probabilities.max(axis=1), np.zeros(len(there), dtype=np.bool_))

    def predictions(self, probabilities: NDArray[np.float64]) -> "list[Prediction]":
        """As described in `Decision`."""
        answers = self.answers(probabilities)
        return [
            LabelsPrediction(label, float(likeliest), row, self._given(row))
            for label, likeliest, row in zip(
                answers.labels,
                answers.probability,
                (_by_name(self.space.names, row) for row in probabilities),
                strict=True,
            )
        ]

    def _given(self, row: dict[str, float]) -> tuple[str, ...]:
        given = [name for name, least in zip(row, self.thresholds, strict=True) if row[name] >= least]
        return tuple(sorted(given, key=lambda name: -row[name]))


@dataclass(frozen=True)
class RatingDecision(LabelDecision):
    """One of several ratings in order: the median, which has the least expected distance.

    Attributes:
        label_names: the ratings, rising.
        min_confidence: a rating less probable than this is not given.
    """

    label_names: tuple[str, ...]
    min_confidence: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """As described in `LabelDecision`."""
        return self.label_names

    def answers(self, probabilities: NDArray[np.float64]) -> Answers:
        """As described in `LabelDecision`."""
        there = ~np.isnan(probabilities[:, 0])
        meant = np.zeros(len(probabilities), dtype=np.int64)
        known = predictions_for(
            "ordinal", ("",) * int(there.sum()), self.label_names, meant[there], probabilities[there]
        )
        meant[there] = known.predicted
        chosen = probabilities[np.arange(len(meant)), meant]
        enough = chosen >= self.min_confidence
        labels = [self.label_names[label] if said else None for label, said in zip(meant, enough, strict=True)]
        return Answers(labels, chosen, there & ~enough)

    @property
    def columns(self) -> dict[str, type[str] | type[float]]:
        """As described in `LabelDecision`, and "expected": the mean of the distribution."""
        return {**super().columns, "expected": float}

    def cells(self, probabilities: NDArray[np.float64]) -> Cells:
        """As described in `Decision`."""
        cells = super().cells(probabilities)
        return Cells([*cells.columns, self._expected(probabilities).tolist()], cells.unsure)

    def predictions(self, probabilities: NDArray[np.float64]) -> "list[Prediction]":
        """As described in `Decision`."""
        answers, expected = self.answers(probabilities), self._expected(probabilities).tolist()
        return [
            RatingPrediction(label, float(probability), _by_name(self.label_names, row), mean)
            for label, probability, row, mean in zip(
                answers.labels, answers.probability, probabilities, expected, strict=True
            )
        ]

    def _expected(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean of each text's distribution, float64 [n], in the numbers behind the ratings."""
        # A product of matrices could give equal rows sums that differ in the last bit.
        means: NDArray[np.float64] = (probabilities * np.array([float(name) for name in self.label_names])).sum(axis=1)
        return means


@dataclass(frozen=True)
class NumberDecision(Decision):
    """A plain number, with the interval in which the true one is believed to lie.

    Attributes:
        reach: how far it goes to both sides; infinite: without an end.
    """

    reach: float

    @property
    def columns(self) -> dict[str, type[str] | type[float]]:
        """As described in `Decision`: the number, and both ends of its interval."""
        return {"value": float, "low": float, "high": float}

    def cells(self, probabilities: NDArray[np.float64]) -> Cells:
        """As described in `Decision`, from numbers [n, 1]; an end that there is not is NaN."""
        values = probabilities[:, 0]
        ends = (values + side * self.reach if math.isfinite(self.reach) else np.nan * values for side in (-1, 1))
        return Cells([values.tolist(), *(end.tolist() for end in ends)], 0)

    def predictions(self, probabilities: NDArray[np.float64]) -> "list[Prediction]":
        """As described in `Decision`; an end that there is not is infinite."""
        return [
            NumberPrediction(
                None if math.isnan(value) else f"{value:.6g}",
                math.nan,
                {},
                value,
                value - self.reach,
                value + self.reach,
            )
            for value in probabilities[:, 0].tolist()
        ]


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
    return _DECISIONS[task.shape](task, threshold, min_confidence, own)


def _of_one(task: Task, threshold: Any, min_confidence: Any, own: bool) -> Decision:
    names = tuple(task.label_names)
    least = 0.0 if min_confidence is None else _share(min_confidence, "min_confidence")
    if threshold is None:
        return OneLabelDecision(names, min_confidence=least)
    if len(task.label_names) != 2:
        raise DataError(
            f"a threshold is between two labels, this run has {len(task.label_names)}",
            "leave it out; min_confidence=0.8 works with any number of labels",
        )
    assert task.positive is not None  # noqa: S101  (of two labels one is)
    positive = task.label_names.index(task.positive)
    if not (isinstance(threshold, str) and threshold == OF_RUN):
        return OneLabelDecision(names, _share(threshold, "threshold"), positive, least)
    if not own:
        raise DataError("the run's threshold was chosen for its encoder, not for the baseline", "give threshold=0.5")
    chosen = task.threshold
    if chosen is None:
        raise DataError(
            "the run has no threshold: its validation texts are of one label, or an export of it leaves TF-IDF out",
            "give a number: threshold=0.5",
        )
    return OneLabelDecision(names, chosen, positive, least)


def _of_several(task: Task, threshold: Any, min_confidence: Any, own: bool) -> Decision:
    """Of several labels a text: each from the run's threshold for it on, or all from the same one."""
    if min_confidence is not None:
        raise DataError(
            "min_confidence is for one label a text; here each label is given from its own threshold on",
            "leave it out, or give one threshold for all labels: threshold=0.8",
        )
    space = label_space(task.shape, task.label_names, task.separator)
    if threshold is None or (isinstance(threshold, str) and threshold == OF_RUN):
        return SeveralLabelsDecision(space, task.thresholds)
    return SeveralLabelsDecision(space, (_share(threshold, "threshold"),) * len(task.label_names))


def _of_ratings(task: Task, threshold: Any, min_confidence: Any, own: bool) -> Decision:
    if threshold is not None:
        raise DataError(
            "a threshold is between two labels, this run gives ratings in order",
            "leave it out; min_confidence=0.8 works with them",
        )
    least = 0.0 if min_confidence is None else _share(min_confidence, "min_confidence")
    return RatingDecision(tuple(task.label_names), least)


def _of_numbers(task: Task, threshold: Any, min_confidence: Any, own: bool) -> Decision:
    given = {"threshold": threshold, "min_confidence": min_confidence}
    for name, value in given.items():
        if value is not None:
            raise DataError(f"{name} is for labels that have probabilities, this run gives numbers", "leave it out")
    return NumberDecision(math.inf if task.reach is None else task.reach)


_DECISIONS: dict[TaskName, Callable[[Task, Any, Any, bool], Decision]] = {
    "multiclass": _of_one,
    "multilabel": _of_several,
    "ordinal": _of_ratings,
    "regression": _of_numbers,
}


def _share(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or math.isnan(value) or not 0 <= float(value) <= 1:
        raise DataError(f"{name}: expected a number from 0 to 1, found {shown(value)}", "write for example 0.8")
    return float(value)


def _by_name(names: Sequence[str], row: NDArray[np.float64]) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, row, strict=True)}
