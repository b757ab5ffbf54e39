"""The metrics of predicted ratings, as a record."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from tunelet._record import Interval, Value
from tunelet.evaluation._metrics import Confusion, Measured

ORDINAL_NAMES = ("mae", "quadratic_kappa", "accuracy", "within_one", "spearman", "log_loss", "ece")


class OrdinalMetrics(Measured):
    """The metrics of one set of predictions, each with its 95 % interval; None where the data cannot say.

    Attributes:
        mae: mean absolute error of the predicted rating, in the numbers behind the ratings.
        quadratic_kappa: Cohen's kappa with weights that grow as the square of the distance (1968): 1 where all ratings
            agree, 0 as by chance.
        accuracy: share of the texts whose predicted rating is the true one.
        within_one: share of those whose predicted rating is the true one or next to it.
        spearman: rank correlation of the true ratings with the means of the distributions.
        log_loss: of the distributions, in nats.
        ece: calibration error of the predicted ratings' probabilities.
        n: number of texts.
        confusion: texts by true and predicted rating.
    """

    metric_names = ORDINAL_NAMES
    main = "mae"
    words: ClassVar[Mapping[str, str]] = {
        "mae": "mean absolute error",
        "quadratic_kappa": "quadratic-weighted kappa",
        "accuracy": "accuracy",
        "within_one": "within one rating",
        "spearman": "rank correlation (Spearman)",
        "log_loss": "log loss",
        "ece": "calibration error (ECE)",
    }

    mae: float
    mae_ci: Interval = None
    quadratic_kappa: Value
    quadratic_kappa_ci: Interval = None
    accuracy: float
    accuracy_ci: Interval = None
    within_one: float
    within_one_ci: Interval = None
    spearman: Value
    spearman_ci: Interval = None
    log_loss: float
    log_loss_ci: Interval = None
    ece: float
    ece_ci: Interval = None
    n: int
    no_interval: Mapping[str, str] = Field(default_factory=dict)
    confusion: Confusion
