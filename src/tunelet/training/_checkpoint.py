"""A checkpoint is one safetensors file with all that decides the rest of a training.

It holds the trained parameters, AdamW's moments and steps, the best epoch's weights, the random states, and, as JSON in
the file's metadata, the position: epoch, batch, schedule, early stopping. The file is renamed into place, so that it is
whole, and its checksum is compared when it is read. A training that goes on from it ends in the bits in which it would
have ended without the interruption.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from pydantic import ConfigDict, TypeAdapter
from safetensors import safe_open
from safetensors.torch import save_file

from tunelet._foreign import ForeignFileError, open_regular
from tunelet.errors import RunError
from tunelet.model import SequenceClassifier
from tunelet.run import write_atomically

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
Weights = dict[str, torch.Tensor]  # of what is trained, by the name of the parameter


@dataclass
class Schedule:
    """State of the learning rate schedule: steps done, and the rate of each group of parameters."""

    last_epoch: int = 0
    rates: list[float] = field(default_factory=list)


@dataclass
class Pacing:
    """The plan of a training with a budget of time.

    Attributes:
        spent: seconds of the budget that are used.
        until: seconds of the budget that are used when this training should be over.
        steps: optimizer steps in all, as planned now.
        progress: share of the learning rate's course that is done.
    """

    spent: float
    until: float
    steps: int
    progress: float


@dataclass
class Position:
    """Where a training stands.

    Attributes:
        epoch: the epoch in progress, from 0.
        batch: batches of it that are done.
        step: optimizer steps that are done.
        history_lines: lines of history.jsonl up to this position; history_sha256: their SHA-256.
        loss_sum, loss_texts: summed loss and number of texts since the last line of the history.
        epoch_loss_sum, epoch_texts: the same since the start of the epoch.
        tokens: trained on so far, over all sessions.
        seconds: in training steps so far; elapsed: in all, evaluation and checkpoints included.
        best: value of the metric that picks the epoch, at its best so far; None before the first evaluation.
        best_epoch: the epoch of that value, from 0.
        epochs_without_better: evaluations since then.
        schedule: state of the learning rate schedule.
        pace: plan of a training with a budget of time; None: there is no budget.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    history_lines: int = 0
    history_sha256: str = ""
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
    schedule: Schedule = field(default_factory=Schedule)
    pace: Pacing | None = None

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


def save_checkpoint(
    folder: Path,
    classifier: SequenceClassifier,
    optimizer: torch.optim.Optimizer,
    best: Weights,
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
    content = json.dumps(asdict(position))
    metadata = {"position": content, "sha256": _checksum(content, tensors)}
    path = folder / f"step-{position.step:08d}-{position.epoch:04d}.safetensors"
    write_atomically(path, lambda temporary: save_file(tensors, temporary, metadata))
    for older in folder.glob("step-*.safetensors"):
        if older != path:
            older.unlink(missing_ok=True)


def _checksum(position: str, tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 over the position and, in the order of their names, dtype, shape and bytes of each tensor."""
    digest = hashlib.sha256(position.encode("utf-8"))
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def latest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint of a training; None where it has none yet."""
    pattern = re.compile(r"step-\d+-\d+\.safetensors")
    return max((path for path in folder.glob("step-*") if pattern.fullmatch(path.name)), default=None)


def load_checkpoint(
    path: Path, classifier: SequenceClassifier, optimizer: torch.optim.Optimizer
) -> tuple[Weights, Position]:
    """Give model, optimizer and random states what a checkpoint holds.

    Returns:
        The best epoch's weights, empty where none is picked, and the position.

    Raises:
        RunError: the checkpoint is damaged, or another model's.
    """
    tensors, position = _read(path)
    parameters = classifier.trained_parameters()
    if {f"parameter.{name}": parameters[name].shape for name in parameters} != {
        name: tensor.shape for name, tensor in tensors.items() if name.startswith("parameter.")
    }:
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


def _read(path: Path) -> tuple[dict[str, torch.Tensor], Position]:
    """The tensors of a checkpoint by name, and its position. Raises RunError where it is damaged."""
    try:
        open_regular(path).close()  # a pipe or a device is not opened by safetensors
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            # Copies: a tensor in the file's memory keeps it open, and Windows removes no file that is.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118  (not a mapping)
        position = TypeAdapter(Position).validate_json(metadata["position"])
        if metadata["sha256"] != _checksum(metadata["position"], tensors):
            raise ForeignFileError("its checksum does not match its content")
    except Exception as error:  # safetensors and pydantic raise many classes for a damaged file
        raise RunError(
            f"{path}: the checkpoint cannot be read ({error})", "remove the folder and train again"
        ) from None
    return tensors, position
