"""Whoever follows the reading of many rows, and texts that tell them how far somebody has gone through these."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, SupportsIndex, TypeVar, overload, runtime_checkable

Item = TypeVar("Item")

_EVERY = 1000  # rows after which the follower is told


@runtime_checkable
class Follower(Protocol):
    """Who follows a long preparation, one stage at a time. A stage is counted in rows."""

    def stage(self, name: str, total: int, done: int = 0) -> None:
        """A stage of `total` rows begins, of which `done` are done."""

    def advance(self, rows: int, /) -> None:
        """So many more rows are done."""


class Unfollowed:
    """The follower of what nobody follows."""

    def stage(self, name: str, total: int, done: int = 0) -> None:
        """Show nothing."""

    def advance(self, rows: int, /) -> None:
        """Show nothing."""


UNFOLLOWED = Unfollowed()


def told(items: Iterable[Item], follower: Follower) -> Iterator[Item]:
    """The items, of which the follower is told now and then how many more are done."""
    done = 0
    for item in items:
        yield item
        done += 1
        if done == _EVERY:
            follower.advance(done)
            done = 0
    follower.advance(done)


class FollowedTexts(Sequence[str]):
    """Texts; whenever somebody goes through all of them, that is a stage."""

    def __init__(self, texts: Sequence[str], stage: str, follower: Follower) -> None:
        """Take the texts, the name of the stage and who is told."""
        self._texts, self._stage, self._follower = texts, stage, follower

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[str]:
        self._follower.stage(self._stage, len(self))
        return told(self._texts, self._follower)

    @overload
    def __getitem__(self, at: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: SupportsIndex | slice) -> str | Sequence[str]:
        return self._texts[at]  # type: ignore[index]
