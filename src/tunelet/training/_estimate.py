"""How long it will take, from a few measured steps on the run's own texts."""

import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from tunelet.data import Tokens, evaluation_batches, gather, training_batches
from tunelet.model import SequenceClassifier
from tunelet.recipe import TrainingSettings

_SECONDS = 3.0  # of measuring, at most about
_WARM_UP = 1  # steps that are not counted: the first allocates memory and packs weights


@dataclass(frozen=True)
class Estimate:
    """Rates in tokens per second, and what they make of the whole run in seconds."""

    training_rate: float
    evaluation_rate: float
    training_seconds: float
    evaluation_seconds: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.training_seconds + self.evaluation_seconds


def estimate_time(
    classifier: SequenceClassifier,
    train: Tokens,
    settings: TrainingSettings,
    *,
    evaluated_every_epoch: int,
    evaluated_once: int,
) -> Estimate:
    """Time a few training and evaluation batches; weights, gradients and random states are left as they were.

    Args:
        classifier: the model as it will be trained.
        train: the training texts.
        settings: the recipe's training section.
        evaluated_every_epoch: tokens of the validation texts.
        evaluated_once: tokens evaluated after training.
    """
    with torch.random.fork_rng(devices=[] if classifier.device.value.type != "cuda" else None):
        order = training_batches(
            train.lengths,
            batch_size=settings.batch_size,
            seed=settings.seed,
            epoch=0,
            group_by_length=classifier.packing.value is None,
        )
        with classifier.training_mode():
            training_rate = _rate(classifier, train, order, backward=True)
        batches = evaluation_batches(train.lengths)
        middle = np.random.default_rng(0).permutation(len(batches))
        evaluation_rate = _rate(classifier, train, [batches[i] for i in middle], backward=False)
    return Estimate(
        training_rate=training_rate,
        evaluation_rate=evaluation_rate,
        training_seconds=train.total * settings.epochs / training_rate,
        evaluation_seconds=(evaluated_every_epoch * settings.epochs + evaluated_once) / evaluation_rate,
    )


def _rate(classifier: SequenceClassifier, tokens: Tokens, batches: list[np.ndarray], *, backward: bool) -> float:
    counted, seconds = 0, 0.0
    started = time.perf_counter()
    for number, rows in enumerate(batches):
        batch = gather(tokens, rows)
        begin = time.perf_counter()
        with torch.set_grad_enabled(backward):
            logits = classifier.logits(batch)
            if backward:
                F.cross_entropy(logits, torch.zeros(len(rows), dtype=torch.long, device=logits.device)).backward()
        _finish(classifier.device.value)
        end = time.perf_counter()
        if number >= _WARM_UP or len(batches) <= _WARM_UP:
            counted += len(batch.token_ids)
            seconds += end - begin
        if end - started > _SECONDS / 2 and counted:
            break
    if backward:
        classifier.module.zero_grad(set_to_none=True)
    return counted / seconds


def _finish(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
