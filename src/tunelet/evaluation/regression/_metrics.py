"""The metrics of predicted numbers, as a record."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from tunelet._record import Interval, Value
from tunelet.evaluation._metrics import Measured

VALUE_NAMES = ("mae", "rmse", "r2", "pearson", "spearman", "coverage", "width")


class ValueMetrics(Measured):
    """The metrics of one set of predictions, each with its 95 % interval; None where the data cannot say.

    Attributes:
        mae: mean absolute error.
        rmse: root of the mean squared error.
        r2: share of the variance that is explained; below 0 where the mean of these texts would be better.
        pearson, spearman: correlation of the predicted numbers, or of their ranks, with the true ones.
        coverage: share of the texts whose number lies in its interval; None without intervals.
        width: mean width of these intervals; None without them, or where one has no end.
        n: number of texts.
    """

    metric_names = VALUE_NAMES
    main = "mae"
    loss = "rmse"
    words: ClassVar[Mapping[str, str]] = {
        "mae": "mean absolute error",
        "rmse": "root mean squared error",
        "r2": "explained variance (R squared)",
        "pearson": "correlation (Pearson)",
        "spearman": "rank correlation (Spearman)",
        "coverage": "in the interval",
        "width": "width of the interval, mean",
    }

    mae: float
    mae_ci: Interval = None
    rmse: float
    rmse_ci: Interval = None
    r2: Value
    r2_ci: Interval = None
    pearson: Value
    pearson_ci: Interval = None
    spearman: Value
    spearman_ci: Interval = None
    coverage: Value
    coverage_ci: Interval = None
    width: Value
    width_ci: Interval = None
    n: int
    no_interval: Mapping[str, str] = Field(default_factory=dict)
