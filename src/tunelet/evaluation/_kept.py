"""Which model is kept: the trained adapter, the student that also learnt from texts without labels, or the probe that
both began with; and whether the logits of TF-IDF are added to it.

The log loss of texts that no candidate has seen decides. Adapter and probe cost the same to keep, so the better one is
kept. TF-IDF is a second model to keep, so it is blended in only where it is likely to help.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.evaluation._blend import fit_blend
from tunelet.evaluation._calibration import log_probabilities
from tunelet.evaluation._for_task import ShapedPredictions
from tunelet.evaluation._predictions import Predictions
from tunelet.evaluation._select import Candidate, select

KeptName = Literal["adapter", "adapter + unlabelled", "probe"]
STUDENT: Final = "adapter + unlabelled"


@dataclass(frozen=True, eq=False)
class Kept:
    """The model that is kept, and why.

    Attributes:
        name: "adapter", the trained one; "adapter + unlabelled", the student, which was also trained on texts without
            labels; or "probe", the frozen encoder with its solved head.
        blend: weight of the logits of TF-IDF, which are added to those of the encoder; 0.0: none.
        encoder: weight of the encoder's own logits; 1.0 where nothing is added.
        reason: why it is kept, as a clause.
        candidates: all models that were compared, the blend among them where it is kept.
        predictions: of the kept model for the validation texts, without a temperature.
        alone: those of its encoder without TF-IDF, where that is added and labels are not one a text; None: the same.
    """

    name: KeptName
    blend: float
    encoder: float
    reason: str
    candidates: tuple[Candidate, ...]
    predictions: ShapedPredictions
    alone: ShapedPredictions | None = None

    @property
    def record(self) -> "KeptRecord":
        """Its entry in `evaluation.json`."""
        return KeptRecord(
            name=self.name,
            blend=self.blend,
            encoder_weight=self.encoder,
            reason=self.reason,
            candidates=self.candidates,
        )


class KeptRecord(Record):
    """Which model is kept, as `evaluation.json` has it; the attributes are those of `Kept`.

    Attributes:
        encoder_weight: `Kept.encoder`, the weight of the encoder's own logits.
    """

    name: KeptName
    blend: float
    encoder_weight: float
    reason: str
    candidates: tuple[Candidate, ...]


def choose_kept(
    adapter: Predictions | None,
    probe: Predictions | None,
    baseline: Predictions | None,
    student: Predictions | None = None,
) -> Kept:
    """Choose by the validation texts. Each argument holds the predictions for them of a model that has not seen them.

    Args:
        adapter: of the trained adapter; None: none was trained.
        probe: of the frozen encoder with its solved head; None: there is no probe.
        baseline: of TF-IDF; None: nothing may be blended.
        student: of the adapter that also learnt the first one's answers to texts without labels; None: there is none.
    """
    named: tuple[tuple[KeptName, Predictions | None], ...] = (  # the simplest first
        ("probe", probe),
        ("adapter", adapter),
        (STUDENT, student),
    )
    answers = {name: predictions for name, predictions in named if predictions is not None}
    models: dict[str, NDArray[np.float64]] = {
        name: log_probabilities(predictions.probabilities) for name, predictions in answers.items()
    }
    labels = next(iter(answers.values())).labels
    if len(labels) < 2:
        only: KeptName = "probe" if adapter is None else "adapter"
        return Kept(only, 0.0, 1.0, "there is one validation text alone", (), answers[only])
    selection = select(models, labels)
    name = next(name for name in answers if name == selection.chosen.value)
    reason, candidates = selection.chosen.reason, selection.candidates
    if baseline is None:
        return Kept(name, 0.0, 1.0, reason, candidates, answers[name])
    tfidf = log_probabilities(baseline.probabilities)
    blend = fit_blend(models[name], tfidf, labels)
    if not blend.kept:
        return Kept(name, 0.0, 1.0, reason, candidates, answers[name])
    together = blend.logits(models[name], tfidf)
    shown = f"{name} + TF-IDF"
    (_, blended) = select({name: models[name], shown: together}, labels).candidates
    gain = f"{blend.gain.mean:.3f} ± {blend.gain.error or 0.0:.3f}"
    why = f"{reason}; TF-IDF added to it lowers the log loss by {gain}, by cross-fitting"
    predictions = Predictions(baseline.ids, baseline.label_names, labels, _softmax(together))
    return Kept(name, blend.tfidf, blend.encoder, why, (*candidates, blended), predictions)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import softmax

    probabilities: NDArray[np.float64] = softmax(logits, axis=1)
    return probabilities
