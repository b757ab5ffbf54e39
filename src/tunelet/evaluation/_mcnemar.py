"""McNemar's test (1947), exact: two models on the same texts, by those that only one of them gets right."""

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.evaluation._predictions import Predictions


class McNemar(Record):
    """The texts on which two models disagree about what is right.

    Attributes:
        only_first, only_second: texts that only one of them got right.
        p: of the exact two-sided binomial test that both counts have the same expectation; 1 where both are 0.
    """

    only_first: int
    only_second: int
    p: float


def mcnemar(first: Predictions, second: Predictions) -> McNemar:
    """McNemar's exact test of two models' accuracies."""
    return mcnemar_of(first.predicted == first.labels, second.predicted == second.labels)


def mcnemar_of(right: NDArray[np.bool_], other: NDArray[np.bool_]) -> McNemar:
    """McNemar's exact test of two models, from whether each is right about each text, bool [n]."""
    from scipy.stats import binomtest

    only_first, only_second = int((right & ~other).sum()), int((other & ~right).sum())
    disagreed = only_first + only_second
    p = float(binomtest(only_first, disagreed, 0.5).pvalue) if disagreed else 1.0
    return McNemar(only_first=only_first, only_second=only_second, p=p)
