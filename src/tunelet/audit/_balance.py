"""How evenly the labels are spread."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tunelet._record import Record
from tunelet.data import ordered


class BalanceRecord(Record):
    """How often the labels of the training texts occur.

    Attributes:
        labels: how many there are.
        commonest, rarest: of them.
        commonest_share, rarest_share: of the texts.
        effective: exp of the entropy of the labels: as many equally common labels would be as uncertain.
    """

    labels: int
    commonest: str
    commonest_share: float
    rarest: str
    rarest_share: float
    effective: float


def balance(labels: Sequence[str]) -> BalanceRecord:
    """Commonest and rarest label of n texts, n at least 1."""
    counts = Counter(labels)
    names = ordered(labels)
    commonest = max(names, key=lambda name: counts[name])
    rarest = min(names, key=lambda name: counts[name])
    shares = np.array([counts[name] for name in names]) / len(labels)
    return BalanceRecord(
        labels=len(names),
        commonest=commonest,
        commonest_share=counts[commonest] / len(labels),
        rarest=rarest,
        rarest_share=counts[rarest] / len(labels),
        effective=float(np.exp(-(shares * np.log(shares)).sum())),
    )
