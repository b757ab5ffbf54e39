"""Intervals and sets that hold the true answer of 95 of 100 new texts, whatever the model: split conformal prediction.

A score says how far an answer is from a prediction. On texts that the model has not seen, 95 % of the scores of the
true answers lie below their quantile, corrected for one text more; so does the score of a new text's true answer with
a probability of at least 95 %, if it comes from where these came from (Vovk, Gammerman and Shafer 2005; Lei et al.
2018). Where the scores are out of fold the models differ a little from the last one, which has seen more texts: that
makes the intervals a little too wide rather than too narrow (cross-conformal, Vovk 2015; Barber et al. 2021).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record, Value
from tunelet.evaluation._intervals import CONFIDENCE
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions
from tunelet.evaluation.regression._predictions import ValuePredictions

Floats = NDArray[np.float64]
_FOLDS = 5


class ConformalRecord(Record):
    """How intervals of texts were found, as `evaluation.json` has it.

    Attributes:
        reach: how far the interval goes to each side of a predicted number, or in probability from the middle of a
            predicted distribution of ratings; None: without an end.
        confidence: the share of new texts whose true answer lies inside.
        n: texts that it was found on.
        held: share of the texts that are reported on whose answer lies inside; cross-fitted where these are the same.
        size: mean width of the intervals, or mean number of ratings in the sets; None: without an end.
    """

    reach: Value
    confidence: float
    n: int
    held: Value
    size: Value


@dataclass(frozen=True)
class Conformal:
    """The largest score that still lies inside.

    Attributes:
        reach: infinite where there are too few texts for this confidence.
        confidence: of the intervals.
        n: texts.
    """

    reach: float
    confidence: float
    n: int

    @classmethod
    def of(cls, scores: Floats, confidence: float = CONFIDENCE) -> "Conformal":
        """From the scores of the true answers of texts that the model has not seen, [n]."""
        n = len(scores)
        rank = int(np.ceil((n + 1) * confidence - 1e-9))
        reach = float(np.partition(scores, rank - 1)[rank - 1]) if rank <= n else float("inf")
        return cls(reach, confidence, n)


def value_scores(predictions: ValuePredictions) -> Floats:
    """The absolute error of each text, [n]."""
    return np.abs(predictions.targets - predictions.values)


def value_intervals(predictions: ValuePredictions, conformal: Conformal) -> ValuePredictions:
    """The predictions with an interval for each text."""
    return predictions.with_intervals(predictions.values - conformal.reach, predictions.values + conformal.reach)


def cross_fitted_value_intervals(
    predictions: ValuePredictions, confidence: float = CONFIDENCE, *, seed: int = 0
) -> ValuePredictions:
    """Each fifth of the texts with intervals from the errors of the other four: measured fairly on these texts."""
    reach = _cross_fitted(value_scores(predictions), confidence, seed)
    return predictions.with_intervals(predictions.values - reach, predictions.values + reach)


def rating_positions(probabilities: Floats) -> Floats:
    """How far each rating is from the middle of a distribution, [n, ratings] to [n, ratings], between 0 and 1.

    It is |2u - 1| of the share u of the probability that lies below the rating, half its own included. The ratings up
    to any such distance stand side by side.
    """
    middle = probabilities.cumsum(axis=1) - probabilities / 2
    positions: Floats = np.abs(2 * middle - 1)
    return positions


def rating_scores(predictions: OrdinalPredictions) -> Floats:
    """The distance of each text's true rating from the middle of its distribution, [n]."""
    scores: Floats = rating_positions(predictions.probabilities)[np.arange(len(predictions)), predictions.labels]
    return scores


def rating_sets(predictions: OrdinalPredictions, conformal: Conformal) -> NDArray[np.bool_]:
    """Which ratings each text may have, bool [n, ratings]: neighbours of each other, the predicted one among them."""
    return _sets(predictions, np.full(len(predictions), conformal.reach))


def value_record(
    conformal: Conformal, reported: ValuePredictions, *, cross_fitted: bool, seed: int = 0
) -> ConformalRecord:
    """What conformal intervals do to the texts that are reported on.

    Args:
        conformal: of the validation texts.
        reported: predictions.
        cross_fitted: whether these are the validation texts.
        seed: of the fifths.
    """
    scores = value_scores(reported)
    reach = _reach(conformal, scores, cross_fitted=cross_fitted, seed=seed)
    return _record(conformal, scores <= reach, 2 * reach)


def rating_record(
    conformal: Conformal, reported: OrdinalPredictions, *, cross_fitted: bool, seed: int = 0
) -> ConformalRecord:
    """What conformal sets do to the texts that are reported on; arguments as of `value_record`."""
    scores = rating_scores(reported)
    sets = _sets(reported, _reach(conformal, scores, cross_fitted=cross_fitted, seed=seed))
    return _record(conformal, sets[np.arange(len(reported)), reported.labels], sets.sum(axis=1).astype(np.float64))


def _reach(conformal: Conformal, scores: Floats, *, cross_fitted: bool, seed: int) -> Floats:
    if cross_fitted:
        return _cross_fitted(scores, conformal.confidence, seed)
    return np.full(len(scores), conformal.reach)


def _sets(predictions: OrdinalPredictions, reach: Floats) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = rating_positions(predictions.probabilities) <= reach[:, None]
    inside[np.arange(len(predictions)), predictions.predicted] = True
    return inside


def _cross_fitted(scores: Floats, confidence: float, seed: int) -> Floats:
    owner = np.random.default_rng(seed).permutation(len(scores)) % _FOLDS
    reach = np.full(len(scores), np.inf)
    for fold in np.unique(owner):
        reach[owner == fold] = Conformal.of(scores[owner != fold], confidence).reach
    return reach


def _record(conformal: Conformal, held: NDArray[np.bool_], sizes: Floats) -> ConformalRecord:
    return ConformalRecord(
        reach=conformal.reach if np.isfinite(conformal.reach) else None,
        confidence=conformal.confidence,
        n=conformal.n,
        held=float(held.mean()),
        size=float(sizes.mean()) if np.isfinite(sizes).all() else None,
    )
