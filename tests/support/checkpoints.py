"""Trainings whose checkpoints are noted, and one that is stopped behind a checkpoint, as by Ctrl-C."""

from collections.abc import Iterator
from contextlib import contextmanager

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
