"""The metrics of several labels a text on resamples of the texts; labels of a text are drawn together.

As `_bootstrap` has them: a resample is a row of weights, and every metric of a draw follows from the same row. Counts
of all labels are one product of matrices.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._bootstrap import Draws, Ranking, draw_weights, joined, mean_of_defined, ratio
from tunelet.evaluation._calibration import BINS, confidence_bins
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def paired_draws(models: Sequence[MultilabelPredictions], *, resamples: int, seed: int) -> list[Draws]:
    """The metrics of each model on resamples of the texts; draw by draw, all are measured on the same.

    Args:
        models: predictions for the same texts in the same order, at least one text.
        resamples: draws, at least 1.
        seed: of them.
    """
    resampled = [_Resampled(predictions) for predictions in models]
    chunks: list[list[Draws]] = [[] for _ in models]
    for weights in draw_weights(len(models[0]), resamples, seed):
        for parts, model in zip(chunks, resampled, strict=True):
            parts.append(model.metrics(weights))
    return [joined(parts) for parts in chunks]


def decision_losses(predictions: MultilabelPredictions) -> Floats:
    """The log loss of every decision, float64 [n, labels], kept finite as scikit-learn's is."""
    epsilon = np.finfo(np.float64).eps
    chances = np.where(predictions.labels, predictions.probabilities, 1 - predictions.probabilities)
    losses: Floats = -np.log(np.clip(chances, epsilon, 1 - epsilon))
    return losses


def text_f1(predictions: MultilabelPredictions) -> Floats:
    """The F1 of each text's set of labels, [n]; 1 where it has none and was given none."""
    both = predictions.labels.sum(axis=1) + predictions.predicted.sum(axis=1)
    hits = (predictions.labels & predictions.predicted).sum(axis=1)
    values: Floats = np.where(both > 0, 2 * hits / np.maximum(both, 1), 1.0)
    return values


def text_gaps(predictions: MultilabelPredictions, bins: int = BINS) -> Floats:
    """What each text adds to the distance of labels and probabilities in each bin of probability, [n, bins]."""
    n, count = predictions.probabilities.shape
    owner = confidence_bins(predictions.probabilities.ravel(), bins) + np.repeat(np.arange(n), count) * bins
    gaps = (predictions.labels - predictions.probabilities).ravel()
    return np.bincount(owner, weights=gaps, minlength=n * bins).reshape(n, bins).astype(np.float64)


class _Resampled:
    """The metrics of one model's predictions, for any weights of the texts."""

    def __init__(self, predictions: MultilabelPredictions) -> None:
        labels, predicted = predictions.labels, predictions.predicted
        self.count = len(predictions.label_names)
        self.counted = np.concatenate([labels & predicted, labels, predicted], axis=1).astype(np.float64)
        exact = (labels == predicted).all(axis=1)
        wrong = (labels != predicted).mean(axis=1)
        self.means = np.stack([text_f1(predictions), exact, wrong, decision_losses(predictions).mean(axis=1)], axis=1)
        self.gaps = text_gaps(predictions)
        self.rankings = {
            label: Ranking.of(predictions.probabilities[:, label], labels[:, label])
            for label in range(self.count)
            if labels[:, label].any()
        }

    def metrics(self, weights: Integers) -> Draws:
        """Each metric of each draw: weights [draws, n]."""
        real, n = weights.astype(np.float64), weights.shape[1]
        hits, support, predicted = (part.T for part in np.split(real @ self.counted, 3, axis=1))
        roc_auc, average = (np.full((self.count, len(weights)), np.nan) for _ in range(2))
        for label, ranking in self.rankings.items():
            roc_auc[label], average[label] = ranking.areas(weights)
        right, called, there = hits.sum(axis=0), predicted.sum(axis=0), support.sum(axis=0)
        means = dict(
            zip(("f1_samples", "subset_accuracy", "hamming_loss", "log_loss"), (real @ self.means / n).T, strict=True)
        )
        values = means | {
            "f1_macro": mean_of_defined(ratio(2 * hits, predicted + support)),
            "f1_micro": ratio(2 * right, called + there),
            "precision_micro": ratio(right, called),
            "recall_micro": ratio(right, there),
            "average_precision": mean_of_defined(average),
            "roc_auc": mean_of_defined(roc_auc),
            "ece": np.abs(real @ self.gaps).sum(axis=1) / (n * self.count),
        }
        return Draws(values, roc_auc, average)
