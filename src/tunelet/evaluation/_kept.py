"""Which model is kept: what was trained, the student that learnt from it and from texts without labels, or the probe
that both began with, and with the logits of TF-IDF or without.

All is decided by the log loss of texts that no candidate has seen. The adapter costs nothing more to keep than the
probe does, so the better of the two is kept; with TF-IDF a model is no encoder alone any more, so it is blended in
where it may help.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.evaluation._blend import fit_blend
from tunelet.evaluation._calibration import log_probabilities
from tunelet.evaluation._predictions import Predictions
from tunelet.evaluation._select import Candidate, select

KeptName = Literal["adapter", "adapter + unlabelled", "probe"]
STUDENT: Final = "adapter + unlabelled"


@dataclass(frozen=True, eq=False)
class Kept:
    """What is kept.

    Attributes:
        name: "adapter", what was trained, "adapter + unlabelled", what was trained on texts without labels, too, or
            "probe", the frozen encoder with its solved head.
        blend: weight of the logits of TF-IDF, which are added to those of the encoder; 0.0: none.
        encoder: weight of the encoder's own; 1.0 where nothing is added.
        reason: why, as a clause.
        candidates: all that there were, the blend among them where it is kept.
        predictions: of the validation texts, by what is kept, without a temperature.
    """

    name: KeptName
    blend: float
    encoder: float
    reason: str
    candidates: tuple[Candidate, ...]
    predictions: Predictions

    @property
    def record(self) -> "KeptRecord":
        """What the run folder says of it."""
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
        encoder_weight: what `Kept` calls its encoder's.
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
    """Choose by the validation texts; each argument is what a model makes of them that has not seen them.

    Args:
        adapter: what was trained; None: nothing was.
        probe: the frozen encoder with its solved head; None: there is none.
        baseline: TF-IDF; None: nothing may be blended.
        student: what was trained on texts without labels, too, with the adapter's answers to them; None: nothing was.
    """
    named: tuple[tuple[KeptName, Predictions | None], ...] = (  # the simplest first
        ("probe", probe),
        ("adapter", adapter),
        (STUDENT, student),
    )
    given = {name: made for name, made in named if made is not None}
    models: dict[str, NDArray[np.float64]] = {
        name: log_probabilities(made.probabilities) for name, made in given.items()
    }
    labels = next(iter(given.values())).labels
    if len(labels) < 2:
        only: KeptName = "probe" if adapter is None else "adapter"
        return Kept(only, 0.0, 1.0, "there is one validation text alone", (), given[only])
    selection = select(models, labels)
    name = next(name for name in given if name == selection.chosen.value)
    reason, candidates = selection.chosen.reason, selection.candidates
    if baseline is None:
        return Kept(name, 0.0, 1.0, reason, candidates, given[name])
    tfidf = log_probabilities(baseline.probabilities)
    blend = fit_blend(models[name], tfidf, labels)
    if not blend.kept:
        return Kept(name, 0.0, 1.0, reason, candidates, given[name])
    together = blend.logits(models[name], tfidf)
    shown = f"{name} + TF-IDF"
    (_, blended) = select({name: models[name], shown: together}, labels).candidates
    gain = f"{blend.gain.mean:.3f} ± {blend.gain.error or 0.0:.3f}"
    why = f"{reason}; TF-IDF added to it lowers the log loss by {gain}, by cross-fitting"
    made = Predictions(baseline.ids, baseline.label_names, labels, _softmax(together))
    return Kept(name, blend.tfidf, blend.encoder, why, (*candidates, blended), made)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import softmax

    found: NDArray[np.float64] = softmax(logits, axis=1)
    return found
