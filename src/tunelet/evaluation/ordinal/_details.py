"""What predicted ratings come to beyond their metrics: how far off they are, and whether their certainty is right."""

import numpy as np

from tunelet._record import Record
from tunelet.evaluation._calibration import ReliabilityBin, reliability
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions


class Step(Record):
    """Texts whose answer lies so many ratings above the true one, or below it where that is negative."""

    step: int
    n: int


class RatingDetails(Record):
    """The details of one set of predicted ratings; the confusion matrix stands with the metrics.

    Attributes:
        steps: how far off the answers are, in ratings, rising; each step between the least and the greatest.
        too_high, too_low: shares of the texts.
        rating_reliability: how often an answer of such a probability is right.
    """

    steps: tuple[Step, ...]
    too_high: float
    too_low: float
    rating_reliability: tuple[ReliabilityBin, ...]


def details(predictions: OrdinalPredictions) -> RatingDetails:
    """The details of predictions of at least one text."""
    off = predictions.predicted - predictions.labels
    least, most = min(0, int(off.min())), max(0, int(off.max()))
    counts = np.bincount(off - least, minlength=most - least + 1)
    return RatingDetails(
        steps=tuple(Step(step=least + at, n=int(n)) for at, n in enumerate(counts)),
        too_high=float((off > 0).mean()),
        too_low=float((off < 0).mean()),
        rating_reliability=reliability([predictions]),
    )
