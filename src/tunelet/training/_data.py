"""The input of a training, and its result beside the weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tunelet.data import PLAIN, TaskName, Tokens, Unit
from tunelet.evaluation import ShapedPredictions
from tunelet.training._activations import HiddenStates


@dataclass(frozen=True)
class TrainingData:
    """Tokens and labels, as `LabelSpace.encode` gives them, of the training and validation texts.

    Attributes:
        train_labels: labels, or the probability of each label, float32 [n, classes], where a teacher gave them.
        validation, validation_labels: None: nothing is held out, and the last weights are kept.
        validation_shares: where labels are soft, the probability of each, float32 [m, classes]: the log loss of the
            epochs is that against these; None: labels are sure.
        positive: index of the label that F1 and the areas are computed for, where one of these picks the epoch; None:
            as `measure` has it.
        select: whether the validation texts pick the epoch whose weights are kept. Else the last weights are kept, and
            their predictions of these texts, which decided nothing, are unbiased.
        task: the shape of the labels, which decides on the loss.
        label_names: of the labels; empty: as the classifier's outputs are called.
        unit: of the classifier's outputs, in which its head is; labels and predictions are in that of the data.
        kept: "train" and "validation" hidden states below the lowest adapter, where an earlier training computed them.
    """

    train: Tokens
    train_labels: np.ndarray
    validation: Tokens | None
    validation_labels: np.ndarray | None
    positive: int | None = None
    select: bool = True
    validation_shares: np.ndarray | None = None
    task: TaskName = "multiclass"
    label_names: tuple[str, ...] = ()
    unit: Unit = PLAIN
    kept: Mapping[str, HiddenStates] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """The result of a training, beside the weights.

    Attributes:
        epochs, steps, tokens: that were done, over all sessions of the run.
        best_epoch: the one whose weights are kept, from 1.
        best: its value of the metric that picks the epoch; None: nothing picks it, and it is the last.
        seconds: in training steps; elapsed: with evaluation and checkpoints.
        validation: predictions of the validation texts by the weights that are kept; None: there are no such texts.
    """

    epochs: int
    best_epoch: int
    best: float | None
    steps: int
    tokens: int
    seconds: float
    elapsed: float
    validation: ShapedPredictions | None
