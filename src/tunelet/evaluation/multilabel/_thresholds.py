"""From which probability on each label is given, chosen on validation texts for an aim (`_threshold` has the aims).

The best threshold for F1 is half the F1 that it reaches (Lipton, Elkan and Naryanaswamy 2014), so it is lower the
harder a label is, and one half is right for hardly any. Each label has its own. With few texts that is a matter of
luck, so it is drawn towards the one that is best for the decisions of all labels together: on the scale of logits this
weighs as much as one text that has the label. On TF-IDF's probabilities for the validation file of GoEmotions (28
labels; thresholds chosen on 100 to 800 of its texts, 8 draws each) the macro F1 of its other texts was 0.413 to 0.457
so, 0.389 to 0.452 with the labels' own, 0.402 to 0.411 with the common one, and 0.415 to 0.448 where that weighs as
much as four texts (`measurements/thresholds.py`). Test texts had no part in that.

An aim that promises something (a precision, the least cost) is not met by a threshold in between: there a label with
fewer than ten texts has the common one, and any other its own.

The figures of the texts that thresholds were chosen on flatter them. Cross-fitting shows by how much: each fifth of the
texts is cut by the thresholds of the other four.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record, Value
from tunelet.evaluation._threshold import choose_threshold
from tunelet.evaluation.multilabel._measure import estimate
from tunelet.evaluation.multilabel._predictions import HALF, MultilabelPredictions

FEWEST = 10  # texts of a label, for a threshold of its own, where the aim is not F1
_WEIGHT = 1.0  # of the common threshold, in texts that have the label
_EDGE = 1e-6  # thresholds nearer to 0 and 1 count as this near where they are drawn together
_FOLDS = 5


class LabelThreshold(Record):
    """The threshold of one label.

    Attributes:
        label: its name.
        value: the probability from which on it is given.
        n: validation texts that have it.
        own: weight of its own best threshold, from 0 to 1; the rest is that of the common one.
        reached: whether the aim is met on the texts that it was chosen on.
    """

    label: str
    value: float
    n: int
    own: float
    reached: bool


@dataclass(frozen=True)
class Thresholds:
    """The thresholds of all labels, chosen for an aim.

    Attributes:
        aim: as `evaluation.threshold` names it.
        labels: of each label, in their order.
        pooled: the one threshold that would be best for all labels together.
    """

    aim: str
    labels: tuple[LabelThreshold, ...]
    pooled: float

    @property
    def values(self) -> NDArray[np.float64]:
        """Float64 [labels]."""
        return np.array([label.value for label in self.labels])


class ThresholdFigures(Record):
    """What thresholds do to texts; None where undefined."""

    f1_macro: Value
    f1_micro: Value
    subset_accuracy: float

    @classmethod
    def of(cls, predictions: MultilabelPredictions) -> "ThresholdFigures":
        """Of the labels that these predictions give."""
        metrics = estimate(predictions)
        return cls(f1_macro=metrics.f1_macro, f1_micro=metrics.f1_micro, subset_accuracy=metrics.subset_accuracy)


class ThresholdsRecord(Record):
    """The thresholds' entry in `evaluation.json`.

    Attributes:
        aim: what they were chosen for.
        chosen_on: always "validation".
        n: validation texts.
        labels: of each label.
        pooled: the one that would be best for all labels together.
        at_half, at_pooled, chosen: figures of the validation texts with one half, with the pooled one, and with these.
        cross_fitted: the same with each fifth cut by the thresholds of the others: `chosen` less these is optimism.
    """

    aim: str
    chosen_on: Literal["validation"]
    n: int
    labels: tuple[LabelThreshold, ...]
    pooled: float
    at_half: ThresholdFigures
    at_pooled: ThresholdFigures
    chosen: ThresholdFigures
    cross_fitted: ThresholdFigures


def choose_thresholds(validation: MultilabelPredictions, aim: str = "f1", *, weight: float = _WEIGHT) -> Thresholds:
    """The threshold of each label for an aim; one half for all where no text has any label, or all have all.

    Args:
        validation: predictions for texts that the model has not seen; their own thresholds do not matter.
        aim: "f1", "precision:SHARE" or "cost:FALSE_POSITIVE:FALSE_NEGATIVE".
        weight: of the common threshold for "f1", in texts that have the label.

    Raises:
        RecipeError: there is no such aim.
    """
    labels, scores = validation.labels, validation.probabilities
    pooled, pooled_reached = _chosen(labels.ravel(), scores.ravel(), aim)
    chosen = []
    for number, name in enumerate(validation.label_names):
        truth, positives = labels[:, number], int(labels[:, number].sum())
        alone, reached = _chosen(truth, scores[:, number], aim)
        own = _own(positives, len(truth) - positives, aim, weight)
        value = alone if own == 1.0 else pooled if own == 0.0 else _between(alone, pooled, own)
        kept = reached if own else pooled_reached
        chosen.append(LabelThreshold(label=name, value=value, n=positives, own=own, reached=kept))
    return Thresholds(aim, tuple(chosen), pooled)


def cross_fitted_thresholds(
    validation: MultilabelPredictions, aim: str = "f1", *, seed: int = 0
) -> MultilabelPredictions:
    """The predictions with thresholds [n, labels]: those of each fifth of the texts are chosen on the other four.

    Args:
        validation, aim: as `choose_thresholds` has them.
        seed: of the fifths.
    """
    n = len(validation)
    owner = np.random.default_rng(seed).permutation(n) % _FOLDS
    thresholds = np.full(validation.probabilities.shape, HALF)
    for fold in np.unique(owner):
        rest = np.flatnonzero(owner != fold)
        if len(rest):
            thresholds[owner == fold] = choose_thresholds(validation.rows(rest), aim).values
    return validation.with_thresholds(thresholds)


def thresholds_record(validation: MultilabelPredictions, chosen: Thresholds, *, seed: int = 0) -> ThresholdsRecord:
    """What thresholds do to the texts that they were chosen on, and what they would do to others."""
    count = len(validation.label_names)
    cut = {
        "at_half": validation.with_thresholds(np.full(count, HALF)),
        "at_pooled": validation.with_thresholds(np.full(count, chosen.pooled)),
        "chosen": validation.with_thresholds(chosen.values),
        "cross_fitted": cross_fitted_thresholds(validation, chosen.aim, seed=seed),
    }
    return ThresholdsRecord(
        aim=chosen.aim,
        chosen_on="validation",
        n=len(validation),
        labels=chosen.labels,
        pooled=chosen.pooled,
        **{name: ThresholdFigures.of(predictions) for name, predictions in cut.items()},
    )


def _own(positives: int, negatives: int, aim: str, weight: float) -> float:
    """The weight of a label's own threshold."""
    if not positives or not negatives:
        return 0.0
    if aim == "f1":
        return positives / (positives + weight)
    return float(min(positives, negatives) >= FEWEST)


def _between(alone: float, pooled: float, own: float) -> float:
    first, second = (min(max(value, _EDGE), 1 - _EDGE) for value in (alone, pooled))
    logit = own * math.log(first / (1 - first)) + (1 - own) * math.log(second / (1 - second))
    return 1 / (1 + math.exp(-logit))


def _chosen(truth: NDArray[np.bool_], scores: NDArray[np.float64], aim: str) -> tuple[float, bool]:
    if not 0 < truth.sum() < len(truth):
        return HALF, False
    threshold = choose_threshold(truth, scores, aim)
    return threshold.value, threshold.reached
