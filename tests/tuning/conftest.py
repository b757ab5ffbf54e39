"""A small search, as the tests of this room begin it."""

import pytest

import tunelet
from searches import SETTINGS, SPACE, texts


@pytest.fixture
def search(tiny_checkpoint, tmp_path):
    def go(name: str = "search", **given):
        arguments = {"trials": 3, "space": SPACE, "settings": SETTINGS, "quiet": True} | given
        return tunelet.tune(texts(), model=tiny_checkpoint("bert"), out=tmp_path / name, **arguments)

    return go
