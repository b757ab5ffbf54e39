"""The label shapes, and the one call that measures any of them.

A shape is a class of predictions with a record of metrics. What is done for all of them alike (measure, over seeds, two
models side by side) asks the table below, so that no caller asks what the labels are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, overload

from tunelet.errors import DataError
from tunelet.evaluation import _measure as classes
from tunelet.evaluation._bootstrap import paired_metrics
from tunelet.evaluation._metrics import Measured, Metrics
from tunelet.evaluation._predictions import Predictions
from tunelet.evaluation.multilabel import _draws as multilabel_draws
from tunelet.evaluation.multilabel import _measure as multilabel
from tunelet.evaluation.multilabel._metrics import MultilabelMetrics
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions
from tunelet.evaluation.ordinal import _draws as ordinal_draws
from tunelet.evaluation.ordinal import _measure as ordinal
from tunelet.evaluation.ordinal._metrics import OrdinalMetrics
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions
from tunelet.evaluation.regression import _draws as regression_draws
from tunelet.evaluation.regression import _measure as regression
from tunelet.evaluation.regression._metrics import ValueMetrics
from tunelet.evaluation.regression._predictions import ValuePredictions

AnyPredictions = Predictions | MultilabelPredictions | OrdinalPredictions | ValuePredictions


@dataclass(frozen=True)
class Shape:
    """How predictions of one class are measured.

    Attributes:
        record: of its metrics.
        estimate: predictions to that record, without intervals.
        draws: predictions of several models for the same texts to their metrics on the same resamples.
        with_intervals: record, predictions and draws to the record with intervals.
        same: predictions to the true answers [n, ...]: two models on the same texts have the same.
    """

    record: type[Measured]
    estimate: Callable[..., Any]
    draws: Callable[..., Any]
    with_intervals: Callable[..., Any]
    same: Callable[..., Any]


_SHAPES: dict[type[Any], Shape] = {
    MultilabelPredictions: Shape(
        MultilabelMetrics,
        multilabel.estimate,
        multilabel_draws.paired_draws,
        multilabel.with_intervals,
        attrgetter("labels"),
    ),
    OrdinalPredictions: Shape(
        OrdinalMetrics, ordinal.estimate, ordinal_draws.paired_draws, ordinal.with_intervals, attrgetter("labels")
    ),
    ValuePredictions: Shape(
        ValueMetrics,
        regression.estimate,
        regression_draws.paired_draws,
        regression.with_intervals,
        attrgetter("targets"),
    ),
}


def shape_of(predictions: AnyPredictions, positive: int | None = None) -> Shape:
    """The shape of these predictions.

    Args:
        predictions: of any class.
        positive: the class that precision, recall, F1 and the areas speak of; None: as `measure` has it. Of classes
            alone.
    """
    if isinstance(predictions, Predictions):
        chosen = classes.positive_or_recognised(predictions, positive)
        return Shape(
            Metrics,
            lambda these: classes.estimate(these, chosen),
            lambda models, **draws: paired_metrics(models, positive=chosen, **draws),
            classes.with_intervals,
            attrgetter("labels"),
        )
    return _SHAPES[type(predictions)]


@overload
def measure(
    predictions: Predictions, *, positive: int | None = None, resamples: int = 1000, seed: int = 0
) -> Metrics: ...


@overload
def measure(
    predictions: MultilabelPredictions, *, positive: int | None = None, resamples: int = 1000, seed: int = 0
) -> MultilabelMetrics: ...


@overload
def measure(
    predictions: OrdinalPredictions, *, positive: int | None = None, resamples: int = 1000, seed: int = 0
) -> OrdinalMetrics: ...


@overload
def measure(
    predictions: ValuePredictions, *, positive: int | None = None, resamples: int = 1000, seed: int = 0
) -> ValueMetrics: ...


@overload
def measure(
    predictions: AnyPredictions, *, positive: int | None = None, resamples: int = 1000, seed: int = 0
) -> Measured: ...


def measure(
    predictions: AnyPredictions, *, positive: int | None = None, resamples: int = 1000, seed: int = 0
) -> Measured:
    """Every metric of the predictions, each with its 95 % interval or why there is none.

    Args:
        predictions: of any shape, at least one.
        positive: the index of the class that precision, recall, f1, roc_auc and average_precision speak of, against
            the rest; None: of two classes the one whose name says so, of more these are macro averages. Other shapes
            have no positive class.
        resamples: draws of the bootstrap; 0 leaves the intervals out.
        seed: of the bootstrap; equal seeds give equal intervals.

    Raises:
        DataError: there are no predictions, or `positive` is no class's index.
    """
    if not len(predictions):
        raise DataError("metrics need at least one prediction, found none", "pass a text and its label")
    if resamples < 0:
        raise DataError(f"resamples must be 0 or more, found {resamples}", "pass resamples=0 for no intervals")
    shape = shape_of(predictions, positive)
    metrics: Measured = shape.estimate(predictions)
    if not resamples:
        return metrics
    (draws,) = shape.draws([predictions], resamples=resamples, seed=seed)
    measured: Measured = shape.with_intervals(metrics, predictions, draws)
    return measured
