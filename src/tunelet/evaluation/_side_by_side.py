"""Models side by side, whatever the shape of their labels: one call each for pairs, verdicts and what figures show.

One class a text has McNemar's test and a file of its own (`_paired`), the other shapes share another
(`_paired_figures`). Callers ask neither which.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._calibration import ReliabilityBin, reliability
from tunelet.evaluation._curves import LabelCurves, curve_records
from tunelet.evaluation._paired import Pair, compare_draws
from tunelet.evaluation._paired_figures import FigurePair, compare_figure_draws
from tunelet.evaluation._predictions import Predictions
from tunelet.evaluation._seeds import SeedDraws
from tunelet.evaluation._shapes import AnyPredictions
from tunelet.evaluation._verdict import against_baseline, differs, verdict
from tunelet.evaluation._verdict_figures import figure_against_baseline, figure_differs, figure_verdict
from tunelet.evaluation.multilabel._calibration import decision_reliability
from tunelet.evaluation.multilabel._curves import label_curves
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions
from tunelet.evaluation.regression._predictions import ValuePredictions

AnyPair = Pair | FigurePair


def compare_models(
    models: Mapping[str, Sequence[AnyPredictions]],
    drawn: Mapping[str, SeedDraws],
    pairs: Sequence[tuple[str, str]],
    *,
    resamples: int,
    seed: int,
) -> list[AnyPair]:
    """Compare models of one shape on the same texts, two by two.

    Args:
        models: name -> predictions of each seed.
        drawn: of all models, as `draw_models` returns it.
        pairs: to compare; p-values are corrected for their number.
        resamples: exchanges of the randomisation test, where the shape has that.
        seed: of it.
    """
    if isinstance(next(iter(models.values()))[0], Predictions):
        classes = {name: [each for each in of if isinstance(each, Predictions)] for name, of in models.items()}
        return list(compare_draws(classes, drawn, pairs))
    return list(compare_figure_draws(models, drawn, pairs, resamples=resamples, seed=seed))


def pair_verdict(pair: AnyPair, comparisons: int = 1) -> str:
    """The result of a comparison in one to three sentences; p is corrected for so many comparisons."""
    return verdict(pair, comparisons) if isinstance(pair, Pair) else figure_verdict(pair, comparisons)


def baseline_verdict(pair: AnyPair, comparisons: int = 1) -> str | None:
    """What to say first where a model is not shown to beat a baseline, which the pair has first; None where it is."""
    if isinstance(pair, Pair):
        return against_baseline(pair, comparisons)
    return figure_against_baseline(pair, comparisons)


def pair_differs(pair: AnyPair) -> bool:
    """Whether the two are shown to differ by the figure that decides."""
    return differs(pair) if isinstance(pair, Pair) else figure_differs(pair)


def tested(pair: AnyPair) -> dict[str, float | None]:
    """Metric -> corrected p, of those that are tested."""
    if isinstance(pair, Pair):
        return {"accuracy": pair.p_adjusted, "log_loss": pair.p_log_loss, "roc_auc": pair.p_roc_auc}
    return {pair.main: pair.p_adjusted}


@dataclass(frozen=True)
class _Shown:
    """What figures show of predictions of one class.

    Attributes:
        curves: ROC and precision-recall curves, with the positive label of classes.
        reliability: how often what has such a probability is so, of the seeds together.
        right: whether each answer is exactly right, bool [n]; None: numbers never are.
    """

    curves: Callable[[Any, str | None], tuple[LabelCurves, ...]]
    reliability: Callable[[Sequence[Any]], tuple[ReliabilityBin, ...]]
    right: Callable[[Any], NDArray[np.bool_]] | None


_SHOWN: dict[type[Any], _Shown] = {
    Predictions: _Shown(curve_records, reliability, lambda these: these.predicted == these.labels),
    MultilabelPredictions: _Shown(
        lambda these, _: label_curves(these),
        decision_reliability,
        lambda these: (these.predicted == these.labels).all(axis=1),
    ),
    OrdinalPredictions: _Shown(lambda *_: (), reliability, lambda these: these.predicted == these.labels),
    ValuePredictions: _Shown(lambda *_: (), lambda _: (), None),
}


def curves_of(predictions: AnyPredictions, positive: str | None = None) -> tuple[LabelCurves, ...]:
    """The curves of predictions of any shape, the mean first; ratings and numbers have none."""
    return _SHOWN[type(predictions)].curves(predictions, positive)


def reliability_of(seeds: Sequence[AnyPredictions]) -> tuple[ReliabilityBin, ...]:
    """The bins of answers or decisions of similar probability, of one run or several seeds; numbers have none."""
    return _SHOWN[type(seeds[0])].reliability(seeds)


def exactly_right(predictions: AnyPredictions) -> NDArray[np.bool_] | None:
    """Whether each answer is exactly that of the data, bool [n]; None of numbers."""
    right = _SHOWN[type(predictions)].right
    return None if right is None else right(predictions)
