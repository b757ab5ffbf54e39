"""How long it will take, from a few measured steps on the run's own texts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from tunelet.data import Tokens, evaluation_batches, gather, split_batch, training_batches
from tunelet.model import SequenceClassifier, turn
from tunelet.recipe import TrainingSettings
from tunelet.training._activations import keeps_activations
from tunelet.training._length import Length

_SECONDS = 3.0  # of measuring, at most about
_WARM_UP = 1  # steps that are not counted: the first allocates memory and packs weights


@dataclass(frozen=True)
class Estimate:
    """Rates in tokens per second, and what they make of the whole run in seconds.

    The frozen seconds are those of layers below the lowest adapter, computed once for all epochs; 0 where nothing is
    kept, for then they are part of the other rates.
    """

    training_rate: float
    evaluation_rate: float
    training_seconds: float
    evaluation_seconds: float
    frozen_seconds: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.training_seconds + self.evaluation_seconds + self.frozen_seconds


def estimate_time(
    classifier: SequenceClassifier,
    train: Tokens,
    settings: TrainingSettings,
    *,
    validation: Tokens | None = None,
    test: Tokens | None = None,
    folds: Sequence[np.ndarray] = (),
) -> Estimate:
    """Time a few training and evaluation batches; weights, gradients and random states are left as they were.

    Args:
        classifier: the model as it will be trained.
        train: the training texts.
        settings: the recipe's training section.
        validation: the texts that pick the weights, whenever these are evaluated.
        test: the texts that are evaluated once.
        folds: of a cross-validation before the training on all texts, the rows that each holds out.
    """
    with turn, torch.random.fork_rng(devices=[] if classifier.device.type != "cuda" else None):
        order = training_batches(
            train.lengths,
            batch_size=settings.batch_size,
            seed=settings.seed,
            epoch=0,
            group_by_length=classifier.packing is None,
        )
        budget = classifier.execution.pass_tokens.value
        passes = [part for rows in order for part in split_batch(rows, train.lengths, token_budget=budget)]
        length = Length.of(settings, train.lengths)
        solved = classifier.method == "head" and classifier.head is not None  # as a probe is, in no optimiser step
        keeps = not solved and keeps_activations(classifier, settings, length)
        with classifier.training_mode():
            training_rate, frozen_rate = _rates(classifier, train, passes, backward=True, keeps=keeps)
        batches = evaluation_batches(train.lengths, token_budget=budget)
        middle = np.random.default_rng(0).permutation(len(batches))
        evaluation_rate, _ = _rates(classifier, train, [batches[i] for i in middle], backward=False, keeps=False)
    evaluations = sum(length.is_evaluated(epoch) for epoch in range(length.epochs))
    each_time = 0 if validation is None else validation.total
    once = tested = 0 if test is None else test.total
    tokens = 0.0
    if not solved:
        tokens += train.total * length.passes
        once += each_time * evaluations
        for held_out in folds:
            rest = np.delete(train.lengths, held_out)
            tokens += int(rest.sum()) * Length.of(settings, rest).passes
            once += int(train.lengths[held_out].sum())
    if settings.probe or solved:
        once += train.total + each_time + tested
    return Estimate(
        training_rate=training_rate,
        evaluation_rate=evaluation_rate,
        training_seconds=tokens / training_rate,
        evaluation_seconds=once / evaluation_rate,
        frozen_seconds=(train.total + each_time) / frozen_rate if keeps else 0.0,
    )


def _rates(
    classifier: SequenceClassifier, tokens: Tokens, batches: list[np.ndarray], *, backward: bool, keeps: bool
) -> tuple[float, float]:
    """Tokens per second of whole steps, or above the frozen layers, and of the frozen layers, where `keeps`."""
    counted, seconds, frozen_seconds = 0, 0.0, 0.0
    started = time.perf_counter()
    for number, rows in enumerate(batches):
        batch = gather(tokens, rows)
        begin = time.perf_counter()
        hidden = classifier.below(batch) if keeps else None
        middle = time.perf_counter()
        with torch.set_grad_enabled(backward):
            logits = classifier.logits(batch, hidden)
            if backward:
                F.cross_entropy(logits, torch.zeros(len(rows), dtype=torch.long, device=logits.device)).backward()
        _finish(classifier.device)
        end = time.perf_counter()
        if number >= _WARM_UP or len(batches) <= _WARM_UP:
            counted += len(batch.token_ids)
            seconds += end - middle
            frozen_seconds += middle - begin
        if end - started > _SECONDS / 2 and counted:
            break
    if backward:
        classifier.module.zero_grad(set_to_none=True)
    return counted / seconds, counted / max(frozen_seconds, 1e-9)


def _finish(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
