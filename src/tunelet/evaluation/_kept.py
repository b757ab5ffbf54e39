"""Which of the models that were fitted is kept: the adapter or the probe, and with TF-IDF or without."""

from dataclasses import asdict, dataclass
from typing import Any

from tunelet.evaluation._calibration import with_temperature
from tunelet.evaluation._predictions import Predictions
from tunelet.evaluation._temperature import choose_temperature


@dataclass(frozen=True)
class Candidate:
    """A model that could be kept, and what it makes of the validation texts once a temperature is fitted to it."""

    name: str
    log_loss: float
    accuracy: float


@dataclass(frozen=True, eq=False)
class Kept:
    """What is kept.

    Attributes:
        name: "adapter", what was trained, or "probe", the frozen encoder with its solved head.
        blend: weight of the logits of TF-IDF, which are added to those of the encoder; 0.0: none.
        reason: why.
        candidates: all that there were.
        predictions: of the validation texts.
    """

    name: str
    blend: float
    reason: str
    candidates: tuple[Candidate, ...]
    predictions: Predictions

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "blend": self.blend,
            "reason": self.reason,
            "candidates": [asdict(candidate) for candidate in self.candidates],
        }


def choose_kept(adapter: Predictions | None, probe: Predictions | None, baseline: Predictions | None) -> Kept:
    """Choose by the log loss of validation texts.

    Args:
        adapter: what the trained classifier makes of them; None: none was trained.
        probe: what the frozen encoder with its solved head does; None: there is none.
        baseline: what TF-IDF does; None: nothing may be blended.
    """
    found = {name: made for name, made in (("adapter", adapter), ("probe", probe)) if made is not None}
    candidates = {name: _measured(name, predictions) for name, predictions in found.items()}
    best = min(candidates, key=lambda name: candidates[name].log_loss)
    reason = "" if len(candidates) == 1 else f"the least log loss on validation texts, {candidates[best].log_loss:.4f}"
    return Kept(best, 0.0, reason, tuple(candidates.values()), found[best])


def _measured(name: str, predictions: Predictions) -> Candidate:
    import numpy as np

    scaled = with_temperature(predictions, choose_temperature(predictions).used)
    rows = np.arange(len(scaled))
    losses = -np.log(np.maximum(scaled.probabilities[rows, scaled.labels], 1e-12))
    return Candidate(name, float(losses.mean()), float((scaled.predicted == scaled.labels).mean()))
