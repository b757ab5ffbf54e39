"""Whom a training tells how it goes: `console` draws bars or prints lines, and `Silent` shows nothing."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Reporter(Protocol):
    """What follows the work, one stage at a time. A stage is counted in tokens."""

    def part(self, name: str) -> AbstractContextManager[None]:
        """Stages and lines inside belong to this part of the work, such as "fold 2/5"."""

    def stage(self, name: str, total: int, done: int = 0) -> None:
        """A stage of `total` tokens begins, of which an earlier session did `done`."""

    def advance(self, tokens: int, loss: float | None = None) -> None:
        """So many more tokens of the stage are done; `loss` is the present one."""

    def say(self, line: str) -> None:
        """A line that stays on the screen."""

    def evaluated(self, epoch: int, values: Mapping[str, float]) -> None:
        """The validation texts were evaluated behind an epoch, from 1; metric -> value. What this raises ends all.

        Evaluations of earlier sessions are not told again, except for the last one, which may be.
        """


class Silent:
    """The reporter of a training that nobody watches."""

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Show nothing."""
        yield

    def stage(self, name: str, total: int, done: int = 0) -> None:
        """Show nothing."""

    def advance(self, tokens: int, loss: float | None = None) -> None:
        """Show nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""

    def evaluated(self, epoch: int, values: Mapping[str, float]) -> None:
        """Show nothing."""
