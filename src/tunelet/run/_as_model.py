"""A run's folder in the place of a model: what it is, and what to do instead.

Training begins with a checkpoint. An adapter is none without its base model, and a run that stood on another run would
be gone with it; so the folder of a run is refused, with the way to the same end.
"""

from pathlib import Path

from tunelet.checkpoint import SHORT_NAMES
from tunelet.errors import ModelError, TuneletError
from tunelet.run._folder import RunFolder
from tunelet.run._group import seed_folders
from tunelet.run._run import Run


def refuse_run_as_model(name: str) -> None:
    """Raise ModelError where a model's name is the folder of a run, finished or not, or its adapter's."""
    try:
        folder = Path(name).expanduser()
        if name in SHORT_NAMES or not folder.is_dir():
            return
        for place in (folder, folder.resolve().parent):
            if _is_run(place) and (place == folder or folder.resolve().name == RunFolder(place).weights.name):
                raise _refusal(folder, place)
        if seeds := seed_folders(folder):
            raise _refusal(folder, seeds[0])
    except (OSError, RuntimeError, ValueError):  # no name of a folder; what it is a name of is found out elsewhere
        return


def _is_run(place: Path) -> bool:
    names = RunFolder(place)
    return (place / names.recipe.name).is_file() and (place / names.data.name).is_file()


def _refusal(named: Path, run: Path) -> ModelError:
    names = RunFolder(run)
    if not (run / names.metrics.name).is_file():
        return ModelError(
            f"expected a pretrained model, found an interrupted run of tunelet in {named}",
            "repeat the command that started it, with resume=True",
        )
    what = f"expected a pretrained model, found a finished run of tunelet in {named}"
    if (run / names.full_weights.name).is_dir():
        return ModelError(what, f"go on from its weights with model={str(run / names.full_weights.name)!r}")
    together = "an adapter fits its base model alone: train that one again, on the old and the new texts together"
    try:
        return ModelError(what, f"{together}, with model={Run(run).recipe.model.name!r}")
    except TuneletError:  # a damaged recipe
        return ModelError(what, together)
