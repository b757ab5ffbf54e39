"""Confident learning (Northcutt, Jiang and Chuang 2021): which labels may be wrong, from probabilities alone.

A label's threshold is its mean probability among the texts that have it. A text counts as one of the likeliest label
whose probability reaches its threshold; where that is not the label it has, the label is suspected (an entry of the
confident joint beside its diagonal). The likeliest errors come first: where the probability of the given label lies
farthest below the largest other.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 1e-9  # of a mean, which is not to decide


@dataclass(frozen=True, eq=False)
class Confident:
    """What confident learning makes of n labels.

    Attributes:
        suspected: whose label may be wrong, bool [n].
        likeliest: the label that a text is likelier to have, int64 [n]; of others the likeliest of all.
        margin: probability of the given label less that of the likeliest other one, float64 [n].
        probabilities: float64 [n, labels].
    """

    suspected: NDArray[np.bool_]
    likeliest: NDArray[np.int64]
    margin: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @property
    def ranked(self) -> NDArray[np.int64]:
        """The places of the labels, the likeliest errors first."""
        return np.argsort(self.margin, kind="stable")


def confident_learning(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> Confident:
    """Which labels may be wrong.

    Args:
        labels: int64 [n]; every label has a text.
        probabilities: of models that had not seen the text, float64 [n, labels].
    """
    rows = np.arange(len(labels))
    counts = np.bincount(labels, minlength=probabilities.shape[1])
    own = probabilities[rows, labels]
    thresholds = np.bincount(labels, weights=own, minlength=len(counts)) / np.maximum(counts, 1)
    confident = np.where(probabilities >= thresholds - _ROUNDING, probabilities, -1.0)
    best = confident.argmax(axis=1)
    suspected = (confident[rows, best] >= 0) & (best != labels)
    others = probabilities.copy()
    others[rows, labels] = -1.0
    likeliest = np.where(suspected, best, probabilities.argmax(axis=1))
    return Confident(suspected, likeliest, own - others.max(axis=1), probabilities)
