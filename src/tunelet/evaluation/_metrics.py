"""The metrics of a model as records: their names, their values, their intervals, and why one has none.

Notable: no value is invented. What the data cannot say (the recall of a class that does not occur, the precision of one
that was never predicted, a ROC AUC with one class only) is None, and null in JSON; a macro average is the mean over
the classes for which the value is defined, scikit-learn's own rule for `zero_division=nan`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tunelet._record import Interval, Record, Value, as_bounds, as_number
from tunelet._words import interval

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
LOWER_IS_BETTER = frozenset({"log_loss", "ece", "hamming_loss", "mae", "rmse", "width"})
RANGES = {  # of metrics that do not lie between 0 and 1
    **dict.fromkeys(("log_loss", "mae", "rmse", "width"), (0.0, float("inf"))),
    **dict.fromkeys(("quadratic_kappa", "spearman", "pearson"), (-1.0, 1.0)),
    "r2": (-float("inf"), 1.0),
}
OF_A_CLASS = ("precision", "recall", "f1", "roc_auc", "average_precision")
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
        return {name: words + (about if name in OF_A_CLASS else "") for name, words in _WORDS.items()}
    macro = ("precision", "recall", "roc_auc", "average_precision")
    return {name: words + (", macro" if name in macro else "") for name, words in _WORDS.items() if name != "f1"}


class Measured(Record):
    """Figures by name, each as NAME with its 95 % interval as NAME_ci; None where the data cannot say.

    A subclass declares its metrics, `n` for the number of texts, and `no_interval`: by metric, why it has no interval.
    """

    metric_names: ClassVar[tuple[str, ...]] = METRIC_NAMES
    main: ClassVar[str] = "accuracy"  # the figure by which two models are called better and worse
    loss: ClassVar[str] = "log_loss"  # the figure that training lowers
    words: ClassVar[Mapping[str, str]] = {}  # what pages and screens call each; of classes `metric_words` has them

    if TYPE_CHECKING:  # declared by each, in the order in which JSON has them
        no_interval: Mapping[str, str]

    @classmethod
    def named(cls, positive: str | None = None) -> Mapping[str, str]:
        """What pages and screens call each metric, in their order; the positive label is of classes alone."""
        return cls.words or metric_words(positive)

    def value(self, name: str) -> float | None:
        """The value of the metric of this name; None where it is undefined."""
        value: float | None = getattr(self, name)
        return value

    def interval(self, name: str) -> tuple[float, float] | None:
        """The 95 % interval of the metric of this name; None where it has none."""
        bounds: tuple[float, float] | None = getattr(self, f"{name}_ci")
        return bounds

    def why_no_interval(self, name: str) -> str:
        """Why the metric of this name has no interval."""
        return self.no_interval.get(name, "undefined")

    def interval_or_why(self, name: str) -> str:
        """In words, the interval of the metric of this name, or why it has none."""
        return interval(self.interval(name)) or f"none: {self.why_no_interval(name)}"

    @property
    def values(self) -> dict[str, float]:
        """Metric -> value, for arithmetic: NaN where undefined."""
        return {name: as_number(self.value(name)) for name in self.metric_names}

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Metric -> interval, for arithmetic: (NaN, NaN) where there is none; empty where none was computed."""
        there = [name for name in self.metric_names if f"{name}_ci" in self.model_fields_set]
        return {name: as_bounds(self.interval(name)) for name in there}

    def with_intervals(
        self, intervals: Mapping[str, tuple[float, float]], no_interval: Mapping[str, str], **others: Any
    ) -> Self:
        """The same figures with their intervals, (NaN, NaN) where there is none, and the reasons."""
        bounds = {f"{name}_ci": limits for name, limits in intervals.items()}
        return self.changed(**bounds, no_interval=dict(no_interval), **others)


class ClassMetrics(Measured):
    """The metrics of one class against the rest.

    Attributes:
        label: the class's name.
        n: texts whose true class it is.
        predicted: texts that were predicted as it.
    """

    metric_names = OF_A_CLASS

    label: str
    n: int
    predicted: int
    precision: Value
    precision_ci: Interval = None
    recall: Value
    recall_ci: Interval = None
    f1: Value
    f1_ci: Interval = None
    roc_auc: Value
    roc_auc_ci: Interval = None
    average_precision: Value
    average_precision_ci: Interval = None
    no_interval: Mapping[str, str] = Field(default_factory=dict)


class Confusion(Record):
    """The confusion matrix: how many texts have each pair of true and predicted class.

    Attributes:
        labels: of the classes.
        matrix: a row for each true class, a column for each predicted one.
    """

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]

    @property
    def counts(self) -> NDArray[np.int64]:
        """The matrix as int64 [true, predicted]."""
        return np.array(self.matrix, dtype=np.int64)


class Metrics(Measured):
    """The metrics of one set of predictions, each with its 95 % interval; None where the data cannot say.

    Intervals are there where the bootstrap drew. JSON has the same names: `accuracy`, `accuracy_ci: [low, high]`, ...,
    `n`, `positive`, `confusion`, `per_class`; what is undefined is null, and `no_interval` says why, by metric.

    Attributes:
        n: number of texts.
        positive: the label that precision, recall, f1, roc_auc and average_precision speak of; None: macro averages.
        no_interval: why there is none, by metric.
        confusion: texts by true and predicted class.
        per_class: one entry per label name, in their order.
    """

    accuracy: float
    accuracy_ci: Interval = None
    precision: Value
    precision_ci: Interval = None
    recall: Value
    recall_ci: Interval = None
    f1: Value
    f1_ci: Interval = None
    f1_weighted: Value
    f1_weighted_ci: Interval = None
    f1_macro: Value
    f1_macro_ci: Interval = None
    roc_auc: Value
    roc_auc_ci: Interval = None
    average_precision: Value
    average_precision_ci: Interval = None
    log_loss: float
    log_loss_ci: Interval = None
    ece: float
    ece_ci: Interval = None
    n: int
    positive: str | None
    no_interval: Mapping[str, str] = Field(default_factory=dict)
    confusion: Confusion
    per_class: tuple[ClassMetrics, ...]
