"""Shared by all tests: tiny random encoders of every architecture, and an environment of the tests' own."""

import gc
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from browsers import started_browser
from encoders import make_checkpoint
from several_labels import rows, trained, trained_on_numbers, trained_on_ratings

# However slow the machine is, it fails no test.
_whole = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("whole", _whole)
hypothesis.settings.register_profile("quick", _whole, max_examples=15)  # of `make check`
hypothesis.settings.load_profile("whole")

# Rooms whose tests are slow as a whole: they train, convert or serve what was trained.
SLOW_ROOMS = frozenset({"bench", "cases", "classifier", "experiment", "export", "hub", "notebooks", "serve", "sklearn"})
_SLOW_FILE = re.compile(r"^pytestmark = (\[\s*)?(pytest\.mark\.slow|LOOKS_AT_PAGES)", re.MULTILINE)


gc.disable()  # until all is imported and collected: a quarter of the time of that


def pytest_collection_finish() -> None:
    """No later collection of garbage looks at the libraries and the tests, of which there are a million objects."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files that are slow as a whole are not even imported where quick tests alone are asked for."""
    if config.option.markexpr != "not slow" or not collection_path.name.startswith("test_"):
        return None
    slow = _is_in_a_slow_room(collection_path) or _SLOW_FILE.search(collection_path.read_text(encoding="utf-8"))
    return True if slow else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first: quick ones then fill the time in which the last slow one runs."""
    for item in items:
        if _is_in_a_slow_room(item.path):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _is_in_a_slow_room(path: Path) -> bool:
    return not SLOW_ROOMS.isdisjoint(path.relative_to(Path(__file__).parent).parts)


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is no such hook
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A slow room stays on one process, so that its runs, exports and measurements are made once; other files alone."""
    from xdist.scheduler import LoadFileScheduling

    class ByRoom(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            room = next((part for part in Path(file).parts if part in SLOW_ROOMS), None)
            return file if room is None else room

    return ByRoom(config, log) if config.option.dist == "loadfile" else None


@pytest.fixture(autouse=True, scope="session")
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or fills the user's caches, and none reaches for a network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNELET_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
        yield


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a tiny random encoder of an architecture, saved without a head, with MiniLM's tokenizer."""
    made: dict[str, Path] = {}

    def make(architecture: str) -> Path:
        if architecture not in made:
            made[architecture] = make_checkpoint(architecture, tmp_path_factory.mktemp(architecture))
        return made[architecture]

    return make


@pytest.fixture(scope="session")
def tiny_language_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The same with the head for masked words."""
    made: dict[str, Path] = {}

    def make(architecture: str) -> Path:
        if architecture not in made:
            folder = tmp_path_factory.mktemp(f"{architecture}-words")
            made[architecture] = make_checkpoint(architecture, folder, names_words=True)
        return made[architecture]

    return make


@pytest.fixture(scope="session")
def labels_run(tiny_checkpoint: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A finished run of several labels a text."""
    return trained(tiny_checkpoint("bert"), tmp_path_factory.mktemp("labels") / "run", test=rows(60, 2))


@pytest.fixture(scope="session")
def ratings_run(tiny_checkpoint: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A finished run of ratings from 1 to 5 in order."""
    return trained_on_ratings(tiny_checkpoint("bert"), tmp_path_factory.mktemp("ratings") / "run")


@pytest.fixture(scope="session")
def numbers_run(tiny_checkpoint: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A finished run of prices."""
    return trained_on_numbers(tiny_checkpoint("bert"), tmp_path_factory.mktemp("numbers") / "run")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser, of a module alone: the loop that it runs in would stand in the way of other tests."""
    with started_browser() as found:
        yield found


@pytest.fixture
def in_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of the test's own as the working directory."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)
