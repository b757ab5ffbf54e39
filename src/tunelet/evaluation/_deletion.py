"""Deletion curves (Petsiuk et al. 2018; Samek et al. 2017): is a label's probability made of the words that count most?

Words are taken out of each text, those that speak most for the label first, and as many in random order. The faster the
probability falls in the first order, the better the contributions say what the model reads. What is compared, text by
text, is the mean probability along the curve: Student's interval (1908) of the mean difference, and his paired test.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Interval, Record, Value
from tunelet.evaluation._intervals import CONFIDENCE


class DeletionPoint(Record):
    """The probability of the label once some words are gone.

    Attributes:
        removed: share of the words.
        ordered, shuffled: mean probability where the words that speak most for the label went first, and where they
            went in random order; with 95 % intervals, None for a single text.
    """

    removed: float
    ordered: float
    ordered_ci: Interval
    shuffled: float
    shuffled_ci: Interval


class Faithfulness(Record):
    """How much faster the probability falls in the order of the contributions than in random order.

    Attributes:
        n: texts.
        points: of the curves; the first is that of whole texts.
        difference: mean probability along the curve in random order less that in the order of the contributions, the
            mean over the texts: above 0 where the contributions say something.
        difference_ci: its 95 % interval; None for a single text.
        p: of the two-sided paired t test that there is no difference; None where it is undefined.
    """

    n: int
    points: tuple[DeletionPoint, ...]
    difference: float
    difference_ci: Interval
    p: Value


def faithfulness(
    removed: NDArray[np.float64], ordered: NDArray[np.float64], shuffled: NDArray[np.float64]
) -> Faithfulness:
    """The comparison of two deletion curves of n texts.

    Args:
        removed: shares of the words, rising from 0, float64 [points].
        ordered, shuffled: probabilities of each text's label, float64 [n, points].
    """
    differences = (shuffled - ordered)[:, 1:].mean(axis=1)
    points = []
    for at, share in enumerate(removed):
        first, second = _mean(ordered[:, at]), _mean(shuffled[:, at])
        points.append(
            DeletionPoint(
                removed=float(share), ordered=first[0], ordered_ci=first[1], shuffled=second[0], shuffled_ci=second[1]
            )
        )
    difference, bounds = _mean(differences)
    return Faithfulness(
        n=len(ordered), points=tuple(points), difference=difference, difference_ci=bounds, p=_p_value(differences)
    )


def _mean(values: NDArray[np.float64]) -> tuple[float, tuple[float, float] | None]:
    """The mean and Student's interval of it; an interval of probabilities may reach beyond 0 and 1 and is not cut."""
    from scipy.stats import t

    mean = float(values.mean())
    if len(values) < 2:
        return mean, None
    reach = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))
    return mean, (mean - reach, mean + reach)


def _p_value(differences: NDArray[np.float64]) -> float | None:
    from scipy.stats import t

    n = len(differences)
    if n < 2 or (deviation := float(differences.std(ddof=1))) == 0.0:
        return None
    return float(2 * t.sf(abs(differences.mean()) * math.sqrt(n) / deviation, n - 1))
