"""Logistic regression (scikit-learn's) as both baselines use it, and its strength, chosen by cross-validation.

The strength (C of scikit-learn, larger is freer) is the one that gives held-out texts the least log loss. Strengths are
tried from the most bound to the freest until the loss rises: over log C it has one valley, and the freest fits, which
are the dear ones, are seldom needed. Fits are as exact as scikit-learn's are by default: stopped at ten times its
tolerance, the freest ones of 77 classes were two points less accurate than they should be, and were chosen all the
same.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import deal

_GAIN = 1e-4  # nats a text that the next strength must bring
_MANY = 2_000  # rows beyond which one part held out says enough


@dataclass(frozen=True, eq=False)
class Linear:
    """A row of coefficients for each class: logits are `features @ weight.T + bias`.

    Attributes:
        weight: float64 [classes, width]. Two classes have opposite rows.
        bias: float64 [classes].
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def logits(self, features: Any) -> NDArray[np.float64]:
        """float64 [n, classes] of features [n, width], dense or sparse."""
        found: NDArray[np.float64] = features @ self.weight.T + self.bias
        return found


@dataclass(frozen=True, eq=False)
class Part:
    """What is learnt from and what is held out, as features: arrays or sparse matrices of float32."""

    train: Any
    train_labels: NDArray[np.int64]
    held_out: Any
    held_out_labels: NDArray[np.int64]


def fit_linear(features: Any, labels: NDArray[np.int64], classes: int, strength: float) -> Linear:
    """Logistic regression at this C. A class without a text is given about the probability of one text more.

    Args:
        features: float32 [n, width], dense or sparse.
        labels: int64 [n].
        classes: how many.
        strength: C.
    """
    from scipy.special import logsumexp
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    weight, bias = np.zeros((classes, features.shape[1])), np.zeros(classes)
    present = np.unique(labels)
    if len(present) > 1:
        model = LogisticRegression(C=strength, max_iter=300)
        with warnings.catch_warnings():  # where it stops short of the optimum it is a baseline all the same
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)  # few texts of each
            model.fit(features, labels)
        rows, intercepts = model.coef_.astype(np.float64), model.intercept_.astype(np.float64)
        if len(rows) == 1:
            rows, intercepts = np.concatenate([-rows, rows]) / 2, np.concatenate([-intercepts, intercepts]) / 2
        weight[present], bias[present] = rows, intercepts
    if len(present) < classes:
        normal = logsumexp(Linear(weight[present], bias[present]).logits(features), axis=1).mean()
        bias[np.setdiff1d(np.arange(classes), present)] = normal - np.log(len(labels))
    return Linear(weight, bias)


def log_losses(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of each text, float64 [n]: minus the logarithm of the probability of its label."""
    from scipy.special import logsumexp

    found: NDArray[np.float64] = logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]
    return found


def choose_strength(parts: Iterable[Part], classes: int, strengths: Sequence[float]) -> float:
    """The strength of the least log loss over all held-out texts; the smaller where the next gains next to nothing.

    Args:
        parts: one, or the folds.
        classes: how many.
        strengths: rising.
    """
    found = list(parts)
    best, least = strengths[0], np.inf
    for strength in strengths:
        losses = [
            log_losses(
                fit_linear(part.train, part.train_labels, classes, strength).logits(part.held_out), part.held_out_labels
            )
            for part in found
        ]
        loss = float(np.concatenate(losses).mean())
        if loss > least - _GAIN:
            break
        best, least = strength, loss
    return best


def splits_to_choose_by(
    groups: Sequence[Sequence[int]], labels: NDArray[np.int64], *, seed: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The rows to learn from and to hold out, to choose a setting by.

    Five folds in turn. Of more than 2,000 rows one split, and of more than 5,000 one of about 4,000 and 1,000: C is how
    firmly weights are believed to be small, which does not depend on the number of texts (scikit-learn adds their
    losses up), and the last fit, on all of them, is what should take the time.

    Args:
        groups: rows that stay together, at least two of these.
        labels: of the rows [n].
        seed: of the folds.
    """
    many = len(labels) > _MANY
    cut = deal(groups, labels, count=max(5, round(len(labels) / 1000)) if many else 5, seed=seed)[:5]
    for at in range(1 if many else len(cut)):
        yield np.sort(np.concatenate([*cut[:at], *cut[at + 1 :]])), cut[at]
