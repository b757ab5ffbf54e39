"""What a person sees of a job on a terminal while it runs, on stderr."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from tunelet._output import console
from tunelet.console._adapt import adaptation_plan, adaptation_result
from tunelet.console._plan import plan_screen
from tunelet.console._progress import progress
from tunelet.console._result import result_screen
from tunelet.experiment import Adaptation, AdaptationPlan, Plan, Screens
from tunelet.run import Run

if TYPE_CHECKING:
    from tunelet.training import Reporter


class TerminalScreens(Screens):
    """Screens before and after, and progress between them."""

    def __init__(self, *, verbose: bool = False) -> None:
        """Write to what is stderr when they are made.

        Args:
            verbose: whether every choice is shown with its reason.
        """
        self._console, self._verbose = console(stderr=True), verbose

    def busy(self, doing: str) -> AbstractContextManager[Any]:
        """A spinner on a terminal; elsewhere nothing."""
        return self._console.status(doing) if self._console.is_terminal else nullcontext()

    def progress(self, *, unit: str = "tokens") -> "AbstractContextManager[Reporter]":
        """A bar on a terminal; elsewhere lines."""
        return progress(self._console, unit=unit)

    def plan(self, plan: Plan) -> None:
        """Data, model, time and run folder."""
        plan_screen(self._console, plan, verbose=self._verbose)

    def result(self, run: Run) -> None:
        """Metrics, verdicts and what to type next."""
        result_screen(self._console, run)

    def adaptation_plan(self, plan: AdaptationPlan) -> None:
        """Texts, model, time and folder."""
        adaptation_plan(self._console, plan)

    def adaptation_result(self, adaptation: Adaptation) -> None:
        """Loss before and after."""
        adaptation_result(self._console, adaptation)
