"""A live view elsewhere: TensorBoard, MLflow, W&B or trackio, through Accelerate's trackers; off unless asked for.

`history.jsonl` is written always; what a tracker gets is the same lines.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch

from tunelet.errors import RecipeError
from tunelet.model import turn
from tunelet.recipe import load_recipe
from tunelet.run import HistoryLine, RunFolder, TrainingFolder

_PROJECT = "tunelet"


def check_trackers(names: Sequence[str]) -> None:
    """Raises RecipeError where one is not installed, which Accelerate would pass over in silence."""
    for name in names:
        if find_spec(name) is None:
            how = "pip install 'tunelet[track]'" if name != "wandb" else "pip install wandb"
            raise RecipeError(f"training.track: {name} is not installed", how)


class Tracking:
    """The trackers of one training; open inside a `with` block.

    Args:
        names: of the trackers; empty: nothing is done.
        folder: of the run, whose name and settings are shown beside its curves.
        device: that is trained on.
    """

    def __init__(self, names: Sequence[str], folder: RunFolder | TrainingFolder, device: torch.device) -> None:
        self._names, self._folder, self._device = names, folder, device
        self._accelerator: Any = None

    def __enter__(self) -> Self:
        if self._names:
            with turn:
                self._accelerator = _accelerator(self._names, self._folder, self._device)
                run = self._folder if isinstance(self._folder, RunFolder) else self._folder.run
                settings = {
                    key: value
                    for key, value in _described(run.final.name, run.recipe).items()
                    if isinstance(value, (bool, int, float, str))
                }
                self._accelerator.init_trackers(_PROJECT, config=settings)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush and close: a tracker that is not closed shows a run without an end."""
        if self._accelerator is not None:
            with turn:
                self._accelerator.end_training()

    def log(self, entry: HistoryLine, step: int) -> None:
        """Numbers of a line of the history; validation metrics as validation/NAME."""
        if self._accelerator is None:
            return
        flat = {f"train/{name}": value for name, value in entry.to_dict().items() if isinstance(value, (int, float))}
        flat |= {f"validation/{name}": value for name, value in (entry.validation or {}).items()}
        with turn:
            self._accelerator.log(flat, step=step)


def _accelerator(names: Sequence[str], folder: RunFolder | TrainingFolder, device: torch.device) -> Any:
    """Accelerate's door to the trackers."""
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)  # a process has one, on the device of its first run
    return Accelerator(
        cpu=device.type == "cpu", mixed_precision="no", log_with=list(names), project_dir=folder.tracking
    )


def _described(name: str, recipe: Path) -> dict[str, Any]:
    """Name and settings of a run by dotted key, as far as its folder has them: runs of a project differ by these."""
    settings: dict[str, Any] = {"run": name}
    if recipe.is_file():
        for title, section in load_recipe(recipe).model_dump().items():
            if isinstance(section, dict):
                settings |= {f"{title}.{key}": value for key, value in section.items()}
            else:
                settings[title] = section
    return settings
