"""Where tunelet keeps what can be made again: tokens, compiled kernels, activations."""

import atexit
import functools
import os
import shutil
import stat
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """$TUNELET_CACHE, else tunelet/ in $XDG_CACHE_HOME or ~/.cache; without a home, `own_temporary`."""
    named = os.environ.get("TUNELET_CACHE")
    if named:
        return Path(named)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tunelet"
    except RuntimeError:  # no $HOME, and the user has no entry among the system's: a container under another number
        return own_temporary()


@functools.cache
def own_temporary() -> Path:
    """This user's folder below the system's temporary one, by a name that lasts; a fresh one where that is taken."""
    folder = Path(tempfile.gettempdir()) / f"tunelet-{_user()}"
    if make_private(folder):
        fresh = Path(tempfile.mkdtemp(prefix="tunelet-"))
        atexit.register(shutil.rmtree, fresh, ignore_errors=True)
        return fresh
    return folder


def make_private(folder: Path) -> str:
    """Make a folder that nobody but this user can change or put another one in the place of.

    Returns:
        why the folder cannot be trusted or made, as a clause; "" where it can.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        place = folder.parent.resolve() / folder.name
        place.mkdir(mode=0o700, exist_ok=True)
        if problem := _not_ours(place):
            return problem
        if place.lstat().st_mode & 0o077:
            place.chmod(0o700)
        return next(filter(None, map(_replaceable, place.parents)), "")
    except (OSError, ValueError, RuntimeError) as error:
        return f"{folder} cannot be made: {getattr(error, 'strerror', None) or error}"


def is_ours(state: os.stat_result) -> bool:
    """Whether what was looked at belongs to this user, and nobody else may write to it."""
    return os.name == "nt" or (state.st_uid == _user() and not state.st_mode & 0o022)


def _not_ours(folder: Path) -> str:
    state = folder.lstat()  # a link is no folder: whoever made it says where it leads
    if not stat.S_ISDIR(state.st_mode):
        return f"{folder} is no folder"
    return "" if os.name == "nt" or state.st_uid == _user() else f"{folder} belongs to another user"


def _replaceable(parent: Path) -> str:
    """Whoever can write to a folder above can rename ours, unless only owners may, as in /tmp (the sticky bit)."""
    state = parent.stat()
    if os.name == "nt" or (
        state.st_uid in (0, _user()) and (not state.st_mode & 0o022 or state.st_mode & stat.S_ISVTX)
    ):
        return ""
    return f"others may write to {parent}"


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0
