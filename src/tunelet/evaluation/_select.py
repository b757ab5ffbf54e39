"""Which of several models to keep, by log loss on texts that none of them has seen.

Every model is judged with the temperature that suits it, cross-fitted, so that overconfidence, which costs nothing to
mend, decides nothing. The one with the least loss is kept, for none costs more to keep; a difference below 0.001
nats is none, and then the simpler one is. (The rule of one standard error of Breiman et al. 1984 was tried: with few
texts the error is so large that it keeps the simplest model against all experience.)

The figure of the one that was chosen is too good, since it was chosen for it. `cross_fitted_selection` measures
choosing itself: each fold is answered by what the other folds would have chosen (in the manner of Tsamardinos,
Greasidou and Borboudakis 2018, who resample where this cuts folds). That is the figure to report.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet._choice import Choice
from tunelet._record import Record
from tunelet.evaluation._blend import Gain, cross_fitted, fit_weights, folds_of_rows
from tunelet.evaluation._linear import log_losses

_NEGLIGIBLE = 0.001  # nats a text


class Candidate(Record):
    """How a model did.

    Attributes:
        name: of the model.
        accuracy: share of the texts that it names rightly.
        log_loss: with a cross-fitted temperature, in nats a text.
        temperature: of all texts.
        behind: how much less log loss the best one has; mean 0 for that one.
    """

    name: str
    accuracy: float
    log_loss: float
    temperature: float
    behind: Gain

    @property
    def as_good(self) -> bool:
        """Whether the best is better by next to nothing."""
        return self.behind.mean <= _NEGLIGIBLE


@dataclass(frozen=True)
class Selection:
    """The model to keep, with its reason, and how all did, the simplest first."""

    chosen: Choice[str]
    candidates: tuple[Candidate, ...]


def select(models: Mapping[str, NDArray[np.float64]], labels: NDArray[np.int64], *, seed: int = 0) -> Selection:
    """Choose one.

    Args:
        models: name -> logits, float64 [n, classes], out of fold or of validation texts; the simplest model first.
        labels: int64 [n], n at least 2.
        seed: of the cross-fitting.
    """
    losses = {name: log_losses(cross_fitted([logits], labels, seed=seed), labels) for name, logits in models.items()}
    best = min(losses, key=lambda name: float(losses[name].mean()))
    candidates = tuple(
        Candidate(
            name=name,
            accuracy=float((logits.argmax(axis=1) == labels).mean()),
            log_loss=float(losses[name].mean()),
            temperature=1 / float(fit_weights([logits], labels)[0]),
            behind=Gain.of(losses[name], losses[best]),
        )
        for name, logits in models.items()
    )
    chosen = next(found for found in candidates if found.as_good)
    return Selection(Choice(chosen.name, _reason(chosen, best, candidates)), candidates)


def cross_fitted_selection(
    models: Mapping[str, NDArray[np.float64]], labels: NDArray[np.int64], *, seed: int = 0
) -> NDArray[np.float64]:
    """Logits, float64 [n, classes]: for each fold of the model that the other folds choose, with their temperature."""
    first = next(iter(models.values()))
    logits = np.zeros_like(first, dtype=np.float64)
    for held_out in folds_of_rows(labels, seed):
        rest = np.setdiff1d(np.arange(len(labels)), held_out)
        name = select({key: found[rest] for key, found in models.items()}, labels[rest], seed=seed).chosen.value
        logits[held_out] = models[name][held_out] * fit_weights([models[name][rest]], labels[rest])[0]
    return logits


def _reason(chosen: Candidate, best: str, candidates: tuple[Candidate, ...]) -> str:
    if chosen.name != best:
        return f"the simplest of those whose log loss is {chosen.log_loss:.3f}"
    others = [found for found in candidates if found.name != best]
    if not others:
        return "the only one"
    beaten = ", ".join(f"{found.name} has more by {_with_error(found.behind)}" for found in others)
    return f"the least log loss, {chosen.log_loss:.3f}: {beaten}"


def _with_error(gain: Gain) -> str:
    return f"{gain.mean:.3f}" + ("" if gain.error is None else f" ± {gain.error:.3f}")
