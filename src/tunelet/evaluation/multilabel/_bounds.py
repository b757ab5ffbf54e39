"""The 95 % interval of every figure of several labels a text, or in words why it has none.

| figure | interval |
| --- | --- |
| precision, recall and F1 of a label, and both areas | as of a class against the rest, see `_uncertainty` |
| means over labels | of the labels' own intervals; labels of a text go together as in the data |
| micro F1, precision, recall; Hamming loss; F1 of a text | Wilson's for the effective number of decisions |
| all labels right | Wilson's |
| log loss | Student's of the logarithm of the texts' mean losses |
| calibration error | the true errors that noise lets look so, whose size is that of the texts |
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._bootstrap import Draws
from tunelet.evaluation._calibration import BINS, confidence_bins
from tunelet.evaluation._calibration_interval import DRAWS, compatible_errors, few, with_estimate
from tunelet.evaluation._clustered import clustered_interval
from tunelet.evaluation._intervals import share_interval
from tunelet.evaluation._uncertainty import (
    UNDEFINED,
    Areas,
    Bounds,
    correlation_of,
    loss_bounds,
    mean_f1_interval,
    rate_bounds,
    too_few,
)
from tunelet.evaluation.multilabel._draws import decision_losses, text_f1, text_gaps
from tunelet.evaluation.multilabel._metrics import MultilabelMetrics
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions

Floats = NDArray[np.float64]


def all_bounds(
    metrics: MultilabelMetrics, predictions: MultilabelPredictions, draws: Draws
) -> tuple[dict[str, Bounds], list[dict[str, Bounds]]]:
    """The interval of every metric, and of the figures of every label.

    Args:
        metrics: of these predictions, without intervals.
        predictions: at least one.
        draws: of their metrics.
    """
    labels, predicted, names = predictions.labels, predictions.predicted, predictions.label_names
    hits, support, called = (which.sum(axis=0) for which in (labels & predicted, labels, predicted))
    areas = {
        name: np.array([row.values[name] for row in metrics.per_label]) for name in ("roc_auc", "average_precision")
    }
    ranked = Areas(support, len(labels), names, areas, draws)
    rows = [
        rate_bounds(int(hits[label]), int(support[label]), int(called[label])) | ranked.of_class(label)
        for label in range(len(names))
    ]
    right, union = (labels & predicted).sum(axis=1), (labels | predicted).sum(axis=1)
    jaccard = clustered_interval(right, union)
    bounds: dict[str, Bounds] = {
        **ranked.means(),
        "f1_macro": _macro_f1(labels, predicted, names),
        "f1_micro": UNDEFINED if jaccard is None else (_f1(jaccard[0]), _f1(jaccard[1])),
        "f1_samples": _share(text_f1(predictions), np.ones(len(labels))),
        "precision_micro": _share(right, predicted.sum(axis=1)),
        "recall_micro": _share(right, labels.sum(axis=1)),
        "subset_accuracy": share_interval(int((labels == predicted).all(axis=1).sum()), len(labels)),
        "hamming_loss": _share((labels != predicted).sum(axis=1), np.full(len(labels), len(names))),
        "log_loss": loss_bounds(decision_losses(predictions).mean(axis=1), _wrong(predictions)),
        "ece": _calibration(predictions),
    }
    return bounds, rows


def _share(hits: NDArray[np.number], sizes: NDArray[np.number]) -> Bounds:
    return clustered_interval(hits, sizes) or UNDEFINED


def _f1(jaccard: float) -> float:
    return 2 * jaccard / (1 + jaccard)


def _wrong(predictions: MultilabelPredictions) -> int:
    """Texts with a wrong label, or without a right one."""
    return int((predictions.labels != predictions.predicted).any(axis=1).sum())


def _macro_f1(labels: NDArray[np.bool_], predicted: NDArray[np.bool_], names: Sequence[str]) -> Bounds:
    """The labels' correlation follows from what each text does to each F1 (the delta method)."""
    hits, both = labels & predicted, labels.sum(axis=0) + predicted.sum(axis=0)
    if why := too_few(labels.sum(axis=0), names):
        return why
    f1 = 2 * hits.sum(axis=0) / both
    influence = (2 * hits - f1 * (labels.astype(np.float64) + predicted)).T
    return mean_f1_interval(hits.sum(axis=0), (labels | predicted).sum(axis=0), correlation_of(influence))


def _calibration(predictions: MultilabelPredictions) -> Bounds:
    """As `calibration_interval`, with noise that has the covariance of what the texts add to the bins."""
    n, count = predictions.labels.shape
    if why := few(n, _wrong(predictions)):
        return why
    gaps = text_gaps(predictions) / count
    apart = gaps - gaps.mean(axis=0)
    covariance = apart.T @ apart / n**2
    values, vectors = np.linalg.eigh(covariance)
    noise = np.random.default_rng(0).normal(size=(DRAWS, len(values))) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    measured = gaps.mean(axis=0)
    sizes = np.bincount(confidence_bins(predictions.probabilities.ravel()), minlength=BINS) / (n * count)
    return with_estimate(compatible_errors(measured, sizes, noise), measured)
