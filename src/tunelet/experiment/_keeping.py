"""Which of the candidates is kept, by task.

Of other shapes than one label a text the loss that training lowers chooses between adapter and probe, both as they are,
without a temperature. TF-IDF is added where it is likely to help the one that is chosen; to numbers it is not.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tunelet._record import as_number
from tunelet.data import TaskName
from tunelet.evaluation import (
    Kept,
    KeptName,
    MultilabelPredictions,
    OrdinalPredictions,
    ShapedPredictions,
    ValuePredictions,
    blended_decisions,
    choose_kept,
    measure,
    scores_of,
    share_losses,
)

Shaped = MultilabelPredictions | OrdinalPredictions | ValuePredictions
_NEGLIGIBLE = 0.0003  # share of the loss


def choose_by_loss(
    adapter: Shaped | None,
    probe: Shaped | None,
    baseline: Shaped | None = None,
    student: Shaped | None = None,
) -> Kept:
    """Choose between adapter and probe; the arguments are those of `choose_kept`, the last has no part in it."""
    candidates = {"probe": probe, "adapter": adapter}
    measured = {
        name: measure(predictions, resamples=0)
        for name, predictions in candidates.items()
        if predictions is not None and len(predictions)
    }
    if len(measured) < 2:
        only = "probe" if adapter is None else "adapter"
        return _kept(only, "it is the only one", candidates[only], baseline)
    losses = {name: as_number(metrics.value(metrics.loss)) for name, metrics in measured.items()}
    name = "probe" if losses["probe"] <= losses["adapter"] * (1 + _NEGLIGIBLE) else "adapter"
    other = "adapter" if name == "probe" else "probe"
    what = measured[name].loss.replace("_", " ")
    reason = f"its {what} is {losses[name]:.4f}, that of the {other} {losses[other]:.4f}"
    return _kept(name, reason, candidates[name], baseline)


def choose_by_shares(shares: NDArray[np.float32], candidates: Mapping[str, ShapedPredictions | None]) -> Kept:
    """Choose where labels are soft: by the log loss against the probabilities of the validation texts.

    Args:
        shares: these, float32 [m, labels].
        candidates: predictions by name, the simplest first; None: there is no such model.
    """
    there = {name: predictions for name, predictions in candidates.items() if predictions is not None}
    losses = {name: float(share_losses(scores_of(each), shares).mean()) for name, each in there.items()}
    least = min(losses.values())
    name = next(name for name, loss in losses.items() if loss <= least * (1 + _NEGLIGIBLE))
    others = ", ".join(f"{loss:.4f} of the {other}" for other, loss in losses.items() if other != name)
    reason = f"its log loss against the soft labels is {losses[name]:.4f}" + (f", {others}" if others else "")
    return Kept(cast("KeptName", name), 0.0, 1.0, reason, (), there[name])


def _kept(name: Any, reason: str, predictions: Shaped | None, baseline: Shaped | None) -> Kept:
    """The model, with TF-IDF added to it where that is likely to help."""
    assert predictions is not None  # noqa: S101
    if baseline is None:
        return Kept(name, 0.0, 1.0, reason, (), predictions)
    blend, together = blended_decisions(predictions, baseline)
    if not blend.kept:
        return Kept(name, 0.0, 1.0, reason, (), predictions)
    gain = f"{blend.gain.mean:.4f} ± {blend.gain.error or 0.0:.4f}"
    why = f"{reason}; TF-IDF added to it lowers the log loss of a text's questions together by {gain}, by cross-fitting"
    return Kept(name, blend.tfidf, blend.encoder, why, (), together, alone=predictions)


CHOICES: dict[TaskName, Callable[..., Kept]] = {
    "multiclass": choose_kept,
    "multilabel": choose_by_loss,
    "ordinal": choose_by_loss,
    "regression": choose_by_loss,
}
