"""Models together: a sum of their logits, each with a weight that is not negative (Wolpert 1992; Breiman 1996).

The weight of a single model is temperature scaling (1 / T). The weights are fitted by log loss on logits for texts that
the models have not seen: out of fold, or of validation texts. The loss is convex in them. To the n texts one is added
that has every label in equal shares, so that a few texts without an error do not make a model certain (Platt 1999 does
likewise). The weights of two models have a Gaussian prior besides, for a few texts say little about them; many texts
outweigh it.

What a fit is worth on other texts is measured by cross-fitting, each fold with the weights of the others: the losses
are then compared, text by text, with those of something simpler. `Gain` is that comparison.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.data import deal
from tunelet.evaluation._linear import log_losses

MOST = 20.0  # as for temperatures: beyond it probabilities are all but 0 and 1
LEAST = 0.05
_FOLDS = 5
CHANCE = 0.1  # probability of a gain below which a blend is not worth a second model
PRIOR = np.array([0.75, 0.5])  # mean of the prior: usual weights of an encoder and of TF-IDF
PRECISION = 6.0  # of the prior: a standard deviation of 0.4


@dataclass(frozen=True)
class Gain:
    """How much less log loss one way has than another on the same texts: the mean of n differences.

    Attributes:
        mean: above 0 where the new way is better, in nats a text.
        error: its standard error over the texts; None where there is none.
        p_value: of a one-sided paired t test (Student 1908) that there is no gain; None where there is none.
    """

    mean: float
    error: float | None
    p_value: float | None

    @property
    def chance(self) -> float:
        """The probability that there is a gain, for a mean of differences that is about normal, and a flat prior."""
        from scipy.special import ndtr

        if self.error is None:
            return float(self.mean > 0)
        return float(ndtr(self.mean / self.error))

    @classmethod
    def of(cls, before: NDArray[np.float64], after: NDArray[np.float64]) -> "Gain":
        """From the losses [n] of the old way and of the new one."""
        from scipy.stats import t

        gains = before - after
        deviation = float(gains.std(ddof=1)) if len(gains) > 1 else 0.0
        if deviation == 0.0:
            return cls(float(gains.mean()), None, None)
        error = deviation / math.sqrt(len(gains))
        return cls(float(gains.mean()), error, float(t.sf(gains.mean() / error, len(gains) - 1)))


@dataclass(frozen=True)
class Blend:
    """Weights on the logits of an encoder and of TF-IDF, and whether the second is worth keeping.

    Attributes:
        encoder, tfidf: weights, at least 0; `tfidf` is 0 where it is not kept.
        kept: whether it is.
        gain: over the encoder with a temperature alone, cross-fitted.
    """

    encoder: float
    tfidf: float
    kept: bool
    gain: Gain

    def logits(self, encoder: NDArray[np.float64], tfidf: NDArray[np.float64]) -> NDArray[np.float64]:
        """Float64 [n, classes] from both [n, classes]."""
        return self.encoder * encoder + self.tfidf * tfidf


def fit_weights(models: Sequence[NDArray[np.float64]], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """The weights of the least log loss on n texts and one more that has every label in equal shares.

    Args:
        models: the logits of each, float64 [n, classes], for texts that it has not seen: one model, or an encoder and
            TF-IDF, whose weights have the prior.
        labels: int64 [n].

    Returns:
        float64 [models], each between 0 and 20. The weight of a single model is at least 0.05, as for temperatures.
    """
    from scipy.optimize import minimize
    from scipy.special import logsumexp, softmax

    stacked = np.stack([logits - logits.mean(axis=1, keepdims=True) for logits in models])  # [models, n, classes]
    share = len(labels) / (len(labels) + 1)  # of a text's own label; the rest is spread over all, whose logits sum to 0
    true = share * stacked[:, np.arange(len(labels)), labels]
    least, start, precision = (LEAST, np.ones(1), 0.0) if len(models) == 1 else (0.0, PRIOR, PRECISION / len(labels))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits, away = np.tensordot(weights, stacked, axes=1), weights - start
        slope = (softmax(logits, axis=1) * stacked).sum(axis=2) - true
        value = logsumexp(logits, axis=1).mean() - weights @ true.mean(axis=1) + precision / 2 * away @ away
        return float(value), slope.mean(axis=1) + precision * away

    weights: NDArray[np.float64] = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(least, MOST)] * len(models)
    ).x
    return weights


def cross_fitted(
    models: Sequence[NDArray[np.float64]], labels: NDArray[np.int64], *, seed: int = 0
) -> NDArray[np.float64]:
    """Logits of the weighted sum, float64 [n, classes]: each fifth of the texts with the weights of the others."""
    blended = np.zeros_like(models[0], dtype=np.float64)
    for held_out in folds_of_rows(labels, seed):
        rest = np.setdiff1d(np.arange(len(labels)), held_out)
        weights = fit_weights([logits[rest] for logits in models], labels[rest])
        blended[held_out] = np.tensordot(weights, np.stack([logits[held_out] for logits in models]), axes=1)
    return blended


def folds_of_rows(labels: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], ...]:
    """Five stratified folds, each as the rows that it holds out; every row counts as a text of its own."""
    return deal([[row] for row in range(len(labels))], labels, count=_FOLDS, seed=seed)


def fit_blend(
    encoder: NDArray[np.float64], tfidf: NDArray[np.float64], labels: NDArray[np.int64], *, seed: int = 0
) -> Blend:
    """Whether TF-IDF adds something to an encoder, and with which weight.

    Where a gain is improbable, the encoder stays alone. (docs/accuracy.md lists the rules that were tried.)

    Args:
        encoder, tfidf: logits, float64 [n, classes], for texts that neither has seen.
        labels: int64 [n], n at least 2.
        seed: of the cross-fitting.
    """
    alone = log_losses(cross_fitted([encoder], labels, seed=seed), labels)
    gain = Gain.of(alone, log_losses(cross_fitted([encoder, tfidf], labels, seed=seed), labels))
    if gain.chance >= CHANCE:
        first, second = fit_weights([encoder, tfidf], labels).tolist()
        if second > 0:
            return Blend(first, second, True, gain)
    return Blend(float(fit_weights([encoder], labels)[0]), 0.0, False, gain)
