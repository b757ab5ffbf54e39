"""Losses side by side: the same texts in the same order, the same initial weights, no dropout, and nothing random.

The reference is a plain loop that anybody can read: transformers' model with eager attention on padded batches, PEFT's
LoRA, torch's AdamW with the schedule of transformers, gradients clipped. tunelet takes its own step.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tunelet.bench._tunelet_training import training_step
from tunelet.bench.harness._subject import Subject
from tunelet.bench.harness._worker import Desk
from tunelet.bench.rivals._stock import adapted_model
from tunelet.data import Tokens, gather

LONGEST = 128  # tokens kept of a text, so that it takes minutes


@dataclass(frozen=True)
class Difference:
    """How far two sequences of losses are apart at most."""

    absolute: float
    relative: float

    @classmethod
    def of(cls, reference: Sequence[float], losses: Sequence[float]) -> "Difference":
        """Largest differences, step by step; relative to the reference's loss of the step."""
        pairs = list(zip(reference, losses, strict=True))
        return cls(
            max(abs(one - other) for one, other in pairs), max(abs(one - other) / abs(one) for one, other in pairs)
        )


def reference_losses(desk: Desk, subject: Subject, steps: int, batch_size: int, rate: float) -> None:
    """A worker that trains the stock model by a plain loop; reports the mean loss of each step."""
    import torch
    import torch.nn.functional as F
    from transformers import get_linear_schedule_with_warmup

    from tunelet.model import padded_inputs
    from tunelet.recipe import TrainingSettings

    if not desk.wait():
        return
    settings = TrainingSettings()
    tokens, labels = _texts(subject, steps * batch_size)
    model = adapted_model(subject, attention="eager", dropout=False).to(subject.device).train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    matrices = [parameter for parameter in trained if parameter.dim() > 1]
    vectors = [parameter for parameter in trained if parameter.dim() == 1]
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=rate)
    schedule = get_linear_schedule_with_warmup(optimizer, round(settings.warmup * steps), steps)
    losses = []
    for rows in _batches(steps, batch_size):
        batch = gather(tokens, rows)
        ids = torch.from_numpy(batch.token_ids).to(subject.device)
        logits = model(**padded_inputs(ids, batch.lengths, model.config.pad_token_id or 0)).logits
        loss = F.cross_entropy(logits, torch.from_numpy(labels[rows]).to(subject.device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, settings.max_grad_norm)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    desk.report(losses)


def tunelet_losses(desk: Desk, subject: Subject, precision: str, steps: int, batch_size: int, rate: float) -> None:
    """A worker that trains with tunelet's step, dropout of the head off; reports the mean loss of each step."""
    import torch

    if not desk.wait():
        return
    tokens, labels = _texts(subject, steps * batch_size)
    step = training_step(subject, precision, tokens, labels, rate=rate, batch_size=batch_size)
    for module in step.objective.model.module.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    with step.objective.model.training_mode():
        losses = [step([rows]).loss / batch_size for rows in _batches(steps, batch_size)]
    desk.report(losses)


def _texts(subject: Subject, n: int) -> tuple[Tokens, np.ndarray]:
    """n texts of the sample with their labels, each cut to its head and its last token."""
    tokens, labels = subject.tokens(), subject.labels()
    rows = np.resize(np.random.default_rng(subject.seed).permutation(len(tokens)), n)
    pieces = []
    for row in rows:
        ids = tokens.token_ids[tokens.offsets[row] : tokens.offsets[row + 1]]
        pieces.append(ids if len(ids) <= LONGEST else np.append(ids[: LONGEST - 1], ids[-1]))
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    return Tokens(np.concatenate(pieces), offsets, truncated=0), labels[rows]


def _batches(steps: int, batch_size: int) -> list[np.ndarray]:
    return list(np.arange(steps * batch_size, dtype=np.int64).reshape(steps, batch_size))
