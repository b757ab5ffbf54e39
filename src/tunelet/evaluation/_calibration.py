"""Whether a confidence of 80 % is right in 80 of 100 cases.

Expected calibration error as in Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks" (ICML
2017), equation 3: the bins are half-open on the left, ((m - 1)/M, m/M].
"""

import numpy as np
from numpy.typing import NDArray

BINS = 15


def confidence_bins(confidence: NDArray[np.float64], bins: int = BINS) -> NDArray[np.int64]:
    """The bin of each confidence [n], int64 [n], from 0 to `bins` - 1; a confidence of 0 belongs to the first."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1).astype(np.int64)


def expected_calibration_error(confidence: NDArray[np.float64], correct: NDArray[np.bool_], bins: int = BINS) -> float:
    """The mean distance between accuracy and confidence over equal-width bins, weighted by their texts.

    Args:
        confidence: probability of the predicted class, float64 [n], n at least 1.
        correct: whether the predicted class is the true one, bool [n].
        bins: how many bins of equal width the interval from 0 to 1 is cut into.

    Returns:
        Between 0 (calibrated) and 1.
    """
    # |B_m|/n * |accuracy(B_m) - confidence(B_m)| is |sum of (correct - confidence) over B_m| / n.
    gaps = np.bincount(confidence_bins(confidence, bins), weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))
