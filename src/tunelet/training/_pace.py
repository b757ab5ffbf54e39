"""The number of steps of a training: fixed by its settings, or planned anew before each step for a budget of time.

A machine is not equally fast all day, so a number of steps that was planned from a few measured ones misses the
deadline. With a budget the plan is therefore made again before each step, from the seconds that the latest steps took.
The learning rate follows the share of the course that is done, and each step advances that by an equal share of what is
left. So the rate rises, falls and ends at zero however often the plan changes, and it is the usual schedule's where the
plan never does.
"""

from dataclasses import dataclass, replace

from tunelet._deadline import Deadline
from tunelet.recipe import TrainingSettings
from tunelet.training._checkpoint import Pacing
from tunelet.training._length import Length
from tunelet.training._objective import Objective

_MEMORY = 20  # steps that a rate is measured over, about
_BOUND = 2  # most that a plan is stretched or shortened by: settings that suit one length may not suit another


@dataclass(frozen=True)
class Allowance:
    """The time that a budget leaves for one training.

    Attributes:
        deadline: of the whole command.
        until: seconds of the budget that are used when this training should be over.
        step_rate, evaluation_rate: tokens per second to expect, until steps and evaluations are measured.
        passes: over the texts, at most.
    """

    deadline: Deadline
    until: float
    step_rate: float
    evaluation_rate: float
    passes: float


@dataclass(frozen=True)
class FixedPace:
    """A training without a clock: as many steps as the settings say, and the usual schedule.

    Attributes:
        length: of it.
        factor: None: the learning rate goes by the number of the step.
    """

    length: Length
    factor: None = None

    @classmethod
    def of(cls, objective: Objective, settings: TrainingSettings) -> "FixedPace":
        """For the texts of an objective."""
        return cls(Length.of(settings, objective.train.lengths))

    def go_on(self, state: Pacing) -> None:
        """Nothing to take up."""

    def state(self) -> None:
        """Nothing for a checkpoint."""
        return

    def plan(self, step: int, evaluations: int) -> None:
        """Nothing to plan anew."""

    def stepped(self, tokens: int) -> None:
        """Nothing to measure."""

    def evaluated(self) -> None:
        """Nothing to measure."""


class Pace:
    """One training against the clock.

    Attributes:
        length: as it is planned now.
    """

    def __init__(
        self, allowance: Allowance, length: Length, *, tokens: int, evaluation_tokens: int, warmup: float
    ) -> None:
        """Begin.

        Args:
            allowance: the time.
            length: what was planned.
            tokens: of all training texts.
            evaluation_tokens: of an evaluation.
            warmup: share of the course in which the rate rises.
        """
        self._deadline, self._warmup = allowance.deadline, warmup
        self.length = length
        self._least = -(-length.steps // _BOUND)
        self._most = max(length.steps, min(_BOUND * length.steps, round(allowance.passes * length.per_epoch)))
        self._until, self._progress = allowance.until, 0.0
        self._step_tokens = tokens / length.per_epoch
        self._tokens = _MEMORY / 4 * self._step_tokens  # the plan's figure counts as some steps
        self._seconds = self._tokens / allowance.step_rate
        self._evaluation = evaluation_tokens / allowance.evaluation_rate
        self._mark: float | None = None

    @classmethod
    def of(cls, objective: Objective, settings: TrainingSettings, allowance: Allowance) -> "Pace":
        """For the texts of an objective."""
        train, held_out = objective.train, objective.held_out
        return cls(
            allowance,
            Length.of(settings, train.lengths),
            tokens=train.total,
            evaluation_tokens=0 if held_out is None else held_out.total,
            warmup=settings.warmup,
        )

    def go_on(self, state: Pacing) -> None:
        """Continue the plan of a checkpoint; the time that earlier sessions used counts."""
        self._deadline.go_on(state.spent)
        self.length = replace(self.length, steps=state.steps)
        self._until, self._progress = state.until, state.progress

    def state(self) -> Pacing:
        """The plan, for a checkpoint."""
        return Pacing(self._deadline.spent, self._until, self.length.steps, self._progress)

    def plan(self, step: int, evaluations: int) -> None:
        """Plan before a step: the steps in all, and the share of the learning rate's course that is done behind it.

        Args:
            step: steps that are done.
            evaluations: evaluations that are still to come.
        """
        if self._mark is None:
            self._mark = self._deadline.clock()
        left = self._until - self._deadline.spent - evaluations * self._evaluation
        affordable = step + int(left * self._tokens / (self._seconds * self._step_tokens))
        steps = max(min(max(affordable, self._least), self._most), step + 1)
        self.length = replace(self.length, steps=steps)
        ahead = steps - step
        self._progress = 1.0 if ahead == 1 else self._progress + (1.0 - self._progress) / ahead

    def stepped(self, tokens: int) -> None:
        """Measure a step of so many tokens, with checkpoints and all else since the step before."""
        keep = 1 - 1 / _MEMORY
        self._seconds = keep * self._seconds + self._since()
        self._tokens = keep * self._tokens + tokens

    def evaluated(self) -> None:
        """Measure the evaluation that has just ended."""
        self._evaluation = self._since()

    def factor(self) -> float:
        """The learning rate at this point of the course, as a share of its peak."""
        if self._progress < self._warmup:
            return self._progress / self._warmup
        return (1.0 - self._progress) / (1.0 - self._warmup) if self._warmup < 1.0 else 0.0

    def _since(self) -> float:
        now = self._deadline.clock()
        mark, self._mark = self._mark, now
        return 0.0 if mark is None else now - mark
