"""What a person sees of a job while it runs: nothing, unless somebody passes screens that show it."""

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
    """What is known before a checkpoint goes on with its pretraining.

    Attributes:
        recipe: the settings.
        checkpoint: what is gone on with.
        data: `data.json`.
        tokens: of the texts to learn from.
        choices: device, precision and execution.
        rate: measured, in tokens a second.
        out: the folder to be.
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
        """While something goes on that has no progress to show."""
        return nullcontext()

    def progress(self) -> "AbstractContextManager[Reporter]":
        """Of trainings and everything else that takes tokens."""
        from tunelet.training import Silent

        return nullcontext(Silent())

    def plan(self, plan: "Plan") -> None:
        """Before training."""

    def result(self, run: "Run") -> None:
        """After it."""

    def adaptation_plan(self, plan: AdaptationPlan) -> None:
        """Before a checkpoint goes on with its pretraining."""

    def adaptation_result(self, adaptation: "Adaptation") -> None:
        """After it."""
