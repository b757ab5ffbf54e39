"""What becomes of a partial folder when the work in it ends otherwise than planned."""

from collections.abc import Iterator
from contextlib import contextmanager

from tunelet.errors import DiskError
from tunelet.run._folder import RunFolder


@contextmanager
def at_work(folder: RunFolder, *, resume: bool) -> Iterator[None]:
    """Work in a folder that this process holds; afterwards it is let go of.

    What has begun and was interrupted stays, and the message says how to go on with it. Anything else goes, unless
    there is a checkpoint in it, or it was there before.

    Args:
        folder: held, see `RunFolder.hold` and `RunFolder.start`.
        resume: whether it was gone on with.
    """
    try:
        yield
    except KeyboardInterrupt:
        if not folder.has_begun():
            folder.discard()
            raise
        way_on = f"{folder.partial} holds the run so far; repeat this with resume=True to go on with it"
        raise KeyboardInterrupt(way_on) from None
    except DiskError as error:
        if not resume and not folder.has_checkpoint():
            folder.discard()
            raise
        raise DiskError(error.message, f"{error.hint}, and resume=True goes on from the last checkpoint") from error
    except BaseException:
        if not resume and not folder.has_checkpoint():
            folder.discard()
        raise
    finally:
        folder.release()
