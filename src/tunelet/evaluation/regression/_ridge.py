"""Ridge regression (Hoerl and Kennard 1970), scikit-learn's, as baseline and probe of plain numbers use it.

Targets are brought to mean 0 and deviation 1 for the solver's sake, so that a strength means the same in any unit.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._linear import Linear
from tunelet.evaluation._solver import Solver

Floats = NDArray[np.float64]
_BANDS = 10  # of numbers, by which texts are spread evenly over folds


class RidgeSolver(Solver):
    """Targets are float64 [n], the output is the number, [n, 1]; the strength is one over `alpha` of scikit-learn."""

    of_words = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
    of_vectors = tuple(float(10 ** (step / 2)) for step in range(-4, 9))  # 0.01 to 10,000

    def fit(self, features: Any, targets: Floats, strength: float) -> Linear:
        """Ridge regression at this strength; constant targets give a constant."""
        from sklearn.linear_model import Ridge

        centre, scale = float(targets.mean()), float(targets.std())
        if scale <= 1e-12 * (1 + abs(centre)):
            return Linear(np.zeros((1, features.shape[1])), np.array([centre]))
        dense = isinstance(features, np.ndarray)
        model = Ridge(alpha=1 / strength, solver="cholesky" if dense else "sparse_cg", tol=1e-4)
        model.fit(features.astype(np.float64) if dense else features, (targets - centre) / scale)
        weight = scale * model.coef_.astype(np.float64)
        return Linear(weight[None, :], np.array([centre + scale * float(model.intercept_)]))

    def costs(self, logits: Floats, targets: Floats) -> Floats:
        """The squared error of each text."""
        costs: Floats = (logits[:, 0] - targets) ** 2
        return costs

    def strata(self, targets: Floats) -> NDArray[np.int64]:
        """Which tenth of the numbers each lies in, equal ones together."""
        edges = np.unique(np.quantile(targets, np.linspace(0, 1, _BANDS + 1)[1:-1], method="higher"))
        return np.searchsorted(edges, targets, side="right").astype(np.int64)
