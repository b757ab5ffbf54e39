"""A tiny encoder in the place of the one that the extra `offline` brings."""

from pathlib import Path

import pytest

from tunelet.checkpoint import _offline


def stands_for_minilm(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let the model `minilm` be the checkpoint in a folder, whose checksum nobody knows."""
    patch.setattr(_offline, "package_folder", lambda: folder)
    patch.setattr(_offline, "verified_folder", lambda found: found)
