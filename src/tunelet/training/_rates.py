"""How fast this machine trains and evaluates, from a few measured steps on the run's own texts.

Training is timed by the step's micro-batches, forward and backward. The optimizer's update is left out: weights must
stay as they are, and it takes little beside them.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from tunelet.data import Batch, Tokens, evaluation_batches, gather, training_batches
from tunelet.model import SequenceClassifier, turn
from tunelet.recipe import TrainingSettings
from tunelet.training._classification import Classification
from tunelet.training._data import TrainingData
from tunelet.training._objective import Objective
from tunelet.training._reporter import Silent
from tunelet.training._step import add_gradients, micro_batches

_SECONDS = 2.0  # of measuring, at most about
_WARM_UP = 1  # micro-batches that are not counted: the first allocates memory and packs weights


@dataclass(frozen=True)
class Rates:
    """Tokens per second.

    Attributes:
        training: of a step's micro-batches, forward and backward; above the frozen layers, where these are measured
            apart.
        evaluation: without gradients.
        frozen: of the layers below the lowest adapter; infinite: they are part of the steps.
        slowness: seconds that passed for one that this process worked: on a machine that others use, more than 1.
    """

    training: float
    evaluation: float
    frozen: float = math.inf
    slowness: float = 1.0


def time_steps(
    classifier: SequenceClassifier,
    train: Tokens,
    settings: TrainingSettings,
    *,
    apart: bool,
    seconds: float = _SECONDS,
) -> Rates:
    """Rates of training and evaluation; weights, gradients and random states are left as they were.

    Args:
        classifier: the model as it will be trained.
        train: the training texts.
        settings: the recipe's training section.
        apart: measure the layers below the lowest adapter, which must be frozen, apart from those above.
        seconds: to spend, at most about.
    """
    begin, worked = time.perf_counter(), time.thread_time()
    frozen = _FrozenForward(classifier)
    data = TrainingData(
        train, np.zeros(len(train), dtype=np.int64), None, None, kept={"train": frozen} if apart else {}
    )
    objective = Classification(classifier, data, settings, Silent())
    with turn, torch.random.fork_rng(devices=[] if classifier.device.type != "cuda" else None):
        training = time_gradients(objective, settings, limit=seconds / 2, frozen=frozen)
        evaluation = _time_forward(classifier, train, limit=seconds / 2)
    slowness = (time.perf_counter() - begin) / max(time.thread_time() - worked, 1e-9)
    below = training.tokens / max(training.frozen_seconds, 1e-9) if apart else math.inf
    return Rates(training.rate, evaluation.rate, below, max(slowness, 1.0))


@dataclass(frozen=True)
class Timing:
    """What a few micro-batches took: their tokens, and seconds, those of the frozen layers apart where they are."""

    tokens: int
    seconds: float
    frozen_seconds: float

    @property
    def rate(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds


class _FrozenForward:
    """Hidden states below the lowest adapter, computed anew for each micro-batch, and the seconds of the latest."""

    def __init__(self, classifier: SequenceClassifier) -> None:
        self._classifier = classifier
        self.seconds = 0.0

    def hidden(self, batch: Batch) -> torch.Tensor:
        """As `HiddenStates` has it."""
        begin = time.perf_counter()
        hidden = self._classifier.frozen_forward(batch)
        self.seconds = time.perf_counter() - begin
        return hidden


def time_gradients(
    objective: Objective,
    settings: TrainingSettings,
    *,
    limit: float,
    most: int | None = None,
    frozen: _FrozenForward | None = None,
) -> Timing:
    """Time micro-batches of the first epoch forward and backward; no gradient is left behind.

    Args:
        objective: the model, its texts and the loss.
        settings: the recipe's training section.
        limit: seconds to spend, about.
        most: micro-batches to take; None: as many as there are.
        frozen: where the time in frozen layers is noted, which is not counted.
    """
    model = objective.model
    order = training_batches(
        objective.train.lengths,
        batch_size=settings.batch_size,
        seed=settings.seed,
        epoch=0,
        group_by_length=model.packing is None,
    )
    with model.training_mode():
        timing = _time(
            lambda batch: add_gradients(objective, batch, 0, len(batch.rows)),
            objective.train,
            micro_batches(objective, order)[:most],
            model.device,
            limit,
            frozen,
        )
    for parameter in model.trained_parameters().values():
        parameter.grad = None
    return timing


def _time_forward(classifier: SequenceClassifier, tokens: Tokens, *, limit: float) -> Timing:
    """Time evaluation batches of all lengths, in random order."""
    batches = evaluation_batches(tokens.lengths, token_budget=classifier.execution.micro_batch_tokens.value)
    chosen = [batches[i] for i in np.random.default_rng(0).permutation(len(batches))]
    with torch.no_grad():
        return _time(classifier.logits, tokens, chosen, classifier.device, limit)


def _time(
    work: Callable[[Batch], object],
    tokens: Tokens,
    batches: Sequence[np.ndarray],
    device: torch.device,
    limit: float,
    frozen: _FrozenForward | None = None,
) -> Timing:
    counted, seconds, frozen_seconds = 0, 0.0, 0.0
    started = time.perf_counter()
    for number, rows in enumerate(batches):
        batch = gather(tokens, rows)
        begin = time.perf_counter()
        work(batch)
        if device.type != "cpu":
            torch.accelerator.synchronize(device)
        end = time.perf_counter()
        if number >= _WARM_UP or len(batches) <= _WARM_UP:
            below = 0.0 if frozen is None else frozen.seconds
            counted += len(batch.token_ids)
            seconds += end - begin - below
            frozen_seconds += below
        if end - started > limit and counted:
            break
    return Timing(counted, seconds, frozen_seconds)
