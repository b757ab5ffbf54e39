"""An encoder and TF-IDF together where an answer is made of yes-or-no questions: does a text have a label, is it above
a rating.

The weights are those of classes (`_blend`), with the log loss of all questions of a text added up: the same prior, one
text more that answers every question by halves, and the same rule, that a gain on other texts must not be improbable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._blend import CHANCE, LEAST, MOST, PRECISION, PRIOR, Blend, Gain
from tunelet.evaluation.multilabel._calibration import logits_of
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions
from tunelet.evaluation.ordinal._cumulative import cumulative_logits, rating_probabilities
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_FOLDS = 5


def fit_decision_weights(models: Sequence[Floats], decisions: Bools) -> Floats:
    """The weights of the least log loss, float64 [models]: between 0 and 20, of a single model at least 0.05.

    Args:
        models: the logits of each, float64 [n, questions], for texts that it has not seen: one, or encoder and TF-IDF.
        decisions: what is true, bool [n, questions].
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    n, stacked = len(decisions), np.stack(models)
    share = n / (n + 1)  # of the texts; the rest is the one that answers by halves
    true = ((share * decisions + (1 - share) / 2) * stacked).sum(axis=2).mean(axis=1)
    alone = len(models) == 1
    least, start, precision = (LEAST, np.ones(1), 0.0) if alone else (0.0, PRIOR, PRECISION / n)

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits, away = np.tensordot(weights, stacked, axes=1), weights - start
        slope = (expit(logits) * stacked).sum(axis=2).mean(axis=1) - true
        value = np.logaddexp(0.0, logits).sum(axis=1).mean() - weights @ true + precision / 2 * away @ away
        return float(value), slope + precision * away

    weights: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(least, MOST)] * len(models)).x
    return weights


def fit_decision_blend(encoder: Floats, tfidf: Floats, decisions: Bools, *, seed: int = 0) -> Blend:
    """Whether TF-IDF adds something to an encoder, and with which weight.

    Args:
        encoder, tfidf: logits, float64 [n, questions], for texts that neither has seen.
        decisions: what is true, bool [n, questions], n at least 2.
        seed: of the cross-fitting.
    """
    alone, both = (_cross_fitted_losses(models, decisions, seed) for models in ([encoder], [encoder, tfidf]))
    gain = Gain.of(alone, both)
    if gain.chance >= CHANCE:
        first, second = fit_decision_weights([encoder, tfidf], decisions).tolist()
        if second > 0:
            return Blend(first, second, True, gain)
    return Blend(1.0, 0.0, False, gain)


def _cross_fitted_losses(models: Sequence[Floats], decisions: Bools, seed: int) -> Floats:
    """The log loss of each text, its questions added up, [n]: each fifth with the weights of the other four."""
    owner = np.random.default_rng(seed).permutation(len(decisions)) % _FOLDS
    logits = np.zeros(decisions.shape)
    for fold in np.unique(owner):
        rest, inside = np.flatnonzero(owner != fold), owner == fold
        weights = fit_decision_weights([model[rest] for model in models], decisions[rest])
        logits[inside] = np.tensordot(weights, np.stack([model[inside] for model in models]), axes=1)
    losses: Floats = np.logaddexp(0.0, np.where(decisions, -logits, logits)).sum(axis=1)
    return losses


@dataclass(frozen=True)
class _Questions:
    """How predictions of one class consist of yes-or-no questions.

    Attributes:
        logits: from probabilities [n, labels] to logits [n, questions].
        probabilities: back.
        decisions: what is true, from the predictions, bool [n, questions].
    """

    logits: Callable[[Floats], Floats]
    probabilities: Callable[[Floats], Floats]
    decisions: Callable[[Any], Bools]


def _sigmoid(logits: Floats) -> Floats:
    from scipy.special import expit

    values: Floats = expit(logits)
    return values


_QUESTIONS: dict[type[Any], _Questions] = {
    MultilabelPredictions: _Questions(logits_of, _sigmoid, lambda these: these.labels),
    OrdinalPredictions: _Questions(
        cumulative_logits,
        rating_probabilities,
        lambda these: these.labels[:, None] > np.arange(len(these.label_names) - 1),
    ),
}


def blended_decisions(encoder: Any, tfidf: Any, *, seed: int = 0) -> tuple[Blend, Any]:
    """The weights of two models of several labels or of ratings, and the predictions of both together.

    Args:
        encoder, tfidf: predictions for the same texts, at least two, which neither has seen.
        seed: of the cross-fitting.

    Returns:
        The blend, and `encoder` itself where it is not kept. Predictions of numbers are never blended.
    """
    questions = _QUESTIONS.get(type(encoder))
    if questions is None or len(encoder) < 2:
        return Blend(1.0, 0.0, False, Gain(0.0, None, None)), encoder
    own, other = (questions.logits(each.probabilities) for each in (encoder, tfidf))
    blend = fit_decision_blend(own, other, questions.decisions(encoder), seed=seed)
    if not blend.kept:
        return blend, encoder
    return blend, encoder.with_probabilities(questions.probabilities(blend.logits(own, other)))
