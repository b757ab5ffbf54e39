"""How long it is trained: epochs that are optimiser steps, with a floor for few texts and a ceiling for many."""

from dataclasses import dataclass

from tunelet.recipe import TrainingSettings

EVALUATIONS = 10  # in a run, about: epochs of few texts are too short for one each


@dataclass(frozen=True)
class Length:
    """Optimiser steps of a run.

    Attributes:
        per_epoch: in an epoch.
        steps: in all; the last epoch may be a part of one.
    """

    per_epoch: int
    steps: int

    @classmethod
    def of(cls, settings: TrainingSettings, texts: int) -> "Length":
        """For so many training texts."""
        batches = -(-texts // settings.batch_size)
        per_epoch = -(-batches // settings.gradient_accumulation)
        steps = max(per_epoch * settings.epochs, settings.min_steps)
        return cls(per_epoch, min(steps, settings.max_steps) if settings.max_steps else steps)

    @property
    def epochs(self) -> int:
        """Epochs that are begun."""
        return -(-self.steps // self.per_epoch)

    @property
    def passes(self) -> float:
        """How often each text is trained on, on average."""
        return self.steps / self.per_epoch

    def is_evaluated(self, epoch: int) -> bool:
        """Whether there is an evaluation behind this epoch, counted from 0: behind each, unless they are many."""
        before, after = (min(number * self.per_epoch, self.steps) for number in (epoch, epoch + 1))
        return after * EVALUATIONS // self.steps > before * EVALUATIONS // self.steps
