"""An interval of the calibration error that the same bins would have with endlessly many texts.

Notable: noise within a bin makes the error of few texts too large, most of all for a perfectly calibrated model. So the
interval holds the true errors that are compatible with the measured one, noise included. It reaches down to 0 where a
calibrated model could have that error by chance, and may lie below the measured value.
"""

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._calibration import BINS, confidence_bins
from tunelet.evaluation._intervals import CONFIDENCE, edge
from tunelet.evaluation._predictions import Predictions

FEWEST, WRONG = 100, 10  # texts, and wrong ones among them
_DRAWS = 400
_STEPS = 20  # of the bisection: each looks at all draws

Floats = NDArray[np.float64]


def calibration_interval(predictions: Predictions) -> tuple[float, float] | str:
    """95 % interval of the true error, by inverting a test, or why there is none.

    The true distances between accuracy and confidence are assumed to be either those of the data times one factor, or
    equal in every bin. The interval covers both cases.
    """
    right, confidence = predictions.predicted == predictions.labels, predictions.confidence
    n, wrong = len(right), int((~right).sum())
    if n < FEWEST or wrong < WRONG:
        return f"it takes {FEWEST} texts and {WRONG} wrong ones to tell an error from noise"
    owner = confidence_bins(confidence)
    inside, hits, sure = (
        np.bincount(owner, weights=values, minlength=BINS) for values in (np.ones(n), right, confidence)
    )
    gaps = (hits - sure) / n
    # One more text in each bin, right with the bin's confidence, keeps the noise of every bin above 0.
    share = (hits + sure / np.maximum(inside, 1)) / (inside + 1)
    noise = np.random.default_rng(0).normal(size=(_DRAWS, BINS)) * np.sqrt(inside * share * (1 - share)) / n
    seen = float(np.abs(gaps).sum())
    even = inside / n * (1.0 if gaps.sum() >= 0 else -1.0)
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
