"""What the head reads of a text: as the recipe says, else as the checkpoint says of itself, else as measured."""

from typing import TYPE_CHECKING, cast

from tunelet._choice import Choice
from tunelet._foreign import ForeignFileError, read_json_object
from tunelet.model._checkpoint import Checkpoint
from tunelet.model._files import CONFIG
from tunelet.recipe import Recipe

if TYPE_CHECKING:
    from tunelet.kernels import Pooling

_SENTENCE = "1_Pooling/config.json"  # where Sentence Transformers keeps it


def head_pooling(recipe: Recipe) -> "Pooling | None":
    """What a linear head reads in a recipe whose pooling is decided; None: the architecture has its own head."""
    assert recipe.model.pooling != "auto"  # noqa: S101
    own = recipe.model.pooling == "first" and not recipe.training.probe and recipe.adapter.method != "head"
    return None if own else cast("Pooling", recipe.model.pooling)


def declared_pooling(checkpoint: Checkpoint) -> "Choice[Pooling] | None":
    """What a checkpoint says of itself, None where it says nothing, or something that is neither first nor mean."""
    said = _read(checkpoint, _SENTENCE)
    mode = said.get("pooling_mode")
    for pooling, modes, key in (
        ("mean", ("mean", "mean_tokens"), "pooling_mode_mean_tokens"),
        ("first", ("cls", "cls_token"), "pooling_mode_cls_token"),
    ):
        if mode in modes or (mode is None and said.get(key) is True):
            return Choice(pooling, f"{_SENTENCE} of the checkpoint says so")  # type: ignore[arg-type]
    classifier = _read(checkpoint, CONFIG).get("classifier_pooling")
    if classifier in ("mean", "cls"):
        return Choice("mean" if classifier == "mean" else "first", f"classifier_pooling in {CONFIG} says so")
    return None


def _read(checkpoint: Checkpoint, name: str) -> dict[str, object]:
    try:
        return read_json_object(checkpoint.path / name)
    except ForeignFileError:
        return {}
