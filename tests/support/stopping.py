"""A training that is stopped, as by Ctrl-C, behind a checkpoint."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tunelet.training import _loop


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
