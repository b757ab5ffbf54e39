"""How good probabilities are where the data says how probable each label is: soft labels, or votes of several people.

The log loss of a text is that of all labels, each counted by its share. It is least where the probabilities are the
shares themselves, and then their entropy; what lies above is the Kullback-Leibler divergence.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Interval, Record
from tunelet.evaluation._calibration import log_probabilities
from tunelet.evaluation._intervals import CONFIDENCE

Floats = NDArray[np.float64]


class SharesRecord(Record):
    """How near a model's probabilities are to soft labels, as `evaluation.json` has it.

    Attributes:
        n: texts.
        log_loss: mean over them; log_loss_ci: its 95 % interval, Student's.
        entropy: of the soft labels: the least that there can be.
        rivals: key -> log loss of a linear model, of which TF-IDF learnt the likeliest labels alone.
    """

    n: int
    log_loss: float
    log_loss_ci: Interval
    entropy: float
    rivals: Mapping[str, float]


def share_losses(probabilities: Floats, shares: NDArray[np.floating]) -> Floats:
    """The log loss of each text, float64 [n], from probabilities and shares [n, labels]."""
    losses: Floats = -(shares * log_probabilities(probabilities)).sum(axis=1)
    return losses


def shares_record(probabilities: Floats, shares: NDArray[np.floating], rivals: Mapping[str, Floats]) -> SharesRecord:
    """The record of a model's probabilities, and of its rivals' by key, for soft labels [n, labels]."""
    losses = share_losses(probabilities, shares)
    return SharesRecord(
        n=len(losses),
        log_loss=float(losses.mean()),
        log_loss_ci=_interval(losses),
        entropy=float(share_losses(shares.astype(np.float64), shares).mean()),
        rivals={name: float(share_losses(each, shares).mean()) for name, each in rivals.items()},
    )


def _interval(losses: Floats) -> tuple[float, float] | None:
    from scipy.stats import t as student_t

    n = len(losses)
    if n < 2:
        return None
    reach = float(student_t.ppf((1 + CONFIDENCE) / 2, n - 1)) * float(losses.std(ddof=1)) / n**0.5
    return float(losses.mean()) - reach, float(losses.mean()) + reach
