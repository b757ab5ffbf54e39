"""One optimizer step and nothing beside it: gradients by micro-batches, clipping, AdamW, the learning rate's schedule.

A step knows no history, no screen and no file. The loop and the benchmarks take the same one, and the time estimate
takes its micro-batches forward and backward: what is measured is what trains.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler

from tunelet.data import Batch, gather, split_batch
from tunelet.recipe import TrainingSettings
from tunelet.training._graphs import GradientGraphs, recordable
from tunelet.training._objective import Objective, diverged
from tunelet.training._optimizer import make_optimizer


@dataclass(frozen=True, eq=False)
class StepLoss:
    """What the texts of a step came to before its update.

    Attributes:
        summed: the loss of the texts, a scalar on the device of the model.
        texts, tokens: their numbers.
        step: which of the training's steps it was, from 1.
    """

    summed: torch.Tensor
    texts: int
    tokens: int
    step: int

    @property
    def waits(self) -> bool:
        """Whether reading the loss waits for a device that works beside the processor."""
        return self.summed.device.type != "cpu"

    @property
    def loss(self) -> float:
        """Summed over the texts. Raises RecipeError where it is no number any more."""
        loss = float(self.summed)
        if not math.isfinite(loss):
            raise diverged(f"the loss is {loss}", self.step)
        return loss


def micro_batches(objective: Objective, batches: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Row numbers, int64 [m], of what goes through the model at once: as much of each batch as its execution takes."""
    lengths, budget = objective.train.lengths, objective.model.execution.micro_batch_tokens.value
    return [rows for batch in batches for rows in split_batch(batch, lengths, token_budget=budget)]


def add_gradients(objective: Objective, batch: Batch, epoch: int, texts: int) -> torch.Tensor:
    """A micro-batch forward and backward: adds its share of the gradient of the mean loss over so many texts.

    Args:
        objective: gives the losses.
        batch: the micro-batch.
        epoch: the pass over the texts, from 0.
        texts: of the whole step.

    Returns:
        The summed loss of the micro-batch's texts, a scalar. Reading it waits for a GPU.
    """
    losses = objective.losses(batch, epoch)
    (losses / texts).backward()
    return losses.detach()


class Helpers(Protocol):
    """Who computes gradients in the place of this process."""

    def add_gradients(self, batches: Sequence[np.ndarray], epoch: int, texts: int) -> tuple[torch.Tensor, int]:
        """Add the gradient of the mean loss over so many texts of these batches.

        Returns:
            The summed loss of the texts, a scalar, and the number of their tokens.
        """


@dataclass(frozen=True)
class TrainingStep:
    """The step of one training: each call changes the model, the optimizer's moments and the schedule.

    Attributes:
        objective: what is lowered, with the model and its texts.
        parameters: all that is trained, in the model's order.
        optimizer, schedule: as `make_optimizer` gives them.
        max_grad_norm: the norm that the gradient over all parameters is clipped to.
        graphs: the gradients as CUDA graphs, where they can be recorded.
        helpers: others who compute the gradients; None: this process does.
    """

    objective: Objective
    parameters: tuple[nn.Parameter, ...]
    optimizer: torch.optim.Optimizer
    schedule: LRScheduler
    max_grad_norm: float
    graphs: GradientGraphs | None = None
    helpers: Helpers | None = None

    @classmethod
    def of(
        cls,
        objective: Objective,
        settings: TrainingSettings,
        steps: int,
        factor: Callable[[], float] | None = None,
        helpers: Helpers | None = None,
    ) -> "TrainingStep":
        """For a training of so many steps; `factor`, where it is given, sets the share of the peak rate instead."""
        optimizer, schedule = make_optimizer(objective.model, settings, steps, factor)
        parameters = tuple(objective.model.trained_parameters().values())
        graphs = GradientGraphs(objective) if helpers is None and recordable(objective) else None
        return cls(objective, parameters, optimizer, schedule, settings.max_grad_norm, graphs, helpers)

    def __call__(self, batches: Sequence[np.ndarray], epoch: int = 0) -> StepLoss:
        """Learn from these batches, row numbers of the training texts, as from one; a GPU is not waited for."""
        texts = sum(len(rows) for rows in batches)
        by = self if self.helpers is None else self.helpers
        summed, tokens = by.add_gradients(batches, epoch, texts)
        nn.utils.clip_grad_norm_(self.parameters, self.max_grad_norm)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=self.graphs is None)  # a graph adds to the tensors that were there
        return StepLoss(summed, texts, tokens, self.schedule.last_epoch)

    def add_gradients(self, batches: Sequence[np.ndarray], epoch: int, texts: int) -> tuple[torch.Tensor, int]:
        """As described in `Helpers`, by this process."""
        losses, tokens = [], 0
        for rows in micro_batches(self.objective, batches):
            batch = gather(self.objective.train, rows)
            losses.append(self._add_gradients(batch, epoch, texts))
            tokens += len(batch.token_ids)
        return losses[0] if len(losses) == 1 else torch.stack(losses).sum(), tokens

    def _add_gradients(self, batch: Batch, epoch: int, texts: int) -> torch.Tensor:
        recorded = self.graphs.add(batch, texts) if self.graphs is not None else None
        return add_gradients(self.objective, batch, epoch, texts) if recorded is None else recorded
