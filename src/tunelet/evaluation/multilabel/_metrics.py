"""The metrics of predictions of several labels a text, as a record.

Notable: what F1 of a text says where it has no label and was given none is a matter of convention. Here that is the
right answer, so it counts 1 (scikit-learn's `zero_division=1`). A label that no text has and none was given is left out
of means over labels, as everywhere in this room.
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from tunelet._record import Interval, Value
from tunelet.evaluation._metrics import ClassMetrics, Measured

MULTILABEL_NAMES = (
    "f1_macro",
    "f1_micro",
    "f1_samples",
    "precision_micro",
    "recall_micro",
    "subset_accuracy",
    "hamming_loss",
    "average_precision",
    "roc_auc",
    "log_loss",
    "ece",
)


class LabelMetrics(ClassMetrics):
    """The metrics of one label: of the decisions whether a text has it.

    Attributes:
        threshold: the probability from which on it was given; where it was cross-fitted, the median over the texts.
    """

    threshold: float


class MultilabelMetrics(Measured):
    """The metrics of one set of predictions, each with its 95 % interval; None where the data cannot say.

    Attributes:
        f1_macro: mean over the labels of their F1.
        f1_micro, precision_micro, recall_micro: of all decisions together.
        f1_samples: mean over the texts of the F1 of their sets of labels; 1 where a text has none and was given none.
        subset_accuracy: share of the texts that were given exactly their labels.
        hamming_loss: share of the decisions that are wrong.
        average_precision, roc_auc: means over the labels.
        log_loss: mean over all decisions, in nats.
        ece: calibration error of the probabilities of all decisions together.
        n: number of texts.
        per_label: one entry a label name, in their order.
    """

    metric_names = MULTILABEL_NAMES
    main = "f1_macro"
    words: ClassVar[Mapping[str, str]] = {
        "f1_macro": "F1, macro",
        "f1_micro": "F1, micro",
        "f1_samples": "F1 of a text, mean",
        "precision_micro": "precision, micro",
        "recall_micro": "recall, micro",
        "subset_accuracy": "all labels right",
        "hamming_loss": "wrong decisions (Hamming loss)",
        "average_precision": "average precision, macro",
        "roc_auc": "ROC AUC, macro",
        "log_loss": "log loss of a decision",
        "ece": "calibration error (ECE)",
    }

    f1_macro: Value
    f1_macro_ci: Interval = None
    f1_micro: Value
    f1_micro_ci: Interval = None
    f1_samples: float
    f1_samples_ci: Interval = None
    precision_micro: Value
    precision_micro_ci: Interval = None
    recall_micro: Value
    recall_micro_ci: Interval = None
    subset_accuracy: float
    subset_accuracy_ci: Interval = None
    hamming_loss: float
    hamming_loss_ci: Interval = None
    average_precision: Value
    average_precision_ci: Interval = None
    roc_auc: Value
    roc_auc_ci: Interval = None
    log_loss: float
    log_loss_ci: Interval = None
    ece: float
    ece_ci: Interval = None
    n: int
    no_interval: Mapping[str, str] = Field(default_factory=dict)
    per_label: tuple[LabelMetrics, ...]
