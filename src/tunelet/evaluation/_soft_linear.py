"""Logistic regression (scikit-learn's) where the data says how probable each label is.

A text counts once for each label, with its probability as weight: that is the cross-entropy against the probabilities.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._linear import Linear, fit_linear
from tunelet.evaluation._probe import STRENGTHS
from tunelet.evaluation._shares import share_losses
from tunelet.evaluation._solver import Solver

Floats = NDArray[np.float64]


class ShareSolver(Solver):
    """Targets are float32 [n, labels], whose rows sum to 1; outputs are logits; the strength is C."""

    of_words = STRENGTHS
    of_vectors = STRENGTHS

    def fit(self, features: Any, targets: NDArray[np.float32], strength: float) -> Linear:
        """The least cross-entropy at this strength. A label without any probability gets a small constant one."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        rows, labels = np.nonzero(targets)
        present = np.unique(labels)
        if len(present) < 2 or len(present) < targets.shape[1]:
            return fit_linear(features, targets.argmax(axis=1), targets.shape[1], strength)
        model = LogisticRegression(C=strength, max_iter=300)
        with warnings.catch_warnings():  # stopped short of the optimum it is still a baseline
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features[rows], labels, sample_weight=targets[rows, labels].astype(np.float64))
        weight, bias = model.coef_.astype(np.float64), model.intercept_.astype(np.float64)
        if len(weight) == 1:
            weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        return Linear(weight, bias)

    def costs(self, logits: Floats, targets: NDArray[np.float32]) -> Floats:
        """The cross-entropy of each text."""
        from scipy.special import softmax

        return share_losses(softmax(logits, axis=1), targets)

    def strata(self, targets: NDArray[np.float32]) -> NDArray[np.int64]:
        """The likeliest label of each text."""
        likeliest: NDArray[np.int64] = targets.argmax(axis=1).astype(np.int64)
        return likeliest
