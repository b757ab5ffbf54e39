"""The door for what a person sees of a job while it runs: nothing, unless the caller passes other screens."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunelet.run import AdaptationData, Choices

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint
    from tunelet.data import Tokens
    from tunelet.experiment._adapt import Adaptation
    from tunelet.experiment._plan import Plan
    from tunelet.recipe import Recipe
    from tunelet.run import Run
    from tunelet.training import Reporter


@dataclass(frozen=True)
class AdaptationPlan:
    """The plan of a further pretraining, complete before it starts.

    Attributes:
        recipe: the settings.
        checkpoint: whose pretraining is continued.
        data: the content of `data.json`.
        tokens: of the texts to learn from.
        choices: device, precision and execution.
        rate: measured speed, in tokens a second.
        out: the folder of the new checkpoint.
    """

    recipe: "Recipe"
    checkpoint: "Checkpoint"
    data: AdaptationData
    tokens: "Tokens"
    choices: Choices
    rate: float
    out: Path


class Screens:
    """Screens that show nothing; `console.TerminalScreens` shows everything."""

    def busy(self, doing: str) -> AbstractContextManager[Any]:
        """Shown while a step runs whose progress is unknown; `doing` names the step."""
        return nullcontext()

    def progress(self, *, unit: str = "tokens") -> "AbstractContextManager[Reporter]":
        """The reporter of trainings, and of every other step that reads texts; `unit` is what it counts."""
        from tunelet.training import Silent

        return nullcontext(Silent())

    def plan(self, plan: "Plan") -> None:
        """Called with the plan before training starts."""

    def result(self, run: "Run") -> None:
        """Called with the finished run."""

    def adaptation_plan(self, plan: AdaptationPlan) -> None:
        """Called with the plan before a further pretraining starts."""

    def adaptation_result(self, adaptation: "Adaptation") -> None:
        """Called with the new checkpoint."""
