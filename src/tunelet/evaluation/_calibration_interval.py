"""An interval of the calibration error that the same bins would have with endlessly many texts.

Notable: noise within a bin makes the error of few texts too large, most of all for a perfectly calibrated model. So the
interval holds the true errors that are compatible with the measured one, noise included. It reaches down to 0 where a
calibrated model could have that error by chance.

The errors that are compatible may all lie below the measured one, and where it is smaller than chance alone would make
it, there are none at all: inverting the test gave "0.0000 to 0.0000" beside 0.0203. The interval then reaches up to the
measured error, as an interval does to its estimate.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._calibration import BINS, confidence_bins
from tunelet.evaluation._intervals import CONFIDENCE, edge

FEWEST, WRONG = 100, 10  # texts, and wrong ones among them
DRAWS = 400  # of the noise
_STEPS = 20  # of the bisection: each looks at all draws

Floats = NDArray[np.float64]


class Called(Protocol):
    """Texts that were each given one of several classes, with a confidence in it."""

    @property
    def labels(self) -> NDArray[np.int64]: ...

    @property
    def predicted(self) -> NDArray[np.int64]: ...

    @property
    def confidence(self) -> NDArray[np.float64]: ...


def calibration_interval(predictions: Called) -> tuple[float, float] | str:
    """95 % interval of the true error of the predicted classes' confidences, or why there is none.

    Args:
        predictions: at least one.
    """
    right, confidence = predictions.predicted == predictions.labels, predictions.confidence
    n, wrong = len(right), int((~right).sum())
    if too_few := few(n, wrong):
        return too_few
    owner = confidence_bins(confidence)
    inside, hits, sure = (
        np.bincount(owner, weights=values, minlength=BINS) for values in (np.ones(n), right, confidence)
    )
    # One more text in each bin, right with the bin's confidence, keeps the noise of every bin above 0.
    share = (hits + sure / np.maximum(inside, 1)) / (inside + 1)
    noise = np.random.default_rng(0).normal(size=(DRAWS, BINS)) * np.sqrt(inside * share * (1 - share)) / n
    return with_estimate(compatible_errors((hits - sure) / n, inside / n, noise), (hits - sure) / n)


def few(n: int, wrong: int) -> str:
    """Why so many texts, of which so many are wrong, give no interval; empty where they do."""
    enough = n >= FEWEST and wrong >= WRONG
    return "" if enough else f"it takes {FEWEST} texts and {WRONG} wrong ones to tell an error from noise"


def with_estimate(interval: tuple[float, float], gaps: Floats) -> tuple[float, float]:
    """The interval, made to hold the measured error."""
    seen = float(np.abs(gaps).sum())
    return min(interval[0], seen), max(interval[1], seen)


def compatible_errors(gaps: Floats, sizes: Floats, noise: Floats) -> tuple[float, float]:
    """The least and the largest true error that the measured one does not reject; (0, 0) where all are rejected.

    The true distances between labels and probabilities are assumed to be either those of the data times one factor, or
    equal in every bin. The interval covers both cases.

    Args:
        gaps: distance of each bin, as a share of all decisions, [bins]; its absolute values sum to the measured error.
        sizes: share of the decisions that each bin holds, [bins].
        noise: of each draw and bin, in the same units as `gaps`, [draws, bins].
    """
    seen = float(np.abs(gaps).sum())
    even = sizes * (1.0 if gaps.sum() >= 0 else -1.0)
    shapes = (gaps / seen, even) if seen > 0 else (even,)
    intervals = [_inverted(shape, noise, seen) for shape in shapes]
    return min(low for low, _ in intervals), max(high for _, high in intervals)


def _inverted(shape: Floats, noise: Floats, seen: float) -> tuple[float, float]:
    """The least and the largest true error that the measured one does not reject.

    Args:
        shape: the true distance of each bin for an error of 1, [bins].
        noise: of each draw and bin, [draws, bins].
        seen: the error that was measured.
    """
    tail = (1 - CONFIDENCE) / 2

    def quantile(error: float, share: float) -> float:
        return float(np.quantile(np.abs(error * shape + noise).sum(axis=1), share))

    calibrated = quantile(0.0, 1 - tail) >= seen
    low = 0.0 if calibrated else edge(lambda error: quantile(error, 1 - tail) >= seen, 1.0, 0.0, _STEPS)
    return low, edge(lambda error: quantile(error, tail) > seen, 1.0, 0.0, _STEPS)
