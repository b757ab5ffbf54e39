"""Predictions of whatever shape labels have, from what every classifier gives: probabilities, or numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import TaskName
from tunelet.evaluation._predictions import Predictions
from tunelet.evaluation.multilabel._predictions import HALF, MultilabelPredictions
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions
from tunelet.evaluation.regression._predictions import ValuePredictions

ShapedPredictions = Predictions | MultilabelPredictions | OrdinalPredictions | ValuePredictions
_TASKS: dict[type[ShapedPredictions], TaskName] = {
    Predictions: "multiclass",
    MultilabelPredictions: "multilabel",
    OrdinalPredictions: "ordinal",
    ValuePredictions: "regression",
}


def predictions_for(
    task: TaskName,
    ids: Sequence[str],
    label_names: tuple[str, ...],
    labels: NDArray[Any],
    probabilities: NDArray[np.float64],
    thresholds: Sequence[float] = (),
    reach: float | None = None,
) -> ShapedPredictions:
    """Predictions of n texts.

    Args:
        task: as recipes name it.
        ids: of the texts [n].
        label_names: in the order of the columns.
        labels: as `LabelSpace.encode` gives them, the rows first.
        probabilities: float64 [n, labels]; of numbers the numbers, [n, 1].
        thresholds: of several labels a text, the probability from which on each is given; empty: 0.5.
        reach: of numbers, how far the interval of each goes to both sides; None: there are no intervals.
    """
    ids = tuple(ids)
    if task == "multilabel":
        from_which_on = np.asarray(thresholds or [HALF] * len(label_names))
        return MultilabelPredictions(ids, label_names, labels, probabilities, from_which_on)
    if task == "ordinal":
        return OrdinalPredictions(ids, label_names, labels, probabilities)
    if task == "regression":
        values = probabilities[:, 0]
        ends: dict[str, NDArray[np.float64]] = {} if reach is None else {"low": values - reach, "high": values + reach}
        return ValuePredictions(ids, labels, values, **ends)
    return Predictions(ids, label_names, labels, probabilities)


def scores_of(predictions: ShapedPredictions) -> NDArray[np.float64]:
    """What `predictions_for` made these of: probabilities [n, labels], or numbers [n, 1]."""
    return predictions.values[:, None] if isinstance(predictions, ValuePredictions) else predictions.probabilities


def task_of(predictions: ShapedPredictions) -> TaskName:
    """The task whose labels have this shape."""
    return _TASKS[type(predictions)]
