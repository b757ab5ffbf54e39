"""Predictions of whatever shape the labels of a task have, from what every classifier gives: probabilities."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import TaskName
from tunelet.evaluation._predictions import Predictions
from tunelet.evaluation.multilabel._predictions import HALF, MultilabelPredictions
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions

ShapedPredictions = Predictions | MultilabelPredictions | OrdinalPredictions


def predictions_for(
    task: TaskName,
    ids: tuple[str, ...],
    label_names: tuple[str, ...],
    labels: NDArray[Any],
    probabilities: NDArray[np.float64],
    thresholds: Sequence[float] = (),
) -> ShapedPredictions:
    """Predictions of n texts.

    Args:
        task: as recipes name it.
        ids: of the texts [n].
        label_names: in the order of the columns.
        labels: as `LabelSpace.encode` gives them, the rows first.
        probabilities: float64 [n, labels].
        thresholds: of several labels a text, the probability from which on each is given; empty: 0.5.
    """
    if task == "multilabel":
        from_which_on = np.asarray(thresholds or [HALF] * len(label_names))
        return MultilabelPredictions(ids, label_names, labels, probabilities, from_which_on)
    if task == "ordinal":
        return OrdinalPredictions(ids, label_names, labels, probabilities)
    return Predictions(ids, label_names, labels, probabilities)


def task_of(predictions: ShapedPredictions) -> TaskName:
    """The task whose labels have this shape."""
    if isinstance(predictions, Predictions):
        return "multiclass"
    return "multilabel" if isinstance(predictions, MultilabelPredictions) else "ordinal"
