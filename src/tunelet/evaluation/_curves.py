"""ROC and precision-recall curves of one class against the rest, all from scikit-learn, and how they are drawn small.

Notable: a curve over 50,000 texts has tens of thousands of corners, of which a figure shows a few hundred. `thinned`
keeps corners at even distances along the curve, and never computes anything: areas are those of the whole curve.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.evaluation._predictions import Predictions, positive_index

Floats = NDArray[np.float64]
CurveKind = Literal["roc", "precision_recall"]
MOST_LABELS = 20  # whose curves are kept


@dataclass(frozen=True, eq=False)
class Curve:
    """Points from left to right, and what lies under them.

    Attributes:
        x: false positive rate, or recall; float64 [points], not falling.
        y: true positive rate, or precision; float64 [points].
        area: ROC AUC, or average precision.
    """

    x: Floats
    y: Floats
    area: float

    def thinned(self, points: int = 256) -> "Curve":
        """The same curve with at most so many points; both ends stay."""
        if len(self.x) <= points:
            return self
        way = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(self.x), np.diff(self.y)))])
        kept = np.unique(np.searchsorted(way, np.linspace(0.0, way[-1], points)))
        kept = np.unique(np.concatenate([[0], np.minimum(kept, len(way) - 1), [len(way) - 1]]))[:points]
        kept[-1] = len(way) - 1
        return Curve(self.x[kept], self.y[kept], self.area)


class DrawnCurve(Record):
    """A curve as it is drawn: points from left to right, thinned and rounded, and the area under the whole of it."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    area: float


class LabelCurves(Record):
    """The curves of a label against the rest.

    Attributes:
        label: its name; None: of all labels together.
        average: how they are together, "macro" or "micro"; None of a label, and in older files of their macro average.
        share: of the texts that have it; None of the mean.
        roc, precision_recall: None where the texts do not allow it.
    """

    label: str | None
    average: Literal["macro", "micro"] | None = None
    share: float | None
    roc: DrawnCurve | None
    precision_recall: DrawnCurve | None

    def curve(self, kind: CurveKind) -> DrawnCurve | None:
        """The ROC or the precision-recall curve; None where the texts do not allow it."""
        return self.roc if kind == "roc" else self.precision_recall


def roc_curve(predictions: Predictions, label: int) -> Curve | None:
    """True against false positive rate of a class; None where the texts lack it, or are all of it."""
    return roc_of(predictions.labels == label, predictions.probabilities[:, label])


def roc_of(truth: NDArray[np.bool_], score: Floats) -> Curve | None:
    """True against false positive rate of decisions [n] with scores [n]; None where all or none are to be positive."""
    from sklearn import metrics as sk

    if not 0 < truth.sum() < len(truth):
        return None
    x, y, _ = sk.roc_curve(truth, score)
    return Curve(x, y, float(sk.roc_auc_score(truth, score)))


def precision_recall_curve(predictions: Predictions, label: int) -> Curve | None:
    """Precision against recall of a class; None where the texts lack it. The area is the average precision.

    Average precision sums precision over the steps of recall and does not interpolate, which would be too kind (Davis
    and Goadrich 2006).
    """
    return precision_recall_of(predictions.labels == label, predictions.probabilities[:, label])


def precision_recall_of(truth: NDArray[np.bool_], score: Floats) -> Curve | None:
    """Precision against recall of decisions [n] with scores [n]; None where none is to be positive."""
    from sklearn import metrics as sk

    if not truth.any():
        return None
    precision, recall, _ = sk.precision_recall_curve(truth, score)
    return Curve(recall[::-1], precision[::-1], float(sk.average_precision_score(truth, score)))


def macro_roc_curve(predictions: Predictions) -> Curve | None:
    """The mean of the classes' curves at every false positive rate; its area is the mean of theirs.

    The mean over the classes that occur and do not stand alone, as scikit-learn's example on multiclass ROC draws it.
    """
    return mean_roc(
        [curve for label in range(len(predictions.label_names)) if (curve := roc_curve(predictions, label))]
    )


def mean_roc(curves: Sequence[Curve]) -> Curve | None:
    """The mean of ROC curves at every false positive rate; None without any."""
    if not curves:
        return None
    x = np.unique(np.concatenate([curve.x for curve in curves]))
    y = np.mean([np.interp(x, curve.x, curve.y) for curve in curves], axis=0)
    # Curves rise steeply at the same rate: interpolation takes the upper end, so the corner at 0 is added.
    x, y = np.concatenate([[0.0], x]), np.concatenate([[0.0], y])
    return Curve(x, y, float(np.mean([curve.area for curve in curves])))


def curve_records(predictions: Predictions, positive: str | None = None) -> tuple[LabelCurves, ...]:
    """ROC and precision-recall curves, thinned to be drawn: of the positive class, or of each class and their mean.

    Of many classes only the 20 with the smallest areas under their ROC curves are kept.

    Args:
        predictions: of labelled texts.
        positive: the positive label; None: of two labels the one whose name says so, of more every label.
    """
    index = positive_index(predictions.label_names, positive)
    labels = [index] if index is not None else _worst(predictions)
    curves = tuple(
        LabelCurves(
            label=predictions.label_names[label],
            share=float((predictions.labels == label).mean()),
            roc=drawn_curve(roc_curve(predictions, label)),
            precision_recall=drawn_curve(precision_recall_curve(predictions, label)),
        )
        for label in labels
    )
    if index is not None:
        return curves
    mean = LabelCurves(
        label=None, average="macro", share=None, roc=drawn_curve(macro_roc_curve(predictions)), precision_recall=None
    )
    return (mean, *curves)


def _worst(predictions: Predictions) -> list[int]:
    """The classes with the smallest areas under their ROC curves, at most `MOST_LABELS`, in their own order."""
    labels = range(len(predictions.label_names))
    if len(labels) <= MOST_LABELS:
        return list(labels)
    return worst_of([roc_curve(predictions, label) for label in labels])


def worst_of(curves: Sequence[Curve | None]) -> list[int]:
    """Where the curves with the smallest areas stand, at most `MOST_LABELS`, in rising order; absent ones come last."""
    order = sorted(range(len(curves)), key=lambda at: 2.0 if (curve := curves[at]) is None else curve.area)
    return sorted(order[:MOST_LABELS])


def drawn_curve(curve: Curve | None) -> DrawnCurve | None:
    """A curve as it is drawn; None stays None."""
    if curve is None:
        return None
    thinned = curve.thinned()
    return DrawnCurve(x=tuple(thinned.x.round(6).tolist()), y=tuple(thinned.y.round(6).tolist()), area=thinned.area)
