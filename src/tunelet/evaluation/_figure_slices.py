"""How good a model of any label shape is by length of text."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Interval, Record, Value
from tunelet.evaluation._shapes import measure
from tunelet.evaluation._slices import slice_owners
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions
from tunelet.evaluation.regression._predictions import ValuePredictions

SHOWN: dict[type[Any], tuple[str, ...]] = {
    MultilabelPredictions: ("f1_micro", "f1_samples", "subset_accuracy"),
    OrdinalPredictions: ("mae", "accuracy", "within_one"),
    ValuePredictions: ("mae", "rmse", "coverage"),
}


class FigureSlice(Record):
    """A slice of texts of similar length, and how good the model is on them.

    Attributes:
        shortest, longest: tokens.
        n: texts.
        values: metric -> value; None where undefined. Means over labels are left out: rare ones are in no slice.
        intervals: metric -> 95 % interval; None where there is none.
    """

    shortest: int
    longest: int
    n: int
    values: Mapping[str, Value]
    intervals: Mapping[str, Interval]


def figures_by_length(
    predictions: MultilabelPredictions | OrdinalPredictions | ValuePredictions,
    lengths: NDArray[np.int64],
    slices: int = 5,
) -> tuple[FigureSlice, ...]:
    """Figures by length of text: slices of about equally many texts, shortest first; equal lengths share a slice.

    Args:
        predictions: of n texts.
        lengths: their tokens, int64 [n].
        slices: how many there are at most.
    """
    owner, names, measured = slice_owners(lengths, slices), SHOWN[type(predictions)], []
    for number in np.unique(owner):
        inside = owner == number
        metrics = measure(predictions.rows(inside), resamples=1)  # these intervals need no draws
        measured.append(
            FigureSlice(
                shortest=int(lengths[inside].min()),
                longest=int(lengths[inside].max()),
                n=int(inside.sum()),
                values={name: metrics.value(name) for name in names},
                intervals={name: metrics.interval(name) for name in names},
            )
        )
    return tuple(measured)
