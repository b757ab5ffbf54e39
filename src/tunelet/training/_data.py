"""What goes into a training, and what comes out of it, the weights apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tunelet.data import Tokens
from tunelet.evaluation import Predictions
from tunelet.training._activations import HiddenStates


@dataclass(frozen=True)
class TrainingData:
    """Tokens and labels (int64 [n], indices into the label names) of the training and validation texts.

    Attributes:
        train_labels: or the probability of each label, float32 [n, classes], where nobody knows the labels for sure.
        validation, validation_labels: None: nothing is held out, and the last weights are kept.
        select: whether validation texts pick the evaluation whose weights are kept; else the last are, so that what
            they make of these texts is an honest figure.
        kept: "train" and "validation" hidden states below the lowest adapter, where they were computed before.
        positive: the label that F1 and the areas speak of, where an epoch is picked by one; None: as `measure` has it.
    """

    train: Tokens
    train_labels: np.ndarray
    validation: Tokens | None
    validation_labels: np.ndarray | None
    positive: int | None = None
    select: bool = True
    kept: Mapping[str, HiddenStates] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What training came to.

    Attributes:
        epochs, steps, tokens: done, over all sessions of the run.
        best_epoch: the one that was kept, from 1; best: its value of the best metric, None where none picked it.
        seconds: in training steps; elapsed: with evaluation and checkpoints.
        validation: predictions of the weights that were kept, None where there are no validation texts.
    """

    epochs: int
    best_epoch: int
    best: float | None
    steps: int
    tokens: int
    seconds: float
    elapsed: float
    validation: Predictions | None
