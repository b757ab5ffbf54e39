"""How good a model of classes is: the point estimates, all from scikit-learn, and their intervals."""

import numpy as np
from numpy.typing import NDArray

from tunelet.errors import DataError
from tunelet.evaluation._bootstrap import Draws, mean_of_defined
from tunelet.evaluation._calibration import expected_calibration_error
from tunelet.evaluation._metrics import METRIC_NAMES, ClassMetrics, Confusion, Metrics
from tunelet.evaluation._predictions import Predictions, positive_label
from tunelet.evaluation._uncertainty import all_bounds, split_bounds


def positive_or_recognised(predictions: Predictions, positive: int | None) -> int | None:
    """The index of the positive class: the given one, or of two classes the one whose name says so.

    Raises:
        DataError: `positive` is no class's index.
    """
    names = predictions.label_names
    if positive is None:
        recognised = positive_label(names)
        return recognised.value if recognised else None
    if not 0 <= positive < len(names):
        raise DataError(
            f"a positive class is a number from 0 to {len(names) - 1}, found {positive}", "leave positive out"
        )
    return positive


def estimate(predictions: Predictions, positive: int | None) -> Metrics:
    """Every metric of the predictions, at least one, without intervals.

    Args:
        predictions: one class a text.
        positive: the class that precision, recall, f1, roc_auc and average_precision speak of; None: macro averages.
    """
    names = predictions.label_names
    values, per_class, confusion = _point_estimates(predictions, positive)
    return Metrics.model_validate(
        {
            **values,
            "n": len(predictions),
            "positive": None if positive is None else names[positive],
            "confusion": Confusion(labels=names, matrix=tuple(map(tuple, confusion.tolist()))),
            "per_class": per_class,
        }
    )


def with_intervals(metrics: Metrics, predictions: Predictions, draws: Draws) -> Metrics:
    """The metrics of these predictions with their intervals, computed from existing draws."""
    positive = None if metrics.positive is None else predictions.label_names.index(metrics.positive)
    areas = {
        name: np.array([row.values[name] for row in metrics.per_class]) for name in ("roc_auc", "average_precision")
    }
    bounds, rows = all_bounds(predictions, metrics.confusion.counts, areas, draws, positive)
    intervals, reasons = split_bounds({name: bounds[name] for name in METRIC_NAMES})
    per_class = tuple(
        row.with_intervals(*split_bounds(of_class)) for row, of_class in zip(metrics.per_class, rows, strict=True)
    )
    return metrics.with_intervals(intervals, reasons, per_class=per_class)


def _point_estimates(
    predictions: Predictions, positive: int | None
) -> tuple[dict[str, float], tuple[ClassMetrics, ...], NDArray[np.int64]]:
    """The values by name, the table of classes, and the confusion matrix int64 [true, predicted]."""
    from sklearn import metrics as sk

    labels, predicted, probabilities = predictions.labels, predictions.predicted, predictions.probabilities
    classes = np.arange(len(predictions.label_names))
    confusion = sk.confusion_matrix(labels, predicted, labels=classes).astype(np.int64)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=np.nan
    )
    support = confusion.sum(axis=1)
    # A ranking needs both sides; average precision needs only the positive one.
    roc_auc = [
        sk.roc_auc_score(labels == label, probabilities[:, label]) if 0 < support[label] < len(labels) else np.nan
        for label in classes
    ]
    average_precision = [
        sk.average_precision_score(labels == label, probabilities[:, label]) if support[label] else np.nan
        for label in classes
    ]
    per_class = tuple(
        ClassMetrics(
            label=name,
            n=int(support[label]),
            predicted=int(confusion[:, label].sum()),
            precision=float(precision[label]),
            recall=float(recall[label]),
            f1=float(f1[label]),
            roc_auc=float(roc_auc[label]),
            average_precision=float(average_precision[label]),
        )
        for label, name in enumerate(predictions.label_names)
    )
    by_class = {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "roc_auc": roc_auc,
        "average_precision": average_precision,
    }
    if positive is None:
        chosen = {name: float(mean_of_defined(np.asarray(row))) for name, row in by_class.items()}
    else:
        chosen = {name: float(row[positive]) for name, row in by_class.items()}
    values = {
        **chosen,
        "accuracy": float(np.mean(labels == predicted)),
        "f1_weighted": float(f1[support > 0] @ support[support > 0] / len(labels)),  # a class with texts has an F1
        "f1_macro": float(mean_of_defined(f1)),
        "log_loss": float(sk.log_loss(labels, probabilities, labels=classes)),
        "ece": expected_calibration_error(predictions.confidence, labels == predicted),
    }
    return {name: values[name] for name in METRIC_NAMES}, per_class, confusion
