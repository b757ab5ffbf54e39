"""How large a difference of two models' accuracies must be, to be seen in four of five cases."""

from statistics import NormalDist

import numpy as np

from tunelet.evaluation._intervals import Z

SIGNIFICANCE = 0.05  # of the tests, after correction
_POWER = 0.8
_COUNTS = 61  # numbers of disagreements whose power is computed


def detectable_accuracy(disagreed: int, n: int, comparisons: int = 1) -> float:
    """The difference that McNemar's exact test shows with a power of 80 %, at a level of 5 % over several comparisons.

    The number of the n texts that only one model gets right is taken as binomial, with the share that was observed, or
    the difference itself where that is larger. Of these, the number that the better model gets right is binomial, too.

    Args:
        disagreed: texts that one model alone gets right.
        n: texts.
        comparisons: how many there are; the level is shared among them, as the strictest step of Holm's method does.

    Returns:
        From 0 to 1; 1 where no difference would reach that power.
    """
    low, high = 0.0, 1.0
    for _ in range(24):
        middle = (low + high) / 2
        if _power(middle, max(disagreed / n, middle), n, SIGNIFICANCE / comparisons) >= _POWER:
            high = middle
        else:
            low = middle
    return high


def detectable_mean(reach: float, comparisons: int = 1) -> float:
    """`detectable_accuracy` for means over seeds, from the longer arm of the difference's 95 % interval."""
    normal = NormalDist()
    return min(1.0, (normal.inv_cdf(1 - SIGNIFICANCE / 2 / comparisons) + normal.inv_cdf(_POWER)) * reach / Z)


def _power(difference: float, share: float, n: int, alpha: float) -> float:
    """The chance that the exact two-sided test shows a difference.

    Args:
        difference: of the accuracies, at least 0.
        share: of the texts that one model alone gets right, at least the difference.
        n, alpha: texts, and the level.
    """
    from scipy.stats import binom

    middle, deviation = n * share, (n * share * (1 - share)) ** 0.5
    low, high = max(0.0, middle - 4 * deviation), min(float(n), middle + 4 * deviation)
    counts = np.unique(np.linspace(low, high, _COUNTS).round())
    weights = binom.pmf(counts, n, share)
    # The least number of the better one's texts that is significant among so many disagreements.
    needed = binom.isf(alpha / 2, counts, 0.5) + 1
    better = (1 + difference / share) / 2 if share > 0 else 0.5
    shown = binom.sf(needed - 1, counts, better) + binom.cdf(counts - needed, counts, better)
    return float((weights * np.where(needed <= counts, shown, 0.0)).sum() / weights.sum())
