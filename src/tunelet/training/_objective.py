"""What a training lowers, and how it is seen whether that helps: the loop leaves both to its objective."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from tunelet.data import Batch, Tokens
from tunelet.errors import RecipeError
from tunelet.model import SequenceClassifier
from tunelet.training._checkpoint import Position


@dataclass(frozen=True)
class Evaluation:
    """What the held-out texts show.

    Attributes:
        values: metric -> finite value, for the history.
        better: whether the present weights are the best so far, and are to be kept.
        line: the same for a screen, behind the training loss; empty: there is nothing to say.
    """

    values: Mapping[str, float]
    better: bool = False
    line: str = ""


class Objective(Protocol):
    """A model with texts to learn from, the loss that is lowered, and held-out texts."""

    @property
    def model(self) -> SequenceClassifier:
        """What is trained, in place."""

    @property
    def train(self) -> Tokens:
        """The texts that are learnt from."""

    @property
    def chances(self) -> NDArray[np.float64] | None:
        """How likely each of them is drawn next, float64 [n]; None: an epoch has each once."""

    @property
    def held_out(self) -> Tokens | None:
        """Others; None: there are none, and nothing is evaluated."""

    @property
    def select(self) -> bool:
        """Whether held-out texts are evaluated every epoch, to pick the best; else they are once, at the end."""

    def losses(self, batch: Batch, epoch: int) -> torch.Tensor:
        """The losses of a micro-batch's texts, summed: a scalar in float32, with its graph.

        Args:
            batch: some of the training texts.
            epoch: the pass over the texts, from 0.
        """

    def evaluate(self, position: Position) -> Evaluation:
        """Evaluate the held-out texts; where they pick an epoch, note in the position which is the best."""


def diverged(what: str, step: int) -> RecipeError:
    """The error of a training whose numbers are none any more.

    Args:
        what: is no number, such as the loss.
        step: at which optimizer step, from 1.
    """
    return RecipeError(
        f"training diverged: {what} at step {step}", "lower training.learning_rate and training.head_learning_rate"
    )
