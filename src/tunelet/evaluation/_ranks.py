"""Rank correlation (Spearman 1904) and agreement of two rows of numbers, on the data and on resamples of them."""

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._bootstrap import ratio

Floats = NDArray[np.float64]
LEAST_SPREAD = 1e-12  # relative, below which numbers count as constant


class Ranked:
    """Numbers that are sorted once, and ranked anew under any weights; equal ones share the mean of their ranks."""

    def __init__(self, numbers: Floats) -> None:
        """Sort numbers [n]."""
        self.order = np.argsort(numbers, kind="stable")
        rising = numbers[self.order]
        self.begin = np.flatnonzero(np.concatenate(([True], rising[1:] != rising[:-1])))
        self.end = np.append(self.begin[1:], len(numbers))
        self.group = np.empty(len(numbers), dtype=np.intp)
        self.group[self.order] = np.repeat(np.arange(len(self.begin)), self.end - self.begin)

    def ranks(self, weights: Floats) -> Floats:
        """The ranks, in resamples in which each number occurs `weights` times: [draws, n] to [draws, n]."""
        below = np.zeros((len(weights), weights.shape[1] + 1))
        np.cumsum(np.take(weights, self.order, axis=1), axis=1, out=below[:, 1:])
        middle = (below[:, self.begin] + below[:, self.end] + 1) / 2
        return np.take(middle, self.group, axis=1)


def drawn_moments(weights: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Means, variances and covariance of x and y in each draw, each [draws].

    Args:
        weights: [draws, n], rows of equal sums.
        x, y: [n], or other ones in each draw [draws, n].
    """
    n = weights.sum(axis=1)
    mean_x, mean_y = (weights * x).sum(axis=1) / n, (weights * y).sum(axis=1) / n
    apart_x, apart_y = x - mean_x[:, None], y - mean_y[:, None]
    square_x, square_y = ((weights * apart**2).sum(axis=1) / n for apart in (apart_x, apart_y))
    return mean_x, mean_y, square_x, square_y, (weights * apart_x * apart_y).sum(axis=1) / n


def drawn_correlation(weights: Floats, x: Floats, y: Floats) -> Floats:
    """Pearson's correlation in each draw, [draws]; NaN where one of the two is constant."""
    mean_x, mean_y, square_x, square_y, together = drawn_moments(weights, x, y)
    spread = np.sqrt(square_x * square_y)
    constant = (square_x <= (LEAST_SPREAD * (1 + np.abs(mean_x))) ** 2) | (
        square_y <= (LEAST_SPREAD * (1 + np.abs(mean_y))) ** 2
    )
    return np.clip(ratio(together, np.where(constant, 0.0, spread)), -1.0, 1.0)


def drawn_spearman(weights: Floats, x: Ranked, y: Ranked) -> Floats:
    """Spearman's correlation in each draw, [draws]; NaN where one of the two is constant."""
    return drawn_correlation(weights, x.ranks(weights), y.ranks(weights))


def drawn_agreement(weights: Floats, x: Floats, y: Floats) -> Floats:
    """Kappa with quadratic weights in each draw, [draws]; NaN where all numbers are the same.

    For numbers x and y it is 1 - mean (x - y)^2 / (var x + var y + (mean x - mean y)^2), with variances over n: the
    concordance correlation, which this kappa is (Fleiss and Cohen 1973; Lin 1989).
    """
    mean_x, mean_y, square_x, square_y, _ = drawn_moments(weights, x, y)
    apart = (weights * (x - y) ** 2).sum(axis=1) / weights.sum(axis=1)
    chance = square_x + square_y + (mean_x - mean_y) ** 2
    return 1 - ratio(apart, np.where(chance > (LEAST_SPREAD * (1 + np.abs(mean_x))) ** 2, chance, 0.0))
