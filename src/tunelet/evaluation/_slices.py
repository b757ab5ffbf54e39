"""Where a model fails: by length of text, and the texts of which it was most certain and wrong."""

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.evaluation._bootstrap import text_losses
from tunelet.evaluation._intervals import share_interval
from tunelet.evaluation._predictions import Predictions

_SLICES = 5


class LengthSlice(Record):
    """A slice of texts of similar length, and how good the model is on them.

    Attributes:
        shortest, longest: tokens.
        n: texts.
        accuracy, accuracy_ci: with a 95 % interval (Wilson 1927).
        log_loss: mean.
    """

    shortest: int
    longest: int
    n: int
    accuracy: float
    accuracy_ci: tuple[float, float]
    log_loss: float


def by_length(predictions: Predictions, lengths: NDArray[np.int64], slices: int = _SLICES) -> tuple[LengthSlice, ...]:
    """Figures by length of text: slices of about equally many texts, shortest first; equal lengths share a slice.

    Args:
        predictions: of n texts.
        lengths: their tokens, int64 [n].
        slices: how many there are at most.
    """
    owner = slice_owners(lengths, slices)
    losses = text_losses(predictions.probabilities, predictions.labels)
    correct = predictions.predicted == predictions.labels
    measured = []
    for number in np.unique(owner):
        inside = owner == number
        n, right = int(inside.sum()), int(correct[inside].sum())
        measured.append(
            LengthSlice(
                shortest=int(lengths[inside].min()),
                longest=int(lengths[inside].max()),
                n=n,
                accuracy=right / n,
                accuracy_ci=share_interval(right, n),
                log_loss=float(losses[inside].mean()),
            )
        )
    return tuple(measured)


def slice_owners(lengths: NDArray[np.int64], slices: int) -> NDArray[np.int64]:
    """The slice of each text, int64 [n], by its length [n]: about equally many in each, equal lengths together."""
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, slices + 1)[1:-1], method="higher"))
    return np.searchsorted(edges, lengths, side="right").astype(np.int64)


def confident_errors(predictions: Predictions, count: int) -> NDArray[np.int64]:
    """Rows of the wrong predictions with the highest confidence, most confident first, at most `count`."""
    wrong = np.flatnonzero(predictions.predicted != predictions.labels)
    order = np.argsort(-predictions.confidence[wrong], kind="stable")
    chosen: NDArray[np.int64] = wrong[order[:count]]
    return chosen
