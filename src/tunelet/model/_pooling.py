"""What the head reads of a text, as the recipe and the checkpoint declare it."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from tunelet._choice import Choice
from tunelet._foreign import ForeignFileError, read_json_object
from tunelet.checkpoint import CONFIG, POOLING, Checkpoint
from tunelet.errors import ModelError
from tunelet.recipe import Recipe

if TYPE_CHECKING:
    from tunelet.kernels import Pooling

# Sentence Transformers' names of poolings, in both of its file formats.
_SENTENCE: "dict[str, Pooling]" = {
    "mean": "mean", "pooling_mode_mean_tokens": "mean", "cls": "first", "pooling_mode_cls_token": "first",
}  # fmt: skip


def head_pooling(recipe: Recipe) -> "Pooling | None":
    """What a linear head reads by a recipe that leaves no pooling open; None: the architecture's own head is used."""
    assert recipe.model.pooling != "auto"  # noqa: S101
    own = recipe.model.pooling == "first" and not recipe.training.probe and recipe.adapter.method != "head"
    return None if own else cast("Pooling", recipe.model.pooling)


def declared_pooling(checkpoint: Checkpoint) -> "Choice[Pooling] | None":
    """The pooling that a checkpoint's own files name; None where they name none, or neither "first" nor "mean"."""
    declared = _read(checkpoint, POOLING)
    modes = declared.get("pooling_mode")
    if modes is None:  # as older versions write it
        modes = [name for name, used in declared.items() if name.startswith("pooling_mode_") and used is True]
    if modes:
        (mode,) = modes if isinstance(modes, list) and len(modes) == 1 else (modes,)
        pooling = _SENTENCE.get(mode) if isinstance(mode, str) else None
        return None if pooling is None else Choice(pooling, f"{POOLING} of the checkpoint says so")
    classifier = _read(checkpoint, CONFIG).get("classifier_pooling")
    if classifier in ("mean", "cls"):
        return Choice("mean" if classifier == "mean" else "first", f"classifier_pooling in {CONFIG} says so")
    return None


def exported_pooling(folder: Path) -> "Pooling":
    """The pooling of an exported Sentence Transformers folder. Raises ModelError where it is none of tunelet's."""
    try:
        modes = read_json_object(folder / POOLING)
    except ForeignFileError as error:
        raise ModelError(f"{folder / POOLING}: {error}", "export the run again, with tunelet export") from None
    first, mean = (modes.get(f"pooling_mode_{name}") is True for name in ("cls_token", "mean_tokens"))
    return "both" if first and mean else "first" if first else "mean"


def _read(checkpoint: Checkpoint, name: str) -> dict[str, object]:
    try:
        return read_json_object(checkpoint.path / name)
    except ForeignFileError:
        return {}
