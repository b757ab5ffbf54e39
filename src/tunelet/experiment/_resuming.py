"""Resuming: what an interrupted job was started with, and whether it can be continued here with the same result."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from tunelet._choice import Choice
from tunelet._deadline import Deadline
from tunelet._record import Record, as_text, parse_record
from tunelet._words import duration
from tunelet.errors import RunError
from tunelet.recipe import Recipe, difference, parse_recipe, with_settings
from tunelet.run import (
    AdaptationData,
    BudgetRecord,
    CheckpointRecord,
    Choices,
    DataRecord,
    EnvironmentRecord,
    RunFolder,
    choice_label,
    environment,
)

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint
    from tunelet.experiment._afford import Afforded
    from tunelet.model import SequenceClassifier

# How often checkpoints are written, and which trackers follow the run, does not change the result.
_FREE_TO_DIFFER = {"training.checkpoint_seconds", "training.track"}
_FREE_CHOICES = {"targets", "threads"}  # the first are in the recipe; the second may change with the machine's load

BegunData = TypeVar("BegunData", DataRecord, AdaptationData)


@dataclass(frozen=True)
class Began(Generic[BegunData]):
    """What an interrupted run was started with.

    Attributes:
        place: its folder, under the name that it has until it is finished.
        recipe: with the choices that were made before training started.
        environment: the machine, the versions, the checkpoint and the choices.
        data: its `data.json`.
    """

    place: Path
    recipe: Recipe
    environment: EnvironmentRecord
    data: BegunData

    @classmethod
    def of(cls, folder: RunFolder, data: type[BegunData]) -> "Began[BegunData]":
        """Read what a run was started with. Raises RunError where it had not begun.

        Args:
            folder: of the run.
            data: the record of its `data.json`.
        """
        if not folder.has_begun():
            raise RunError(f"{folder.partial} stopped before it had begun", "leave out resume=True")
        files = folder.begun()
        return cls(
            folder.partial,
            files.read(folder.recipe, lambda content: parse_recipe(as_text(content), "its recipe.toml")),
            files.read(folder.environment, lambda content: parse_record(content, EnvironmentRecord)),
            files.read(folder.data, lambda content: parse_record(content, data)),
        )


def check_data(began: Began[BegunData], now: Mapping[str, Record], what: str = "data") -> None:
    """Refuse to go on with other data than a run was started with.

    Args:
        began: what it was started with.
        now: the splits, by name.
        what: the word for the data in the message.
    """
    if began.data.parts != now:
        raise RunError(f"{began.place} was started on other {what}", f"pass the same {what}, or leave out resume=True")


def with_budget(
    began: Began[DataRecord], recipe: Recipe, deadline: Deadline | None, named: Collection[str]
) -> "tuple[Recipe, Afforded | None]":
    """The recipe with the choices that were made for the budget of time when the run was started, and these choices.

    The budget must be the same one. Raises RunError where it is not.

    Args:
        began: what the run was started with.
        recipe: the one to continue with.
        deadline: of this call; None: there is no budget.
        named: keys of the settings that the user named, and that so are not the budget's to choose.
    """
    before = began.environment.budget
    seconds = None if before is None else before.seconds
    if seconds != (None if deadline is None else deadline.seconds):
        was = "no budget of time" if seconds is None else f"a budget of {duration(seconds)}"
        option = "leave out budget=..." if seconds is None else f"pass budget='{seconds:g}s'"
        raise RunError(f"{began.place} was started with {was}", f"{option}, or leave out resume=True")
    if before is None:
        return recipe, None
    from tunelet.experiment._afford import DECIDED, Afforded

    changed = difference(began.recipe, recipe)
    recipe = with_settings(recipe, {key: was for key, (was, _) in changed.items() if key in DECIDED - set(named)})
    return recipe, Afforded(recipe, before.choices.made, None, 0.0)


def check_recipe(place: Path, known: Recipe, wanted: Recipe, also_free: Collection[str] = ()) -> None:
    """Refuse to go on with another recipe than a run was started with, but for the settings that are free to differ.

    Args:
        place: the run's folder.
        known: the recipe that it was started with.
        wanted: the one to continue with.
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
    """The wanted recipe, with what the run chose where it leaves that open: the labels' shape, pooling and layers."""
    data, model = wanted.data, wanted.model
    # A run that was started before recipes named the shape has none, whatever is recognised now.
    open_to = {
        "data.task": data.task == "auto" or known.data.task == "auto",
        "data.label_separator": not data.label_separator or known.data.task == "auto",
        "model.pooling": model.pooling == "auto",
        "model.layers": model.layers == 0,
    }
    decided = {
        "data.task": known.data.task,
        "data.label_separator": known.data.label_separator,
        "model.pooling": known.model.pooling,
        "model.layers": known.model.layers,
    }
    return with_settings(wanted, {key: decided[key] for key, is_open in open_to.items() if is_open})


def choices_of(classifier: "SequenceClassifier") -> dict[str, Choice[str]]:
    """The model's choices with their values as text, by attribute of a run's `Choices`."""
    choices = classifier.execution.described()
    if classifier.targets.value:
        choices["targets"] = Choice(", ".join(classifier.targets.value), classifier.targets.reason)
    return choices


def environment_of(
    checkpoint: "Checkpoint", choices: Choices, *, random_weights: bool, budget: BudgetRecord | None = None
) -> EnvironmentRecord:
    """The content of `environment.json`: machine, versions, the checkpoint with its fingerprint, the choices."""
    import torch

    return EnvironmentRecord(
        **dict(environment()),
        threads=torch.get_num_threads(),
        checkpoint=CheckpointRecord(
            name=checkpoint.name,
            origin=checkpoint.origin,
            reason=checkpoint.reason,
            hub_id=checkpoint.hub_id,
            revision=checkpoint.revision,
            weights_sha256=checkpoint.weights_sha256,
            random_weights=random_weights,
        ),
        choices=choices,
        budget=budget,
    )


def check_environment(folder: RunFolder, now: EnvironmentRecord) -> None:
    """Refuse to continue with other weights or another way of computing, which would change the result."""
    before = folder.begun().read(folder.environment, lambda content: parse_record(content, EnvironmentRecord))
    if before.checkpoint.weights_sha256 != now.checkpoint.weights_sha256:
        raise RunError(
            f"{folder.partial} was started on other weights of {before.checkpoint.name}",
            "restore them, or leave out resume=True and pass another out=...",
        )
    known = before.choices.made
    for name, choice in now.choices.made.items():
        was = known[name].value if name in known else "unknown"
        if name not in _FREE_CHOICES and was != choice.value:
            said = choice_label(name)
            raise RunError(
                f"{folder.partial} was started with {said} {was}, here it is {choice.value} ({choice.reason})",
                "go on where it was started, or leave out resume=True and pass another out=...",
            )
