"""How good a model is: the point estimates, all from scikit-learn, with their intervals, as one small object.

Notable: no value is made up. What the data cannot say (the recall of a class that does not occur, the precision of one
that was never predicted, a ROC AUC with one class only) is NaN here and null in JSON; a macro average is the mean over
the classes for which the value is defined, scikit-learn's own rule for `zero_division=nan`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.errors import DataError, RunError
from tunelet.evaluation._bootstrap import Draws, mean_of_defined, resampled_metrics
from tunelet.evaluation._calibration import expected_calibration_error
from tunelet.evaluation._predictions import Predictions, positive_label
from tunelet.evaluation._uncertainty import all_bounds, split_bounds

METRIC_NAMES = (
    "accuracy",
    "precision",
    "recall",
    "f1",
    "f1_weighted",
    "f1_macro",
    "roc_auc",
    "average_precision",
    "log_loss",
    "ece",
)
_OF_A_CLASS = ("precision", "recall", "f1", "roc_auc", "average_precision")
_WORDS = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "f1_weighted": "F1, weighted",
    "f1_macro": "F1, macro",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "ece": "calibration error (ECE)",
}


def metric_words(positive: str | None) -> dict[str, str]:
    """What pages and screens call each metric, in their order.

    Args:
        positive: the label that precision, recall, F1 and the areas speak of; None: they are means over all labels
            (macro averages), and "f1", which is "f1_macro" then, is left out.
    """
    if positive is not None:
        about = f" of {positive!r}"
        return {name: words + (about if name in _OF_A_CLASS else "") for name, words in _WORDS.items()}
    macro = ("precision", "recall", "roc_auc", "average_precision")
    return {name: words + (", macro" if name in macro else "") for name, words in _WORDS.items() if name != "f1"}


@dataclass(frozen=True)
class ClassMetrics:
    """One class against the rest; NaN where a value is undefined.

    Args:
        label: the class's name.
        n: texts whose true class it is.
        predicted: texts that were predicted as it.
        intervals: (low, high) of the 95 % interval by metric, (NaN, NaN) where there is none; empty without draws.
        no_interval: why there is none, by metric.
    """

    label: str
    n: int
    predicted: int
    precision: float
    recall: float
    f1: float
    roc_auc: float
    average_precision: float
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    no_interval: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Strict JSON, as `Metrics.to_dict` has it."""
        flat: dict[str, Any] = {"label": self.label, "n": self.n, "predicted": self.predicted}
        values = {name: getattr(self, name) for name in _OF_A_CLASS}
        return flat | _flat(values, self.intervals) | _reasons(self.intervals, self.no_interval)

    @classmethod
    def from_dict(cls, flat: Mapping[str, Any]) -> "ClassMetrics":
        """The inverse."""
        values = {name: _nan_if_null(flat[name]) for name in _OF_A_CLASS}
        return cls(
            flat["label"], flat["n"], flat["predicted"], **values,
            intervals=_intervals(flat, _OF_A_CLASS), no_interval=flat.get("no_interval", {}),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Metrics:
    """The metrics of one set of predictions.

    Args:
        values: the metrics in `METRIC_NAMES`; NaN where undefined.
        n: number of texts.
        intervals: (low, high) of the 95 % interval by metric, (NaN, NaN) where there is none; empty without draws.
        confusion: texts by class, int64 [true, predicted].
        per_class: one entry per label name, in their order.
        positive: the label that precision, recall, f1, roc_auc and average_precision speak of; None: macro averages.
        no_interval: why there is none, by metric.
    """

    values: Mapping[str, float]
    n: int
    intervals: Mapping[str, tuple[float, float]]
    confusion: NDArray[np.int64]
    per_class: tuple[ClassMetrics, ...]
    positive: str | None
    no_interval: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Strict JSON: `accuracy`, `accuracy_ci: [low, high]`, ..., `n`, `positive`, `confusion`, `per_class`.

        What is undefined is None: the value, and the whole interval. `no_interval` says why, by metric.
        """
        return {
            **_flat(self.values, self.intervals),
            "n": self.n,
            "positive": self.positive,
            **_reasons(self.intervals, self.no_interval),
            "confusion": {"labels": [row.label for row in self.per_class], "matrix": self.confusion.tolist()},
            "per_class": [row.to_dict() for row in self.per_class],
        }

    @classmethod
    def from_dict(cls, flat: Mapping[str, Any]) -> "Metrics":
        """The inverse of `to_dict`; entries that it does not write are left alone.

        Raises:
            RunError: an entry is missing or damaged.
        """
        try:
            return cls(
                values={name: _nan_if_null(flat[name]) for name in METRIC_NAMES},
                n=flat["n"],
                intervals=_intervals(flat, METRIC_NAMES),
                confusion=np.array(flat["confusion"]["matrix"], dtype=np.int64),
                per_class=tuple(ClassMetrics.from_dict(row) for row in flat["per_class"]),
                positive=flat["positive"],
                no_interval=flat.get("no_interval", {}),
            )
        except (KeyError, IndexError, TypeError, ValueError) as fault:
            raise RunError(
                f"metrics as tunelet writes them were expected, found a missing or damaged entry ({fault!r})",
                "evaluate the run again to write them anew",
            ) from None


def _flat(values: Mapping[str, float], intervals: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """NAME and NAME_ci of each metric."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat[name] = null_if_undefined(value)
        if name in intervals:
            flat[f"{name}_ci"] = bounds_or_null(intervals[name])
    return flat


def _reasons(intervals: Mapping[str, Any], no_interval: Mapping[str, str]) -> dict[str, Any]:
    return {"no_interval": dict(no_interval)} if intervals else {}


def _intervals(flat: Mapping[str, Any], names: Sequence[str]) -> dict[str, tuple[float, float]]:
    return {
        name: (math.nan, math.nan) if (found := flat[f"{name}_ci"]) is None else (found[0], found[1])
        for name in names
        if f"{name}_ci" in flat
    }


def measure(
    predictions: Predictions,
    *,
    positive: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Metrics:
    """Every metric of the predictions, each with its 95 % interval or why there is none (see `_uncertainty`).

    Args:
        predictions: at least one.
        positive: the index of the class that precision, recall, f1, roc_auc and average_precision speak of, against
            the rest; None: of two classes the one that its name gives away, of more these are macro averages.
        resamples: draws of the bootstrap; 0 leaves the intervals out.
        seed: of the bootstrap; equal seeds give equal intervals.

    Raises:
        DataError: no predictions, or a positive class that there cannot be.
    """
    if not len(predictions):
        raise DataError("metrics need at least one prediction, found none", "pass a text and its label")
    if resamples < 0:
        raise DataError(f"resamples must be 0 or more, found {resamples}", "pass resamples=0 for no intervals")
    names = predictions.label_names
    if positive is None:
        recognised = positive_label(names)
        positive = recognised.value if recognised else None
    elif not 0 <= positive < len(names):
        raise DataError(
            f"a positive class is a number from 0 to {len(names) - 1}, found {positive}", "leave positive out"
        )
    values, per_class, confusion = _point_estimates(predictions, positive)
    found = Metrics(values, len(predictions), {}, confusion, per_class, None if positive is None else names[positive])
    if not resamples:
        return found
    draws = resampled_metrics(predictions, positive=positive, resamples=resamples, seed=seed)
    return with_intervals(found, predictions, draws)


def with_intervals(found: Metrics, predictions: Predictions, draws: Draws) -> Metrics:
    """The metrics of these predictions with their intervals, from draws that are at hand."""
    positive = None if found.positive is None else predictions.label_names.index(found.positive)
    areas = {
        name: np.array([getattr(row, name) for row in found.per_class]) for name in ("roc_auc", "average_precision")
    }
    bounds, rows = all_bounds(predictions, found.confusion, areas, draws, positive)
    intervals, reasons = split_bounds({name: bounds[name] for name in METRIC_NAMES})
    per_class = []
    for row, of_class in zip(found.per_class, rows, strict=True):
        own, why = split_bounds(of_class)
        per_class.append(replace(row, intervals=own, no_interval=why))
    return replace(found, intervals=intervals, no_interval=reasons, per_class=tuple(per_class))


def _point_estimates(
    predictions: Predictions, positive: int | None
) -> tuple[dict[str, float], tuple[ClassMetrics, ...], NDArray[np.int64]]:
    """The values by name, the table of classes, and the confusion matrix int64 [true, predicted]."""
    from sklearn import metrics as sk

    labels, predicted, probabilities = predictions.labels, predictions.predicted, predictions.probabilities
    classes = np.arange(len(predictions.label_names))
    rates = {"labels": classes, "zero_division": np.nan}
    confusion = sk.confusion_matrix(labels, predicted, labels=classes).astype(np.int64)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(labels, predicted, **rates)
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
            name,
            int(support[label]),
            int(confusion[:, label].sum()),
            float(precision[label]),
            float(recall[label]),
            float(f1[label]),
            float(roc_auc[label]),
            float(average_precision[label]),
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
        chosen = {name: float(mean_of_defined(np.asarray(found))) for name, found in by_class.items()}
    else:
        chosen = {name: float(found[positive]) for name, found in by_class.items()}
    values = {
        **chosen,
        "accuracy": float(sk.accuracy_score(labels, predicted)),
        "f1_weighted": float(sk.f1_score(labels, predicted, average="weighted", **rates)),
        "f1_macro": float(sk.f1_score(labels, predicted, average="macro", **rates)),
        "log_loss": float(sk.log_loss(labels, probabilities, labels=classes)),
        "ece": expected_calibration_error(predictions.confidence, labels == predicted),
    }
    return {name: values[name] for name in METRIC_NAMES}, per_class, confusion


def null_if_undefined(value: Any) -> Any:
    """NaN as None, for strict JSON."""
    return None if isinstance(value, float) and math.isnan(value) else value


def bounds_or_null(bounds: tuple[float, float]) -> list[float] | None:
    """An interval for strict JSON; None where there is none."""
    return None if math.isnan(bounds[0]) or math.isnan(bounds[1]) else [bounds[0], bounds[1]]


def _nan_if_null(value: Any) -> Any:
    return math.nan if value is None else value
