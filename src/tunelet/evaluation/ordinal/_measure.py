"""How good predicted ratings are: point estimates and their intervals.

| figure | 95 % interval |
| --- | --- |
| mean absolute error | as a share of the whole scale: Wilson's for the effective number of texts |
| accuracy, within one | Wilson's |
| kappa, rank correlation | Fisher's z with the variance of the draws |
| log loss, calibration error | as of classes |
"""

import numpy as np

from tunelet.evaluation._bootstrap import Drawn, text_losses
from tunelet.evaluation._calibration import expected_calibration_error
from tunelet.evaluation._calibration_interval import calibration_interval
from tunelet.evaluation._clustered import clustered_interval
from tunelet.evaluation._correlations import correlation_bounds
from tunelet.evaluation._intervals import share_interval
from tunelet.evaluation._metrics import Confusion
from tunelet.evaluation._ranks import Ranked, drawn_agreement, drawn_spearman
from tunelet.evaluation._uncertainty import Bounds, loss_bounds, split_bounds
from tunelet.evaluation.ordinal._metrics import ORDINAL_NAMES, OrdinalMetrics
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions


def estimate(predictions: OrdinalPredictions) -> OrdinalMetrics:
    """Every metric of the predictions, at least one, without intervals."""
    from sklearn import metrics as sk

    labels, predicted, count = predictions.labels, predictions.predicted, len(predictions.label_names)
    once = np.ones((1, len(labels)))
    confusion = sk.confusion_matrix(labels, predicted, labels=np.arange(count)).astype(np.int64)
    values = {
        "mae": float(np.abs(predictions.answers - predictions.targets).mean()),
        "quadratic_kappa": float(drawn_agreement(once, predictions.answers, predictions.targets)[0]),
        "accuracy": float((predicted == labels).mean()),
        "within_one": float((np.abs(predicted - labels) <= 1).mean()),
        "spearman": float(drawn_spearman(once, Ranked(predictions.expected), Ranked(predictions.targets))[0]),
        "log_loss": float(text_losses(predictions.probabilities, labels).mean()),
        "ece": expected_calibration_error(predictions.confidence, predicted == labels),
    }
    shown = Confusion(labels=predictions.label_names, matrix=tuple(map(tuple, confusion.tolist())))
    return OrdinalMetrics.model_validate({**values, "n": len(labels), "confusion": shown})


def with_intervals(metrics: OrdinalMetrics, predictions: OrdinalPredictions, draws: Drawn) -> OrdinalMetrics:
    """The metrics of these predictions with their intervals, computed from existing draws."""
    n, steps = len(predictions), np.abs(predictions.predicted - predictions.labels)
    wrong = int((steps > 0).sum())
    bounds: dict[str, Bounds] = {
        "mae": mean_error_interval(predictions),
        "accuracy": share_interval(n - wrong, n),
        "within_one": share_interval(int((steps <= 1).sum()), n),
        "log_loss": loss_bounds(text_losses(predictions.probabilities, predictions.labels), wrong),
        "ece": calibration_interval(predictions),
    }
    for name in ("quadratic_kappa", "spearman"):
        bounds[name] = correlation_bounds(metrics.values[name], draws.values[name], n)
    return metrics.with_intervals(*split_bounds({name: bounds[name] for name in ORDINAL_NAMES}))


def mean_error_interval(predictions: OrdinalPredictions) -> tuple[float, float]:
    """95 % interval of the mean absolute error, which lies between 0 and the width of the scale."""
    scale = float(predictions.values[-1] - predictions.values[0])
    errors = np.abs(predictions.answers - predictions.targets) / scale
    low, high = clustered_interval(errors, np.ones(len(errors))) or (0.0, 1.0)
    return scale * low, scale * high
