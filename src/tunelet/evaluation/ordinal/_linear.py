"""A linear model of ordered ratings: one score of a text, and a cut below each rating but the first.

The logit of lying above rating r is `features @ weight + bias[r]`. All k - 1 questions are fitted at once, as logistic
regressions that share their weights (all-threshold loss: Rennie and Srebro 2005; CORAL: Cao, Mirjalili and Raschka
2020). The loss is convex, and at its least the biases fall from one rating to the next.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._linear import Linear
from tunelet.evaluation._probe import STRENGTHS
from tunelet.evaluation._solver import Solver
from tunelet.evaluation.ordinal._cumulative import rating_probabilities

Floats = NDArray[np.float64]
_STEPS = 300


@dataclass(frozen=True)
class RatingSolver(Solver):
    """Targets are ratings, int64 [n]; outputs the logits of lying above each but the last; the strength is C.

    Attributes:
        ratings: how many there are.
    """

    of_words = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
    of_vectors = STRENGTHS

    ratings: int

    def fit(self, features: Any, targets: NDArray[np.int64], strength: float) -> Linear:
        """The least sum of logistic losses of all questions "above r?". One row of weights serves all of them."""
        from scipy.optimize import minimize
        from scipy.special import expit

        n, width = features.shape
        exact = features.astype(np.float64)  # the noise of float32 would end the search early
        above = targets[:, None] > np.arange(self.ratings - 1)
        there = above.sum(axis=0)
        # Half a text on either side keeps questions that all texts answer alike from infinite biases.
        alike = (there == 0) | (there == n)
        start = np.concatenate([np.zeros(width), np.log(there + 0.5) - np.log(n - there + 0.5)])

        def loss(both: Floats) -> tuple[float, Floats]:
            weight, bias = both[:width], both[width:]
            logits = (exact @ weight)[:, None] + bias
            rest = expit(logits) - above
            ends = 0.5 * alike * (np.logaddexp(0.0, bias) + np.logaddexp(0.0, -bias))
            value = (
                np.logaddexp(0.0, np.where(above, -logits, logits)).sum() + ends.sum() + weight @ weight / 2 / strength
            )
            slope = np.concatenate(
                [
                    exact.T @ rest.sum(axis=1) + weight / strength,
                    rest.sum(axis=0) + alike * (expit(bias) - 0.5),
                ]
            )
            return float(value) / n, slope / n

        both = minimize(
            loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "gtol": 1e-6, "ftol": 1e-10}
        ).x
        return Linear(both[None, :width], np.minimum.accumulate(both[width:]))

    def costs(self, logits: Floats, targets: NDArray[np.int64]) -> Floats:
        """Log loss of each text: minus the logarithm of the probability of its rating."""
        chances = rating_probabilities(logits)[np.arange(len(targets)), targets]
        costs: Floats = -np.log(np.maximum(chances, 1e-12))
        return costs

    def strata(self, targets: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ratings."""
        return targets
