"""How good predictions of several labels a text are: point estimates, from scikit-learn, and their intervals."""

from collections.abc import Sequence

import numpy as np

from tunelet.evaluation._bootstrap import Draws, mean_of_defined
from tunelet.evaluation._calibration import expected_calibration_error
from tunelet.evaluation._uncertainty import split_bounds
from tunelet.evaluation.multilabel._bounds import all_bounds
from tunelet.evaluation.multilabel._draws import decision_losses, text_f1
from tunelet.evaluation.multilabel._metrics import MULTILABEL_NAMES, LabelMetrics, MultilabelMetrics
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions


def estimate(predictions: MultilabelPredictions) -> MultilabelMetrics:
    """Every metric of the predictions, at least one, without intervals."""
    from sklearn import metrics as sk

    labels, predicted, probabilities = predictions.labels, predictions.predicted, predictions.probabilities
    precision, recall, f1, _ = sk.precision_recall_fscore_support(
        labels.ravel(), predicted.ravel(), average="binary", zero_division=np.nan
    )
    per_label = tuple(_of_label(predictions, label) for label in range(labels.shape[1]))
    values = {
        "f1_macro": _mean(per_label, "f1"),
        "f1_micro": float(f1),
        "f1_samples": float(text_f1(predictions).mean()),
        "precision_micro": float(precision),
        "recall_micro": float(recall),
        "subset_accuracy": float((labels == predicted).all(axis=1).mean()),
        "hamming_loss": float((labels != predicted).mean()),
        "average_precision": _mean(per_label, "average_precision"),
        "roc_auc": _mean(per_label, "roc_auc"),
        "log_loss": float(decision_losses(predictions).mean()),
        "ece": expected_calibration_error(probabilities.ravel(), labels.ravel()),
    }
    return MultilabelMetrics.model_validate({**values, "n": len(labels), "per_label": per_label})


def with_intervals(metrics: MultilabelMetrics, predictions: MultilabelPredictions, draws: Draws) -> MultilabelMetrics:
    """The metrics of these predictions with their intervals, computed from existing draws."""
    bounds, rows = all_bounds(metrics, predictions, draws)
    intervals, reasons = split_bounds({name: bounds[name] for name in MULTILABEL_NAMES})
    per_label = tuple(
        row.with_intervals(*split_bounds(of_label)) for row, of_label in zip(metrics.per_label, rows, strict=True)
    )
    return metrics.with_intervals(intervals, reasons, per_label=per_label)


def _of_label(predictions: MultilabelPredictions, label: int) -> LabelMetrics:
    """The figures of one label; None where no text has it, or for its ROC AUC all have it."""
    from sklearn import metrics as sk

    truth, called = predictions.labels[:, label], predictions.predicted[:, label]
    score, support = predictions.probabilities[:, label], int(truth.sum())
    precision, recall, f1, _ = sk.precision_recall_fscore_support(truth, called, average="binary", zero_division=np.nan)
    return LabelMetrics(
        label=predictions.label_names[label],
        n=support,
        predicted=int(called.sum()),
        precision=float(precision),
        recall=float(recall),
        f1=float(f1),
        roc_auc=float(sk.roc_auc_score(truth, score)) if 0 < support < len(truth) else None,
        average_precision=float(sk.average_precision_score(truth, score)) if support else None,
        threshold=float(np.median(predictions.thresholds[..., label])),
    )


def _mean(per_label: Sequence[LabelMetrics], name: str) -> float:
    """The mean over the labels for which the value is defined; NaN where it is for none."""
    return float(mean_of_defined(np.array([row.values[name] for row in per_label])))
