"""AdamW with separate rates for adapter and head, warm-up and linear decay."""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from transformers import get_linear_schedule_with_warmup

from tunelet.model import SequenceClassifier
from tunelet.recipe import TrainingSettings
from tunelet.training._checkpoint import Schedule


def make_optimizer(
    classifier: SequenceClassifier,
    settings: TrainingSettings,
    total_steps: int,
    factor: Callable[[], float] | None = None,
) -> tuple[AdamW, LRScheduler]:
    """AdamW (Loshchilov & Hutter 2019) for all trained parameters, and the schedule of their learning rates.

    Vectors (biases, norms) are not decayed. The head is new and has a learning rate of its own; where every weight is
    trained, all have the small one that suits pretrained weights.

    Args:
        classifier: the model.
        settings: rates, decay and warm-up.
        total_steps: of the training, for warm-up and linear decay.
        factor: the share of the peak rate, asked at each step; None: it follows from the number of the step.
    """
    groups: list[dict[str, Any]] = []
    full = classifier.method == "full"
    scale = _scale(settings)
    for head, rate in (
        (False, settings.full_learning_rate if full else settings.learning_rate),
        (True, settings.full_learning_rate if full else settings.head_learning_rate),
    ):
        for matrices, decay in ((True, settings.weight_decay), (False, 0.0)):
            parameters = [
                parameter
                for name, parameter in classifier.trained_parameters().items()
                if classifier.is_head(name) == head and (parameter.dim() > 1) == matrices
            ]
            if parameters:
                groups.append({"params": parameters, "lr": rate * scale, "weight_decay": decay})
    fused = classifier.device.type in ("cpu", "cuda")
    optimizer = AdamW(groups, fused=fused)
    if factor is not None:
        return optimizer, LambdaLR(optimizer, lambda _: factor())
    schedule = get_linear_schedule_with_warmup(optimizer, round(settings.warmup * total_steps), total_steps)
    return optimizer, schedule


def _scale(settings: TrainingSettings) -> float:
    """The factor of all rates: Adam's noise falls with the square root of a step's texts (Malladi et al. 2022)."""
    if not settings.rate_batch:
        return 1.0
    return float((settings.batch_size * settings.gradient_accumulation / settings.rate_batch) ** 0.5)


def learning_rates(optimizer: torch.optim.Optimizer) -> tuple[float, float]:
    """The learning rates of the next step: of the first and the last group, which are adapter and head."""
    return optimizer.param_groups[0]["lr"], optimizer.param_groups[-1]["lr"]


def schedule_state(schedule: LRScheduler) -> Schedule:
    """What a checkpoint keeps of a schedule."""
    return Schedule(schedule.last_epoch, [float(rate) for rate in schedule.get_last_lr()])


def restore_schedule(schedule: LRScheduler, optimizer: torch.optim.Optimizer, state: Schedule) -> None:
    """Put a schedule, and the rates of its optimizer, to where a checkpoint has them."""
    schedule.last_epoch = state.last_epoch
    schedule._last_lr = list(state.rates)
    for group, rate in zip(optimizer.param_groups, state.rates, strict=True):
        group["lr"] = rate
