"""How good a model is: the point estimates, all from scikit-learn, with their intervals, as one small object.

Notable: no value is made up. What the data cannot say (the recall of a class that does not occur, the precision of one
that was never predicted, a ROC AUC with one class only) is NaN here and null in JSON; a macro average is the mean over
the classes for which the value is defined, scikit-learn's own rule for `zero_division=nan`.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.errors import DataError, RunError
from tunelet.evaluation._bootstrap import mean_of_defined, percentile_intervals, resampled_metrics
from tunelet.evaluation._calibration import expected_calibration_error, share_interval
from tunelet.evaluation._predictions import Predictions, positive_label

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
        positive: the label that precision, recall and F1 speak of; None: they and the areas are means over all labels
            (macro averages), and "f1", which is "f1_macro" then, is left out.
    """
    if positive is not None:
        about = f" of {positive!r}"
        return {
            name: words + (about if name in ("precision", "recall", "f1") else "") for name, words in _WORDS.items()
        }
    macro = ("precision", "recall", "roc_auc", "average_precision")
    return {name: words + (", macro" if name in macro else "") for name, words in _WORDS.items() if name != "f1"}


@dataclass(frozen=True)
class ClassMetrics:
    """One class against the rest; NaN where a value is undefined.

    Args:
        label: the class's name.
        n: texts whose true class it is.
        predicted: texts that were predicted as it.
    """

    label: str
    n: int
    predicted: int
    precision: float
    recall: float
    f1: float
    roc_auc: float
    average_precision: float


@dataclass(frozen=True, eq=False)
class Metrics:
    """The metrics of one set of predictions.

    Args:
        values: the metrics in `METRIC_NAMES`; NaN where undefined.
        n: number of texts.
        intervals: (low, high) of the 95 % interval by metric, as `metric_intervals` has them; empty without draws.
        confusion: texts by class, int64 [true, predicted].
        per_class: one entry per label name, in their order.
        positive: the label that precision, recall, f1, roc_auc and average_precision speak of; None: macro averages.
    """

    values: Mapping[str, float]
    n: int
    intervals: Mapping[str, tuple[float, float]]
    confusion: NDArray[np.int64]
    per_class: tuple[ClassMetrics, ...]
    positive: str | None

    def to_dict(self) -> dict[str, Any]:
        """Strict JSON: `accuracy`, `accuracy_ci: [low, high]`, ..., `n`, `positive`, `confusion`, `per_class`.

        What is undefined is None: the value, and the whole interval.
        """
        flat: dict[str, Any] = {}
        for name in METRIC_NAMES:
            flat[name] = null_if_undefined(self.values[name])
            if name in self.intervals:
                low, high = self.intervals[name]
                flat[f"{name}_ci"] = None if math.isnan(low) or math.isnan(high) else [low, high]
        flat["n"] = self.n
        flat["positive"] = self.positive
        flat["confusion"] = {"labels": [row.label for row in self.per_class], "matrix": self.confusion.tolist()}
        flat["per_class"] = [
            {name: null_if_undefined(value) for name, value in asdict(row).items()} for row in self.per_class
        ]
        return flat

    @classmethod
    def from_dict(cls, flat: Mapping[str, Any]) -> "Metrics":
        """The inverse of `to_dict`; entries that it does not write are left alone.

        Raises:
            RunError: an entry is missing or damaged.
        """
        try:
            rows = [{field.name: row[field.name] for field in fields(ClassMetrics)} for row in flat["per_class"]]
            return cls(
                values={name: _nan_if_null(flat[name]) for name in METRIC_NAMES},
                n=flat["n"],
                intervals={name: _interval(flat[f"{name}_ci"]) for name in METRIC_NAMES if f"{name}_ci" in flat},
                confusion=np.array(flat["confusion"]["matrix"], dtype=np.int64),
                per_class=tuple(
                    ClassMetrics(**{name: _nan_if_null(value) for name, value in row.items()}) for row in rows
                ),
                positive=flat["positive"],
            )
        except (KeyError, IndexError, TypeError, ValueError) as fault:
            raise RunError(
                f"metrics as tunelet writes them were expected, found a missing or damaged entry ({fault!r})",
                "evaluate the run again to write them anew",
            ) from None


def measure(
    predictions: Predictions,
    *,
    positive: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
    draws: Mapping[str, NDArray[np.float64]] | None = None,
) -> Metrics:
    """Every metric of the predictions, with a 95 % interval from a stratified bootstrap.

    Args:
        predictions: at least one.
        positive: with two classes, the index of the one that precision, recall, f1, roc_auc and average_precision speak
            of; recognised by its name when None. With more classes these are macro averages, roc_auc one-vs-rest.
        resamples: draws of the bootstrap; 0 leaves the intervals out.
        seed: of the bootstrap; equal seeds give equal intervals.
        draws: the metrics on the resamples, where they are at hand; `resamples` and `seed` are not looked at then.

    Raises:
        DataError: no predictions, or a positive class that there cannot be.
    """
    if not len(predictions):
        raise DataError("metrics need at least one prediction, found none", "pass the predictions of some texts")
    if resamples < 0:
        raise DataError(f"resamples must be 0 or more, found {resamples}", "pass resamples=1000, or 0 for no intervals")
    names = predictions.label_names
    if positive is None:
        recognised = positive_label(names)
        positive = recognised.value if recognised else None
    elif len(names) != 2 or positive not in (0, 1):
        raise DataError(
            f"a positive class is 0 or 1, of two classes; found {positive} of {len(names)}", "leave positive out"
        )
    values, per_class, confusion = _point_estimates(predictions, positive)
    if draws is None and resamples:
        draws = resampled_metrics(predictions, positive=positive, resamples=resamples, seed=seed)
    return Metrics(
        values=values,
        n=len(predictions),
        intervals=metric_intervals(predictions, draws) if draws is not None else {},
        confusion=confusion,
        per_class=per_class,
        positive=None if positive is None else names[positive],
    )


def metric_intervals(
    predictions: Predictions, draws: Mapping[str, NDArray[np.float64]]
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of one model's metrics.

    Where every draw gives the same value, as with no error at all, the bootstrap has nothing to say: then the accuracy
    takes Wilson's interval (1927) and any other metric has none, (NaN, NaN).

    Args:
        predictions: that the draws are of.
        draws: metric -> [resamples].
    """
    found = percentile_intervals(draws)
    for name, values in draws.items():
        defined = values[~np.isnan(values)]
        if len(defined) and np.ptp(defined) < 1e-12:
            right = int((predictions.predicted == predictions.labels).sum())
            found[name] = share_interval(right, len(predictions)) if name == "accuracy" else (math.nan, math.nan)
    return found


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
        ClassMetrics(name, int(n), int(found), *(float(value) for value in row))
        for name, n, found, *row in zip(
            predictions.label_names,
            support,
            confusion.sum(axis=0),
            precision,
            recall,
            f1,
            roc_auc,
            average_precision,
            strict=True,
        )
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


def _nan_if_null(value: Any) -> Any:
    return math.nan if value is None else value


def _interval(bounds: Any) -> tuple[float, float]:
    return (math.nan, math.nan) if bounds is None else (bounds[0], bounds[1])
