"""An interval of the calibration error that the same bins would have with endlessly many texts.

Notable: noise within a bin makes the error of few texts too large, of perfectly calibrated models most of all. So the
interval holds those true errors that would give one such as was seen in 95 of 100 samples, noise included; it reaches
down to 0 where a calibrated model would, and may lie below the value.
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

    Two ways are tried in which the true distances between accuracy and confidence may lie: as they were seen, smaller
    or larger by one factor; and the same distance in every bin. The interval holds both.
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
    # One made-up text a bin, right as often as it says, leaves no bin without doubt.
    share = (hits + sure / np.maximum(inside, 1)) / (inside + 1)
    noise = np.random.default_rng(0).normal(size=(_DRAWS, BINS)) * np.sqrt(inside * share * (1 - share)) / n
    seen = float(np.abs(gaps).sum())
    even = inside / n * (1.0 if gaps.sum() >= 0 else -1.0)
    shapes = (gaps / seen, even) if seen > 0 else (even,)
    found = [_inverted(shape, noise, seen) for shape in shapes]
    return min(low for low, _ in found), max(high for _, high in found)


def _inverted(shape: Floats, noise: Floats, seen: float) -> tuple[float, float]:
    """The least and the largest true error under which what was seen is no surprise.

    Args:
        shape: of the true distances: the error is their factor, [bins].
        noise: [draws, bins].
        seen: the error of the data.
    """
    tail = (1 - CONFIDENCE) / 2

    def quantile(error: float, share: float) -> float:
        return float(np.quantile(np.abs(error * shape + noise).sum(axis=1), share))

    calibrated = quantile(0.0, 1 - tail) >= seen
    low = 0.0 if calibrated else edge(lambda error: quantile(error, 1 - tail) >= seen, 1.0, 0.0, _STEPS)
    return low, edge(lambda error: quantile(error, tail) > seen, 1.0, 0.0, _STEPS)
