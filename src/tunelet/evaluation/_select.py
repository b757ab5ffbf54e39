"""Which of several models to keep, by log loss on texts that none of them has seen.

Every model is judged with its own cross-fitted temperature, so that overconfidence, which a temperature mends, does not
decide. The model with the least loss is kept, for all cost the same to keep; where losses differ by less than 0.001
nats, the simpler one is. (The rule of one standard error of Breiman et al. 1984 was tried: with few texts the error is
so large that it keeps the simplest model even where others are usually better.)

The chosen model's own figure is too good, since the model was chosen by it. `cross_fitted_selection` measures the
choice itself: each fold is predicted by the model that the other folds choose (Tsamardinos, Greasidou and Borboudakis
2018 do so with resamples instead of folds). That is the figure to report.
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
    """A model that may be kept, and how good it is.

    Attributes:
        name: of the model.
        accuracy: share of the texts that it labels rightly.
        log_loss: with a cross-fitted temperature, in nats a text.
        temperature: fitted on all texts.
        behind: how much less log loss the best model has; mean 0 for the best one itself.
    """

    name: str
    accuracy: float
    log_loss: float
    temperature: float
    behind: Gain

    @property
    def as_good(self) -> bool:
        """Whether the best model is better by no more than a negligible difference."""
        return self.behind.mean <= _NEGLIGIBLE


@dataclass(frozen=True)
class Selection:
    """The model to keep, with its reason, and all candidates, the simplest first."""

    chosen: Choice[str]
    candidates: tuple[Candidate, ...]


def select(models: Mapping[str, NDArray[np.float64]], labels: NDArray[np.int64], *, seed: int = 0) -> Selection:
    """Choose the model with the least cross-fitted log loss, or the simplest of those that are as good.

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
    chosen = next(candidate for candidate in candidates if candidate.as_good)
    return Selection(Choice(chosen.name, _reason(chosen, best, candidates)), candidates)


def cross_fitted_selection(
    models: Mapping[str, NDArray[np.float64]], labels: NDArray[np.int64], *, seed: int = 0
) -> NDArray[np.float64]:
    """Logits, float64 [n, classes]: for each fold of the model that the other folds choose, with their temperature."""
    first = next(iter(models.values()))
    logits = np.zeros_like(first, dtype=np.float64)
    for held_out in folds_of_rows(labels, seed):
        rest = np.setdiff1d(np.arange(len(labels)), held_out)
        others = {name: logits_of[rest] for name, logits_of in models.items()}
        name = select(others, labels[rest], seed=seed).chosen.value
        logits[held_out] = models[name][held_out] * fit_weights([models[name][rest]], labels[rest])[0]
    return logits


def _reason(chosen: Candidate, best: str, candidates: tuple[Candidate, ...]) -> str:
    if chosen.name != best:
        return f"the simplest of those whose log loss is {chosen.log_loss:.3f}"
    others = [candidate for candidate in candidates if candidate.name != best]
    if not others:
        return "the only one"
    beaten = ", ".join(f"{candidate.name} has more by {_with_error(candidate.behind)}" for candidate in others)
    return f"the least log loss, {chosen.log_loss:.3f}: {beaten}"


def _with_error(gain: Gain) -> str:
    return f"{gain.mean:.3f}" + ("" if gain.error is None else f" ± {gain.error:.3f}")
