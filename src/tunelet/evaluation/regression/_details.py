"""What predicted numbers come to beyond their metrics: points to draw, and how the errors are spread."""

import numpy as np

from tunelet._record import Record
from tunelet.evaluation.regression._predictions import ValuePredictions

_POINTS = 400  # texts that are drawn
_BARS = 30


class ValuePoint(Record):
    """A text: its true number, the predicted one, and its interval; None: it has none, or an end that is infinite."""

    target: float
    value: float
    interval: tuple[float, float] | None


class ErrorBar(Record):
    """Texts whose error (predicted less true) lies between two numbers."""

    low: float
    high: float
    n: int


class ValueDetails(Record):
    """The details of one set of predicted numbers.

    Attributes:
        points: texts in the order of their true numbers, evenly drawn where there are many, with both ends.
        errors: how many texts have which error, in bars of equal width.
        bias: the mean error.
        median_error: the median of the absolute errors; ninetieth_error: nine texts in ten have a smaller one.
    """

    points: tuple[ValuePoint, ...]
    errors: tuple[ErrorBar, ...]
    bias: float
    median_error: float
    ninetieth_error: float


def details(predictions: ValuePredictions) -> ValueDetails:
    """The details of predictions of at least one text."""
    errors = predictions.values - predictions.targets
    order = np.argsort(predictions.targets, kind="stable")
    drawn = order[np.unique(np.linspace(0, len(order) - 1, min(_POINTS, len(order))).round().astype(np.int64))]
    counts, edges = np.histogram(errors, bins=min(_BARS, max(1, int(len(errors) ** 0.5))))
    middle, far = np.quantile(np.abs(errors), (0.5, 0.9))
    return ValueDetails(
        points=tuple(_point(predictions, int(row)) for row in drawn),
        errors=tuple(
            ErrorBar(low=float(low), high=float(high), n=int(n))
            for low, high, n in zip(edges, edges[1:], counts, strict=False)
        ),
        bias=float(errors.mean()),
        median_error=float(middle),
        ninetieth_error=float(far),
    )


def _point(predictions: ValuePredictions, row: int) -> ValuePoint:
    ends = None
    if predictions.low is not None and predictions.high is not None:
        low, high = float(predictions.low[row]), float(predictions.high[row])
        ends = (low, high) if np.isfinite([low, high]).all() else None
    return ValuePoint(target=float(predictions.targets[row]), value=float(predictions.values[row]), interval=ends)
