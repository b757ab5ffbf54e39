"""What a comparison says and draws by the shape of the labels: the figure that decides, and what stands beside it."""

from dataclasses import dataclass

from tunelet.comparison import Comparison
from tunelet.data import TaskName
from tunelet.report._figures import CONFIDENCE, OF_LABELS, ReliabilityAxes


@dataclass(frozen=True)
class Kind:
    """The words and the choice of figures of one shape.

    Attributes:
        main: what the figure that decides is called.
        best: which of two values is called the best one, "highest" or "lowest".
        scale: what differences of it are multiplied by, and unit: what they are in.
        paired: the figures of a pair's table.
        test: a clause on the tests of that figure.
        right: who gets a text right, in the caption of the four counts.
        about: what the shared curves are of; "": there are none. (With a positive label they are of that.)
        reliability: what the axes of the reliability diagram are.
    """

    main: str
    best: str
    scale: float
    unit: str
    paired: tuple[str, ...]
    test: str
    right: str
    about: str
    reliability: ReliabilityAxes = CONFIDENCE


_RANDOMISED = "randomisation test (their answers are exchanged text by text), with several seeds Student's over texts "
_RANDOMISED += "and seeds"

KINDS: dict[TaskName, Kind] = {
    "multiclass": Kind(
        main="accuracy",
        best="highest",
        scale=100.0,
        unit="points of accuracy",
        paired=("accuracy", "f1_macro", "roc_auc", "log_loss", "ece"),
        test="p of the accuracy is McNemar's exact test, with several seeds Student's over texts and seeds",
        right="gets them right",
        about=", mean of all labels against the rest",
    ),
    "multilabel": Kind(
        main="macro F1",
        best="highest",
        scale=1.0,
        unit="macro F1",
        paired=("f1_macro", "f1_micro", "f1_samples", "subset_accuracy", "average_precision", "log_loss", "ece"),
        test=f"p of macro F1 is that of a {_RANDOMISED}",
        right="gives them exactly their labels",
        about=", mean of all labels",
        reliability=OF_LABELS,
    ),
    "ordinal": Kind(
        main="mean absolute error",
        best="lowest",
        scale=1.0,
        unit="mean absolute error",
        paired=("mae", "quadratic_kappa", "accuracy", "within_one", "spearman", "log_loss", "ece"),
        test=f"p of the mean absolute error is that of a {_RANDOMISED}",
        right="gives them exactly their rating",
        about="",
    ),
    "regression": Kind(
        main="mean absolute error",
        best="lowest",
        scale=1.0,
        unit="mean absolute error",
        paired=("mae", "rmse", "r2", "pearson", "spearman", "coverage", "width"),
        test=f"p of the mean absolute error is that of a {_RANDOMISED}",
        right="",
        about="",
    ),
}


def kind_of(comparison: Comparison) -> Kind:
    """That of the labels that are compared."""
    return KINDS[comparison.record.task]
