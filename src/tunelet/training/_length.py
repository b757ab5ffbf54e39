"""The length of a training in optimizer steps: epochs, with a floor for few texts and a ceiling for many."""

from dataclasses import dataclass

import numpy as np

from tunelet.recipe import TrainingSettings

EVALUATIONS = 10  # in a run, about: epochs of few texts are too short for one each


def fold_settings(settings: TrainingSettings, lengths: np.ndarray, held_out: np.ndarray) -> TrainingSettings:
    """Those of a fold's training, which passes over the texts that are left to it as often as the one on all texts.

    Args:
        settings: of the training on all texts.
        lengths: tokens of all texts, int64 [n].
        held_out: the rows that the fold holds out, int64 [m].
    """
    left = Length.of(settings, np.delete(lengths, held_out))
    steps = max(1, round(Length.of(settings, lengths).passes * left.per_epoch))
    return settings.model_copy(update={"min_steps": steps, "max_steps": steps, "max_tokens": 0})


@dataclass(frozen=True)
class Length:
    """Optimizer steps of a training.

    Attributes:
        per_epoch: steps of a whole epoch.
        steps: steps in all; the last epoch may end early.
    """

    per_epoch: int
    steps: int

    @classmethod
    def of(cls, settings: TrainingSettings, lengths: np.ndarray) -> "Length":
        """For training texts with so many tokens each, int64 [n]."""
        batches = -(-len(lengths) // settings.batch_size)
        per_epoch = -(-batches // settings.gradient_accumulation)
        steps = max(per_epoch * settings.epochs, settings.min_steps)
        if settings.max_steps:
            steps = min(steps, settings.max_steps)
        if settings.max_tokens:
            affordable = int(settings.max_tokens * per_epoch / int(lengths.sum()))
            steps = min(steps, max(affordable, 1))
        return cls(per_epoch, steps)

    @property
    def epochs(self) -> int:
        """Epochs that are begun, the last of which may end early."""
        return -(-self.steps // self.per_epoch)

    @property
    def passes(self) -> float:
        """How often each text is trained on, on average."""
        return self.steps / self.per_epoch

    def evaluations(self, epoch: int = 0) -> int:
        """Evaluations behind this epoch, counted from 0, and those that follow."""
        return sum(self.is_evaluated(later) for later in range(epoch, self.epochs))

    def is_evaluated(self, epoch: int) -> bool:
        """Whether there is an evaluation behind this epoch, counted from 0: behind each, unless they are many."""
        before, after = (min(number * self.per_epoch, self.steps) for number in (epoch, epoch + 1))
        return after * EVALUATIONS // self.steps > before * EVALUATIONS // self.steps
