"""Ordered ratings as cumulative logits: for each rating but the last, the logit that a text lies above it.

A model has k - 1 such logits for k ratings, one score of a text and a cut of each rating (McCullagh 1980; the CORAL
loss of Cao, Mirjalili and Raschka 2020 trains them as k - 1 questions). Probabilities of ratings are their
differences.
"""

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._calibration import TEMPERATURES
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions

Floats = NDArray[np.float64]
_TINY = 1e-12  # probabilities of lying above a rating that are nearer to 0 and 1 count as this near
_FOLDS = 5


def rating_probabilities(logits: Floats) -> Floats:
    """Probabilities of ratings from cumulative logits, [n, k - 1] to [n, k].

    Where they rise from one rating to the next, though a text cannot lie above the higher one alone, they are put in
    order (Chernozhukov, Fernandez-Val and Galichon 2010), which is never farther from the truth.
    """
    from scipy.special import expit

    above = expit(-np.sort(-logits, axis=1))
    ends = np.ones((len(logits), 1)), np.zeros((len(logits), 1))
    probabilities: Floats = -np.diff(np.concatenate([ends[0], above, ends[1]], axis=1), axis=1)
    return probabilities


def cumulative_logits(probabilities: Floats) -> Floats:
    """The logits of lying above each rating but the last, [n, k] to [n, k - 1]."""
    above = np.clip(probabilities[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:], _TINY, 1 - _TINY)
    logits: Floats = np.log(above) - np.log1p(-above)
    return logits


def with_rating_temperature(predictions: OrdinalPredictions, temperature: float) -> OrdinalPredictions:
    """The same predictions with all cumulative logits divided by a temperature: no answer (median) changes."""
    if temperature == 1.0:
        return predictions
    scaled = rating_probabilities(cumulative_logits(predictions.probabilities) / temperature)
    return predictions.with_probabilities(scaled)


def fit_rating_temperature(predictions: OrdinalPredictions) -> float:
    """The temperature of the cumulative logits under which the true ratings are likeliest, between 0.05 and 20."""
    from scipy.optimize import minimize_scalar

    logits = cumulative_logits(predictions.probabilities)
    rows = np.arange(len(logits))

    def loss(exponent: float) -> float:
        chances = rating_probabilities(logits / np.exp(exponent))[rows, predictions.labels]
        return float(-np.log(np.maximum(chances, _TINY)).mean())

    low, high = np.log(TEMPERATURES)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x))


def cross_fitted_rating_temperature(predictions: OrdinalPredictions, *, seed: int = 0) -> OrdinalPredictions:
    """Each fifth scaled by the temperature of the others: measures scaling fairly on the texts that it is fitted on."""
    owner = np.random.default_rng(seed).permutation(len(predictions)) % _FOLDS
    probabilities = predictions.probabilities.copy()
    for fold in np.unique(owner):
        inside, rest = np.flatnonzero(owner == fold), np.flatnonzero(owner != fold)
        if len(rest):
            temperature = fit_rating_temperature(predictions.rows(rest))
            probabilities[inside] = with_rating_temperature(predictions.rows(inside), temperature).probabilities
    return predictions.with_probabilities(probabilities)
