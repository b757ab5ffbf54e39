"""ROC and precision-recall curves of several labels a text: of each label, their mean, and all decisions."""

import numpy as np

from tunelet.evaluation._curves import (
    Curve,
    LabelCurves,
    drawn_curve,
    mean_roc,
    precision_recall_of,
    roc_of,
    worst_of,
)
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions


def label_curves(predictions: MultilabelPredictions) -> tuple[LabelCurves, ...]:
    """The macro average, the micro average (all decisions as those of one label), then each label.

    Of many labels only the 20 with the smallest areas under their ROC curves are kept. The mean of precision-recall
    curves takes at every recall the precision of each label's next point, as average precision does.

    Args:
        predictions: of at least one text.
    """
    labels, scores = predictions.labels, predictions.probabilities
    count = len(predictions.label_names)
    roc = [roc_of(labels[:, label], scores[:, label]) for label in range(count)]
    recall = [precision_recall_of(labels[:, label], scores[:, label]) for label in range(count)]
    macro = LabelCurves(
        label=None,
        average="macro",
        share=None,
        roc=drawn_curve(mean_roc([curve for curve in roc if curve])),
        precision_recall=drawn_curve(_mean_precision_recall([curve for curve in recall if curve])),
    )
    micro = LabelCurves(
        label=None,
        average="micro",
        share=float(labels.mean()),
        roc=drawn_curve(roc_of(labels.ravel(), scores.ravel())),
        precision_recall=drawn_curve(precision_recall_of(labels.ravel(), scores.ravel())),
    )
    return (
        macro,
        micro,
        *(
            LabelCurves(
                label=predictions.label_names[label],
                share=float(labels[:, label].mean()),
                roc=drawn_curve(roc[label]),
                precision_recall=drawn_curve(recall[label]),
            )
            for label in worst_of(roc)
        ),
    )


def _mean_precision_recall(curves: list[Curve]) -> Curve | None:
    """The mean precision at every recall, [points]; its area is the mean of the curves' average precisions."""
    if not curves:
        return None
    x = np.unique(np.concatenate([curve.x for curve in curves]))
    y = np.zeros(len(x))
    for curve in curves:
        # Several precisions at one recall: the first, of the highest threshold, as the steps of average precision have.
        first = np.searchsorted(curve.x, x, side="left")
        y += curve.y[np.minimum(first, len(curve.x) - 1)] / len(curves)
    return Curve(x, y, float(np.mean([curve.area for curve in curves])))
