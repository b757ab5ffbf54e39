"""A live view elsewhere: TensorBoard, MLflow, W&B or trackio, through Accelerate's trackers; off unless asked for.

`history.jsonl` is written always; what a tracker gets is the same lines.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from tunelet.errors import RecipeError
from tunelet.recipe import load_recipe
from tunelet.run import RunFolder, TrainingFolder

_PROJECT = "tunelet"


def check_trackers(names: Sequence[str]) -> None:
    """Raises RecipeError where one is not installed, which Accelerate would pass over in silence."""
    for name in names:
        if find_spec(name) is None:
            how = "pip install 'tunelet[track]'" if name != "wandb" else "pip install wandb"
            raise RecipeError(f"training.track: {name} is not installed", how)


def _described(folder: RunFolder) -> dict[str, Any]:
    """Name and settings of a run by dotted key, as its folder has them so far: what tells runs of a project apart."""
    found: dict[str, Any] = {"run": folder.final.name}
    if folder.recipe.is_file():
        for name, section in load_recipe(folder.recipe).model_dump().items():
            if isinstance(section, dict):
                found |= {f"{name}.{key}": value for key, value in section.items()}
            else:
                found[name] = section
    return found


class Tracking:
    """The trackers of one run.

    Args:
        accelerator: made with `log_with` these.
        names: of the trackers; empty: nothing is done.
        folder: of the run, whose name and settings are shown beside its curves.
    """

    def __init__(self, accelerator: Any, names: Sequence[str], folder: RunFolder | TrainingFolder) -> None:
        self._accelerator = accelerator if names else None
        if self._accelerator is not None:
            settings = _described(folder if isinstance(folder, RunFolder) else folder.run).items()
            plain = {key: value for key, value in settings if isinstance(value, (bool, int, float, str))}
            self._accelerator.init_trackers(_PROJECT, config=plain)

    def log(self, entry: Mapping[str, Any], step: int) -> None:
        """Numbers of a line of the history; validation metrics as validation/NAME."""
        if self._accelerator is None:
            return
        flat = {f"train/{name}": value for name, value in entry.items() if isinstance(value, (int, float))}
        flat |= {f"validation/{name}": value for name, value in entry.get("validation", {}).items()}
        self._accelerator.log(flat, step=step)

    def end(self) -> None:
        """Flush and close."""
        if self._accelerator is not None:
            self._accelerator.end_training()
