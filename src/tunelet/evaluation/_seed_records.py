"""What several seeds came to, as records: each metric's mean, deviation and interval."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import create_model

from tunelet._record import Interval, Value
from tunelet.evaluation._metrics import Measured, Metrics
from tunelet.evaluation.multilabel._metrics import MultilabelMetrics
from tunelet.evaluation.ordinal._metrics import OrdinalMetrics
from tunelet.evaluation.regression._metrics import ValueMetrics


class SeedMeasured(Measured):
    """Figures of several seeds on the same texts, each with its deviation as NAME_sd; None where undefined."""

    if TYPE_CHECKING:  # declared by each
        n: int

    def deviation(self, name: str) -> float | None:
        """The standard deviation over seeds of the metric of this name; None of a single seed."""
        deviation: float | None = getattr(self, f"{name}_sd")
        return deviation


class SeedMetrics(SeedMeasured):
    """Metrics of several seeds on the same texts: means, deviations and intervals; None where undefined.

    Attributes:
        NAME: the mean of a metric.
        NAME_sd: its standard deviation over seeds (n - 1); None of a single one.
        NAME_ci: 95 % interval of the mean, over texts and seeds.
        n: texts.
        no_interval: why there is none, by metric.
    """

    accuracy: float
    accuracy_sd: Value
    accuracy_ci: Interval
    precision: Value
    precision_sd: Value
    precision_ci: Interval
    recall: Value
    recall_sd: Value
    recall_ci: Interval
    f1: Value
    f1_sd: Value
    f1_ci: Interval
    f1_weighted: Value
    f1_weighted_sd: Value
    f1_weighted_ci: Interval
    f1_macro: Value
    f1_macro_sd: Value
    f1_macro_ci: Interval
    roc_auc: Value
    roc_auc_sd: Value
    roc_auc_ci: Interval
    average_precision: Value
    average_precision_sd: Value
    average_precision_ci: Interval
    log_loss: float
    log_loss_sd: Value
    log_loss_ci: Interval
    ece: float
    ece_sd: Value
    ece_ci: Interval
    n: int
    no_interval: Mapping[str, str]


@cache
def seed_record(record: type[Measured]) -> type[SeedMeasured]:
    """The record of several seeds that belongs to the record of one run: NAME, NAME_sd and NAME_ci of each metric."""
    if record is Metrics:
        return SeedMetrics
    fields: dict[str, Any] = {}
    for name in record.metric_names:
        fields |= {name: (Value, ...), f"{name}_sd": (Value, ...), f"{name}_ci": (Interval, ...)}
    fields |= {"n": (int, ...), "no_interval": (Mapping[str, str], ...)}
    made = create_model(f"Seed{record.__name__}", __base__=SeedMeasured, __doc__=SeedMeasured.__doc__, **fields)
    made.metric_names, made.main, made.words = record.metric_names, record.main, record.words
    return made


if TYPE_CHECKING:
    AnySeedMetrics = SeedMeasured
else:  # as an entry of a record: whichever of them a file holds, for no two have the same names
    AnySeedMetrics = (
        SeedMetrics | seed_record(MultilabelMetrics) | seed_record(OrdinalMetrics) | seed_record(ValueMetrics)
    )
