"""What an interrupted job was started with, and whether it can go on here: its recipe, its weights, its choices."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunelet._choice import Choice
from tunelet.errors import RunError
from tunelet.recipe import Recipe, difference, parse_recipe, with_settings
from tunelet.run import EnvironmentRecord, RunFolder, as_text, environment, parse_record

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint
    from tunelet.model import SequenceClassifier

# How often checkpoints are written, and who looks on, decides nothing about the result.
FREE_TO_DIFFER = {"training.checkpoint_seconds", "training.track"}
_FREE_CHOICES = {
    "LoRA targets",
    "threads",
}  # the first are in the recipe; the second may change with the machine's load


def check_recipe(place: Path, known: Recipe, wanted: Recipe, free: Collection[str]) -> None:
    """Refuse to go on with another recipe than a run was started with, but for the settings that are free to differ."""
    changed = {key: values for key, values in difference(known, wanted).items() if key not in free}
    if changed:
        key, (before, now) = next(iter(changed.items()))
        raise RunError(
            f"{place} was started with another recipe: {key} was {before!r}, now {now!r}",
            "repeat the first command with --resume added, or leave out --resume and pass another --out",
        )


def as_decided(known: Recipe, wanted: Recipe) -> Recipe:
    """A recipe with what it leaves open about the head as the run decided it: that is what is gone on with."""
    settings = wanted.model
    open_to = {"model.pooling": settings.pooling == "auto", "model.layers": settings.layers == 0}
    decided = {"model.pooling": known.model.pooling, "model.layers": known.model.layers}
    return with_settings(wanted, {key: decided[key] for key, is_open in open_to.items() if is_open})


def parse_began(content: bytes) -> Recipe:
    """The recipe that a run was started with."""
    return parse_recipe(as_text(content), "its recipe.toml")


def choices_of(classifier: "SequenceClassifier") -> dict[str, Choice[str]]:
    """The model's choices with their values as text, for screens and the run folder."""
    choices = classifier.execution.described()
    if classifier.targets.value:
        choices["LoRA targets"] = Choice(", ".join(classifier.targets.value), classifier.targets.reason)
    return choices


def surroundings_of(
    checkpoint: "Checkpoint", choices: Mapping[str, Choice[str]], *, random_weights: bool
) -> dict[str, Any]:
    """`environment.json`: what the run ran on, the checkpoint with a fingerprint of its weights, the choices."""
    import torch

    from tunelet.checkpoint import weights_fingerprint

    return environment() | {
        "threads": torch.get_num_threads(),
        "checkpoint": {
            "name": checkpoint.name,
            "origin": checkpoint.origin,
            "reason": checkpoint.reason,
            "hub_id": checkpoint.hub_id,
            "revision": checkpoint.revision,
            "weights_sha256": weights_fingerprint(checkpoint.path),
            "random_weights": random_weights,
        },
        "choices": {name: {"value": choice.value, "reason": choice.reason} for name, choice in choices.items()},
    }


def check_surroundings(folder: RunFolder, surroundings: Mapping[str, Any]) -> None:
    """Refuse to go on from other weights or with another way of computing: the end would not be the same."""
    before = folder.begun().read(folder.environment, lambda content: parse_record(content, EnvironmentRecord))
    if before["checkpoint"]["weights_sha256"] != surroundings["checkpoint"]["weights_sha256"]:
        raise RunError(
            f"{folder.partial} was started on other weights of {before['checkpoint']['name']}",
            "restore them, or leave out --resume and pass another --out",
        )
    for name, choice in surroundings["choices"].items():
        was = before["choices"].get(name, {}).get("value", "unknown")
        if name not in _FREE_CHOICES and was != choice["value"]:
            raise RunError(
                f"{folder.partial} was started with {name} {was}, here it is {choice['value']} ({choice['reason']})",
                "go on where it was started, or leave out --resume and pass another --out",
            )
