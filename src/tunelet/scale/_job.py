"""What goes to a worker and comes back: a function of a module, its argument, and its result or its error."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tunelet.errors import TuneletError

Work = Callable[[Any], Any]
"""A function of a module, whose argument and result can be pickled."""

MOST_DEATHS = 3  # of workers at one job, after which it is the job that kills them


@dataclass(frozen=True)
class Job:
    """One piece of work.

    Attributes:
        name: in words, for errors.
        argument: of the function.
    """

    name: str
    argument: Any


@dataclass(frozen=True)
class Answer:
    """What a worker says: a result, or the error that the user is to see."""

    result: Any = None
    refused: TuneletError | None = None

    def value(self) -> Any:
        """The result. Raises the error."""
        if self.refused is not None:
            raise self.refused
        return self.result


def answered(work: Work, argument: Any) -> Answer:
    """Do a piece of work; the user's errors are answers, all others are raised."""
    try:
        return Answer(work(argument))
    except TuneletError as error:
        return Answer(refused=error)
