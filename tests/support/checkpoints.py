"""Trainings whose checkpoints are noted, that are stopped behind one, as by Ctrl-C, or killed behind a call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tunelet.training import _loop


@contextmanager
def noted_checkpoints() -> Iterator[list[str]]:
    """For each checkpoint that is written inside, the name of the folder that it lies in."""
    written: list[str] = []
    save = _loop.save_checkpoint
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            _loop, "save_checkpoint", lambda folder, *rest: (save(folder, *rest), written.append(folder.name))
        )
        yield written


@contextmanager
def stopped_behind(checkpoint: int) -> Iterator[None]:
    """What trains inside is stopped when so many checkpoints are written, and says how to go on."""
    written = []
    save = _loop.save_checkpoint

    def interrupt(*arguments):
        save(*arguments)
        written.append(1)
        if len(written) == checkpoint:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_loop, "save_checkpoint", interrupt)
        with pytest.raises(KeyboardInterrupt, match="resume=True"):
            yield


class Killed(BaseException):
    """Nothing that the code catches, as a kill is."""


class KillsBehind:
    """Ends what runs inside behind a checkpoint or a call of another function, the so manieth of all."""

    def __init__(self, *others: tuple[Any, str]) -> None:
        """The functions by their holder and name."""
        self._places = ((_loop, "save_checkpoint"), *others)
        self._left = 0

    @contextmanager
    def the(self, call: int) -> Iterator[None]:
        """Raises `Killed` behind this call, from 1."""
        self._left = call
        with pytest.MonkeyPatch.context() as patch:
            for holder, name in self._places:
                patch.setattr(holder, name, self._killing(getattr(holder, name)))
            yield

    def _killing(self, called: Callable[..., Any]) -> Callable[..., Any]:
        def killed(*arguments: Any) -> Any:
            answer = called(*arguments)
            self._left -= 1
            if not self._left:
                raise Killed
            return answer

        return killed
