"""What an interrupted job was started with, and whether it can go on here: its recipe, its weights, its choices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunelet._choice import Choice
from tunelet._deadline import Deadline
from tunelet._words import duration
from tunelet.errors import RunError
from tunelet.recipe import Recipe, difference, parse_recipe, with_settings
from tunelet.run import BegunDataRecord, EnvironmentRecord, RunFolder, as_text, environment, parse_record

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint
    from tunelet.experiment._afford import Afforded
    from tunelet.model import SequenceClassifier

# How often checkpoints are written, and who looks on, decides nothing about the result.
_FREE_TO_DIFFER = {"training.checkpoint_seconds", "training.track"}
_FREE_CHOICES = {
    "LoRA targets",
    "threads",
}  # the first are in the recipe; the second may change with the machine's load


@dataclass(frozen=True)
class Began:
    """What an interrupted run was started with.

    Attributes:
        place: its folder, as it is called while it is not finished.
        recipe: with what was decided on the way.
        environment: `environment.json`.
        data: `data.json`, as far as going on needs it.
    """

    place: Path
    recipe: Recipe
    environment: Mapping[str, Any]
    data: Mapping[str, Any]

    @classmethod
    def of(cls, folder: RunFolder) -> "Began":
        """Of a run that has begun. Raises RunError."""
        if not folder.has_begun():
            raise RunError(f"{folder.partial} stopped before it had begun", "leave out resume=True")
        files = folder.begun()
        return cls(
            folder.partial,
            files.read(folder.recipe, lambda content: parse_recipe(as_text(content), "its recipe.toml")),
            files.read(folder.environment, lambda content: parse_record(content, EnvironmentRecord)),
            files.read(folder.data, lambda content: parse_record(content, BegunDataRecord)),
        )


def check_data(began: Began, now: Mapping[str, Any], what: str = "data") -> None:
    """Refuse to go on with other data than a run was started with."""
    if began.data["parts"] != now["parts"]:
        raise RunError(f"{began.place} was started on other {what}", f"pass the same {what}, or leave out resume=True")


def with_budget(
    began: Began, recipe: Recipe, deadline: Deadline | None, given: Collection[str]
) -> "tuple[Recipe, Afforded | None]":
    """The recipe, and what was chosen for the budget of time when the run was started, which must be the same one.

    Args:
        began: what the run was started with.
        recipe: what it is gone on with.
        deadline: of this call; None: there is no budget.
        given: keys of the settings that were named, and so are not the budget's.
    """
    before = began.environment.get("budget")
    seconds = None if before is None else before["seconds"]
    if seconds != (None if deadline is None else deadline.seconds):
        was = "no budget of time" if seconds is None else f"a budget of {duration(seconds)}"
        option = "leave out budget=..." if seconds is None else f"pass budget='{seconds:g}s'"
        raise RunError(f"{began.place} was started with {was}", f"{option}, or leave out resume=True")
    if before is None:
        return recipe, None
    from tunelet.experiment._afford import DECIDED, Afforded

    changed = difference(began.recipe, recipe)
    recipe = with_settings(recipe, {key: was for key, (was, _) in changed.items() if key in DECIDED - set(given)})
    choices = {name: Choice(found["value"], found["reason"]) for name, found in before["choices"].items()}
    return recipe, Afforded(recipe, choices, None, 0.0)


def check_recipe(place: Path, known: Recipe, wanted: Recipe, also_free: Collection[str] = ()) -> None:
    """Refuse to go on with another recipe than a run was started with, but for the settings that are free to differ.

    Args:
        place: the run's folder.
        known: the recipe that it was started with.
        wanted: the one that it is to go on with.
        also_free: further settings that may differ.
    """
    free = {*_FREE_TO_DIFFER, *also_free}
    changed = {key: values for key, values in difference(known, wanted).items() if key not in free}
    if changed:
        key, (before, now) = next(iter(changed.items()))
        raise RunError(
            f"{place} was started with another recipe: {key} was {before!r}, now {now!r}",
            "repeat the first command with resume=True added, or leave out resume=True and pass another out=...",
        )


def as_decided(known: Recipe, wanted: Recipe) -> Recipe:
    """A recipe with what it leaves open about the head as the run decided it: that is what is gone on with."""
    settings = wanted.model
    open_to = {"model.pooling": settings.pooling == "auto", "model.layers": settings.layers == 0}
    decided = {"model.pooling": known.model.pooling, "model.layers": known.model.layers}
    return with_settings(wanted, {key: decided[key] for key, is_open in open_to.items() if is_open})


def choices_of(classifier: "SequenceClassifier") -> dict[str, Choice[str]]:
    """The model's choices with their values as text, for screens and the run folder."""
    choices = classifier.execution.described()
    if classifier.targets.value:
        choices["LoRA targets"] = Choice(", ".join(classifier.targets.value), classifier.targets.reason)
    return choices


def environment_of(
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


def check_environment(folder: RunFolder, environment: Mapping[str, Any]) -> None:
    """Refuse to go on from other weights or with another way of computing: the end would not be the same."""
    before = folder.begun().read(folder.environment, lambda content: parse_record(content, EnvironmentRecord))
    if before["checkpoint"]["weights_sha256"] != environment["checkpoint"]["weights_sha256"]:
        raise RunError(
            f"{folder.partial} was started on other weights of {before['checkpoint']['name']}",
            "restore them, or leave out resume=True and pass another out=...",
        )
    for name, choice in environment["choices"].items():
        was = before["choices"].get(name, {}).get("value", "unknown")
        if name not in _FREE_CHOICES and was != choice["value"]:
            raise RunError(
                f"{folder.partial} was started with {name} {was}, here it is {choice['value']} ({choice['reason']})",
                "go on where it was started, or leave out resume=True and pass another out=...",
            )
