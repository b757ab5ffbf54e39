"""The metrics of predicted numbers on resamples of the texts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._bootstrap import Drawn, drawn, ratio
from tunelet.evaluation._ranks import LEAST_SPREAD, Ranked, drawn_correlation, drawn_moments, drawn_spearman
from tunelet.evaluation.regression._predictions import ValuePredictions

Floats = NDArray[np.float64]


def paired_draws(models: Sequence[ValuePredictions], *, resamples: int, seed: int) -> list[Drawn]:
    """The metrics of each model on resamples of the texts; draw by draw, all are measured on the same.

    Args:
        models: predictions for the same texts in the same order, at least one text.
        resamples: draws, at least 1.
        seed: of them.
    """
    return drawn([Resampled(predictions).metrics for predictions in models], len(models[0]), resamples, seed)


class Resampled:
    """The metrics of one model's predictions, for any weights of the texts."""

    def __init__(self, predictions: ValuePredictions) -> None:
        """Prepare what every draw shares."""
        n = len(predictions)
        self.values, self.targets = predictions.values, predictions.targets
        covered, widths = predictions.covered, predictions.widths
        errors = self.values - self.targets
        none = np.full(n, np.nan)
        self.means = np.stack(
            [
                np.abs(errors),
                errors**2,
                none if covered is None else covered,
                none if widths is None or np.isinf(widths).any() else widths,
            ],
            axis=1,
        )
        self.ranked = Ranked(self.values), Ranked(self.targets)

    def metrics(self, weights: Floats) -> dict[str, Floats]:
        """Each metric of each draw: weights [draws, n]; NaN where undefined."""
        mae, square, coverage, width = (weights @ self.means / weights.shape[1]).T
        _, mean, _, spread, _ = drawn_moments(weights, self.values, self.targets)
        spread = np.where(spread > (LEAST_SPREAD * (1 + np.abs(mean))) ** 2, spread, 0.0)
        return {
            "mae": mae,
            "rmse": np.sqrt(square),
            "r2": 1 - ratio(square, spread),
            "pearson": drawn_correlation(weights, self.values, self.targets),
            "spearman": drawn_spearman(weights, *self.ranked),
            "coverage": coverage,
            "width": width,
        }
