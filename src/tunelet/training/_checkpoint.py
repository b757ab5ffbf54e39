"""A checkpoint is one safetensors file with all that decides the rest of the run; renamed into place, so it is whole.

It holds what is trained, AdamW's moments and steps, the best epoch's weights, the random states, and (as JSON in the
file's metadata) the position: epoch, batch, schedule, early stopping. A run continued from it ends in the same bits.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from tunelet.errors import RunError
from tunelet.model import SequenceClassifier
from tunelet.run import write_atomically

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


@dataclass
class Position:
    """Where a run stands.

    Attributes:
        epoch: the epoch in progress, from 0.
        batch: batches of it that are done.
        step: optimiser steps done.
        history_lines: lines of history.jsonl that belong to what is done.
        loss_sum, loss_texts: summed loss and texts since the last line of the history.
        epoch_loss_sum, epoch_texts: the same since the start of the epoch.
        tokens: tokens trained on so far.
        seconds: time spent in training steps so far; elapsed: in all, evaluation and checkpoints included.
        best: value of the best metric so far, None before the first evaluation.
        best_epoch: the epoch that gave it.
        epochs_without_better: evaluations since then.
        schedule: state of the learning rate schedule.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    history_lines: int = 0
    loss_sum: float = 0.0
    loss_texts: int = 0
    epoch_loss_sum: float = 0.0
    epoch_texts: int = 0
    tokens: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    best: float | None = None
    best_epoch: int = 0
    epochs_without_better: int = 0
    schedule: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(
    folder: Path,
    classifier: SequenceClassifier,
    optimizer: torch.optim.Optimizer,
    best: dict[str, torch.Tensor],
    position: Position,
) -> None:
    """Write `step-N.safetensors` and then remove the older ones. Raises RunError where the disk refuses."""
    tensors: dict[str, torch.Tensor] = {}
    for name, parameter in classifier.trained_parameters().items():
        tensors[f"parameter.{name}"] = parameter.detach()
        for moment, value in optimizer.state.get(parameter, {}).items():
            tensors[f"{moment}.{name}"] = value
    tensors |= {f"best.{name}": value for name, value in best.items()}
    tensors["random.cpu"] = torch.get_rng_state()
    if classifier.device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(classifier.device)
    tensors = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {"position": json.dumps(asdict(position))}
    path = folder / f"step-{position.step:08d}-{position.epoch:04d}.safetensors"
    write_atomically(path, lambda temporary: save_file(tensors, temporary, metadata))
    for older in folder.iterdir():  # temporary files of a process that was killed go too
        if older != path:
            older.unlink(missing_ok=True)


def latest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint of a run, None where it has none yet."""
    pattern = re.compile(r"step-\d+-\d+\.safetensors")
    return max((path for path in folder.glob("step-*") if pattern.fullmatch(path.name)), default=None)


def load_checkpoint(
    path: Path, classifier: SequenceClassifier, optimizer: torch.optim.Optimizer
) -> tuple[dict[str, torch.Tensor], Position]:
    """Put everything back as `save_checkpoint` found it; returns the best epoch's weights and the position."""
    try:
        with safe_open(path, framework="pt") as file:
            position = Position(**json.loads(file.metadata()["position"]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a mapping)
    except (SafetensorError, OSError, TypeError, KeyError, json.JSONDecodeError) as error:
        raise RunError(
            f"{path}: the checkpoint cannot be read ({error})", "remove the folder and train again"
        ) from None
    parameters = classifier.trained_parameters()
    if {f"parameter.{name}" for name in parameters} != {name for name in tensors if name.startswith("parameter.")}:
        raise RunError(f"{path}: the checkpoint is of another model", "remove the folder and train again")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[f"parameter.{name}"])
            if f"step.{name}" in tensors:
                state = {moment: tensors[f"{moment}.{name}"] for moment in _MOMENTS}
                optimizer.state[parameter] = {k: v.to(parameter.device) for k, v in state.items()}
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"], classifier.device)
    best = {name.removeprefix("best."): tensor for name, tensor in tensors.items() if name.startswith("best.")}
    return best, position
