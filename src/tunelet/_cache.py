"""Where tunelet keeps what can be made again: tokens, compiled kernels, activations."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """$TUNELET_CACHE, else tunelet/ in $XDG_CACHE_HOME or ~/.cache."""
    named = os.environ.get("TUNELET_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tunelet"
