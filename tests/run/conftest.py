"""A finished run and an interrupted one, trained for real with a tiny encoder, for tests to copy and to damage."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tunelet
from checkpoints import stopped_behind

ROWS = [(f"{words} {n}.", label) for n in range(8) for words, label in (("A joy to see", "good"), ("A pain", "bad"))]
SETTINGS = {
    "training.epochs": 2, "training.batch_size": 4, "training.checkpoint_seconds": 0.001, "data.max_length": 16,
    "evaluation.resamples": 100, "data.validation": "held-out",
}  # fmt: skip


@pytest.fixture(scope="session")
def go(tiny_checkpoint: Callable[[str], Path]) -> Callable[..., Any]:
    """`tunelet.train` of these rows with a tiny encoder."""

    def train(out: Path, **more: Any) -> Any:
        arguments = {"model": tiny_checkpoint("distilbert"), "settings": SETTINGS, "quiet": True} | more
        return tunelet.train(ROWS, out=out, **arguments)

    return train


@pytest.fixture(scope="session")
def whole_run(go: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = go(tmp_path_factory.mktemp("finished") / "run").path
    return folder


@pytest.fixture(scope="session")
def killed_run(go: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interrupted")
    with stopped_behind(5):
        go(folder / "run")
    return folder / "run.partial"


@pytest.fixture
def finished(whole_run: Path, tmp_path: Path) -> Path:
    """A copy of a finished run."""
    return Path(shutil.copytree(whole_run, tmp_path / "run"))


@pytest.fixture
def interrupted(killed_run: Path, tmp_path: Path) -> Path:
    """A copy of a run interrupted after its fifth checkpoint, of which it has the newest."""
    return Path(shutil.copytree(killed_run, tmp_path / "run.partial"))
