"""95 % intervals in closed form: of a share, of an F1, of an average of classes, of an area, of a paired difference.

Notable: none has zero width, even where there are few texts and all are right, for each holds the true values that
could have produced these data. `measurements/coverage.py` measures how often it holds the true one, for
docs/evaluation.md.
"""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)

Floats = NDArray[np.float64]


def share_limits(right: NDArray[np.number], n: NDArray[np.number]) -> tuple[Floats, Floats]:
    """Limits of shares `right / n` (Wilson 1927); NaN where n is 0. Counts may be fractions: means, effective sizes."""
    size = np.where(np.asarray(n) > 0, n, np.nan)
    centre = (right + Z**2 / 2) / (size + Z**2)
    reach = Z / (size + Z**2) * np.sqrt(np.maximum(0.0, right * (size - right) / size + Z**2 / 4))
    # Exactly 0 and 1 where none and where all are right, whatever rounding makes of it.
    return np.where(right > 0, np.maximum(0.0, centre - reach), 0.0 * size), np.where(
        right < size, np.minimum(1.0, centre + reach), 1.0 + 0.0 * size
    )


def share_interval(right: float, n: float) -> tuple[float, float]:
    """95 % interval of one share (Wilson 1927).

    Args:
        right, n: counts, or means of counts over seeds, for which scipy's `binomtest` has no answer.
    """
    low, high = share_limits(np.asarray(right), np.asarray(n))
    return float(low), float(high)


def share_variance(right: NDArray[np.number], n: NDArray[np.number]) -> Floats:
    """Variance of shares, by Jeffreys' prior above 0 where all or none are right."""
    share = (right + 0.5) / (np.asarray(n) + 1.0)
    variance: Floats = share * (1 - share) / np.maximum(n, 1)
    return variance


def average_interval(
    values: Floats, lows: Floats, highs: Floats, variances: Floats, correlation: Floats | None = None
) -> tuple[float, float]:
    """Interval of the mean of several classes' figures, from the interval of each.

    The distances from value to limit add up as deviations do (MOVER: Zou and Donner 2008). Skewed figures have a
    longer distance on one side. The skewness of a mean of k falls by sqrt(k), and that difference does so here: with
    many classes the interval tends to the normal one.

    Args:
        values, lows, highs: of each class, [classes].
        variances: of each value, above 0, [classes].
        correlation: of the values, [classes, classes]; None: they are independent.
    """
    below, above = values - lows, highs - values
    spread = Z * np.sqrt(variances)
    together = np.eye(len(values)) if correlation is None else correlation
    down, up, plain = (max(0.0, float(part @ together @ part)) for part in (below, above, spread))
    several = float((spread**2).sum() ** 2 / (spread**4).sum())  # as many classes of equal spread
    square = (down + up) / 2 / several + (1 - 1 / several) * plain
    # Where nearly all classes lie at an end of the scale, both sides stay above 0.
    skew = float(np.clip((down - up) / 2 / several**0.5, -0.75 * square, 0.75 * square))
    middle = float(values.mean())
    return (
        max(0.0, middle - (square + skew) ** 0.5 / len(values)),
        min(1.0, middle + (square - skew) ** 0.5 / len(values)),
    )


def area_limits(area: float, positives: int, negatives: int, variance: float) -> tuple[float, float]:
    """Interval of an area under a ROC curve: Newcombe's method 5 (2006), scaled to how the data spread.

    The variance at each area is that of Hanley and McNeil (1982) for exponential scores, scaled by the ratio of the
    bootstrap's variance to theirs at the measured area. Where that ratio is below 1 its root is taken, for with few
    texts the bootstrap's variance is too small.

    Args:
        area: between 0 and 1.
        positives, negatives: texts, at least 1.
        variance: of the area, from the bootstrap.
    """
    half = (positives + negatives) / 2 - 1

    def plain(true: float) -> float:
        spread = 1 + half * (1 - true) / (2 - true) + half * true / (1 + true)
        return true * (1 - true) * spread / (positives * negatives)

    # A little of the plain variance, about half a text of the smaller class, keeps the ratio of two zeros near 1.
    damp = plain((area * positives + 0.5) / (positives + 1)) / (2 * min(positives, negatives))
    ratio = (variance + damp) / (plain(area) + damp)
    ratio = max(ratio, ratio**0.5)

    def inside(true: float) -> bool:
        return bool(abs(true - area) <= Z * (ratio * plain(true)) ** 0.5)

    return edge(inside, area, 0.0), edge(inside, area, 1.0)


def difference_interval(only_first: float, only_second: float, n: int) -> tuple[float, float]:
    """Interval of the second's share of right texts less the first's, on the same texts (Tango 1998).

    Args:
        only_first, only_second: texts that only one of them got right; means over pairs of seeds may be fractions.
        n: texts.
    """

    def inside(true: float) -> bool:
        # The likeliest share of texts that only the first gets right, where the difference is the true one.
        linear = (2 * n - only_second + only_first) * true - only_first - only_second
        constant = -only_first * true * (1 - true)
        share = ((linear**2 - 8 * n * constant) ** 0.5 - linear) / (4 * n)
        variance = n * (2 * share + true * (1 - true))
        return bool((only_second - only_first - n * true) ** 2 <= Z**2 * max(variance, 0.0))

    seen = (only_second - only_first) / n
    return edge(inside, seen, -1.0), edge(inside, seen, 1.0)


def edge(inside: Callable[[float], bool], within: float, beyond: float, steps: int = 60) -> float:
    """The end of a set of values, by bisection between a value in it and one that may lie beyond."""
    for _ in range(steps):
        middle = (within + beyond) / 2
        if inside(middle):
            within = middle
        else:
            beyond = middle
    return within
