"""The metrics of predicted ratings on resamples of the texts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._bootstrap import Drawn, drawn, text_losses
from tunelet.evaluation._calibration import BINS, confidence_bins
from tunelet.evaluation._ranks import Ranked, drawn_agreement, drawn_spearman
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions

Floats = NDArray[np.float64]


def paired_draws(models: Sequence[OrdinalPredictions], *, resamples: int, seed: int) -> list[Drawn]:
    """The metrics of each model on resamples of the texts; draw by draw, all are measured on the same.

    Args:
        models: predictions for the same texts in the same order, at least one text.
        resamples: draws, at least 1.
        seed: of them.
    """
    return drawn([_Resampled(predictions).metrics for predictions in models], len(models[0]), resamples, seed)


class _Resampled:
    """The metrics of one model's predictions, for any weights of the texts."""

    def __init__(self, predictions: OrdinalPredictions) -> None:
        right, steps = predictions.predicted == predictions.labels, predictions.predicted - predictions.labels
        self.answers, self.targets = predictions.answers, predictions.targets
        losses = text_losses(predictions.probabilities, predictions.labels)
        self.means = np.stack([np.abs(self.answers - self.targets), right, np.abs(steps) <= 1, losses], axis=1)
        self.ranked = Ranked(predictions.expected), Ranked(self.targets)
        n, owner = len(predictions), confidence_bins(predictions.confidence)
        self.gaps = np.zeros((n, BINS))
        self.gaps[np.arange(n), owner] = right - predictions.confidence

    def metrics(self, weights: Floats) -> dict[str, Floats]:
        """Each metric of each draw: weights [draws, n]."""
        n = weights.shape[1]
        means = (weights @ self.means / n).T
        return dict(zip(("mae", "accuracy", "within_one", "log_loss"), means, strict=True)) | {
            "quadratic_kappa": drawn_agreement(weights, self.answers, self.targets),
            "spearman": drawn_spearman(weights, *self.ranked),
            "ece": np.abs(weights @ self.gaps).sum(axis=1) / n,
        }
