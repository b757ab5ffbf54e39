"""Logistic regression (scikit-learn's) as both baselines use it, and its strength, chosen by cross-validation.

The strength (C of scikit-learn, larger is freer) is the one that gives held-out texts the least log loss. Strengths are
tried from the strictest to the freest until the loss rises: over log C it has one valley, and the freest fits, which
take longest, are seldom needed. Fits are as exact as scikit-learn's defaults make them: with ten times its tolerance,
the freest fits of 77 classes lost two points of accuracy and were chosen nevertheless.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import deal

_GAIN = 1e-4  # nats a text that the next strength must bring
_MANY = 2_000  # rows beyond which a single held-out split is enough


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
        logits: NDArray[np.float64] = features @ self.weight.T + self.bias
        return logits


@dataclass(frozen=True, eq=False)
class FeatureSplit:
    """Features to learn from and features that are held out: arrays or sparse matrices of float32."""

    train: Any
    train_labels: NDArray[np.int64]
    held_out: Any
    held_out_labels: NDArray[np.int64]


def fit_linear(features: Any, labels: NDArray[np.int64], classes: int, strength: float) -> Linear:
    """Logistic regression at this C. A class without a text gets about the probability that one text would give it.

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
        with warnings.catch_warnings():  # stopped short of the optimum it is still a baseline
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
    """Log loss of each text, float64 [n]: minus the logarithm of the probability of its label."""
    from scipy.special import logsumexp

    losses: NDArray[np.float64] = logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]
    return losses


def choose_strength(splits: Iterable[FeatureSplit], classes: int, strengths: Sequence[float]) -> float:
    """The strength of the least log loss over all held-out texts; a larger one only where it gains noticeably.

    Args:
        splits: one, or the folds.
        classes: how many.
        strengths: rising.
    """
    return best_strength(splits, classes, strengths)[0]


def best_strength(
    splits: Iterable[FeatureSplit], classes: int, strengths: Sequence[float]
) -> tuple[float, NDArray[np.float64]]:
    """The same with the log losses of the held-out texts, float64 [n], split by split; chosen on them, they flatter."""
    folds = list(splits)
    best, least = strengths[0], np.array([np.inf])
    for strength in strengths:
        losses = np.concatenate(
            [
                log_losses(
                    fit_linear(fold.train, fold.train_labels, classes, strength).logits(fold.held_out),
                    fold.held_out_labels,
                )
                for fold in folds
            ]
        )
        if losses.mean() > least.mean() - _GAIN:
            break
        best, least = strength, losses
    return best, least


def splits_to_choose_by(
    groups: Sequence[Sequence[int]], labels: NDArray[np.int64], *, seed: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The rows to learn from and to hold out, by which a setting is chosen.

    Up to 2,000 rows these are five folds in turn. Above, it is a single split, and above 5,000 rows one that holds out
    about 1,000. The best C does not depend on the number of texts (it says how small weights are believed to be, and
    scikit-learn adds the texts' losses up), so time is better spent on the last fit, on all rows.

    Args:
        groups: rows that stay together; at least two groups.
        labels: of the rows [n].
        seed: of the folds.
    """
    many = len(labels) > _MANY
    cut = deal(groups, labels, count=max(5, round(len(labels) / 1000)) if many else 5, seed=seed)[:5]
    for at in range(1 if many else len(cut)):
        yield np.sort(np.concatenate([*cut[:at], *cut[at + 1 :]])), cut[at]
