"""What a student is trained on: labelled texts, and texts without labels with the probabilities that a teacher gives.

Texts without labels are read once: they are many, and a teacher's probabilities are guesses. Labelled texts are read as
often as the recipe's epochs say, so that the student learns them as well as its teacher did, and known labels keep
their share beside guesses. A student's one epoch therefore holds each labelled text several times and the others once,
in random order, under one course of the learning rate.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import Tokens
from tunelet.recipe import TrainingSettings
from tunelet.training._length import Length


@dataclass(frozen=True, eq=False)
class Mix:
    """Labelled texts and texts without labels, as a student is trained on them.

    Attributes:
        copies: how often each labelled text is among the texts of an epoch.
        settings: of the training: one epoch, or more where one has fewer steps than `min_steps`.
        lengths: tokens of all texts of an epoch, int64 [copies * n + m].
    """

    copies: int
    settings: TrainingSettings
    lengths: NDArray[np.int64]

    @classmethod
    def of(cls, settings: TrainingSettings, labelled: NDArray[np.int64], others: NDArray[np.int64]) -> "Mix":
        """For n labelled texts and m others with so many tokens each, int64 [n] and [m].

        The ceiling on tokens is that of the labelled texts: the others have one of their own, by which they were drawn.
        """
        copies = max(1, min(settings.epochs, int(Length.of(settings, labelled).passes)))
        most = settings.max_tokens + int(others.sum()) if settings.max_tokens else 0
        once = settings.model_copy(update={"epochs": 1, "max_tokens": most})
        return cls(copies, once, np.concatenate([*[labelled] * copies, others]))

    @property
    def length(self) -> Length:
        """Steps of the training."""
        return Length.of(self.settings, self.lengths)

    def texts(self, labelled: Tokens, others: Tokens) -> Tokens:
        """The texts of an epoch."""
        return labelled.take(np.tile(np.arange(len(labelled)), self.copies)).followed_by(others)

    def targets(self, labels: NDArray[Any], others: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probability of each label for these texts, float32 [copies * n + m, classes].

        Args:
            labels: of the labelled texts, int64 [n], or the probability of each, float32 [n, classes].
            others: a teacher's probabilities for the others, [m, classes].
        """
        known = labels if labels.ndim == 2 else np.eye(others.shape[1], dtype=np.float32)[labels]
        return np.concatenate([*[known] * self.copies, others.astype(np.float32)])
