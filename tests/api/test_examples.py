"""Every public name has an example in its docstring, and all examples do what they say.

They run in one folder that holds what they speak of, with a tiny encoder in the place of MiniLM and a Hub on loopback
in the place of huggingface.co.
"""

import doctest
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import tunelet
import tunelet.sklearn
from brief import BRIEF
from hub_server import HubServer
from offline_package import stands_for_minilm

pytestmark = pytest.mark.slow

QUICK = {"data.max_length": 32, **BRIEF, "data.validation": "held-out"}
WORDS = {"positive": "A joy from start to end", "negative": "Two hours of nothing at all"}
_OF_SKLEARN = ("sklearn.TextClassifier", "sklearn.TextRegressor")
NAMES = [*(name for name in tunelet.__all__ if name != "__version__"), *_OF_SKLEARN]


def write_rows(path: Path, count: int) -> None:
    rows = [f"{WORDS[label]} number {n},{label}\n" for n in range(count // 2) for label in sorted(WORDS)]
    path.write_text("text,label\n" + "".join(rows))


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_checkpoint: Callable[[str], Path],
    tiny_language_model: Callable[[str], Path],
) -> Iterator[None]:
    """The working directory of the examples: data, a model with its head for masked words, and two runs."""
    from huggingface_hub import constants

    place = tmp_path_factory.mktemp("examples")
    for name, count in {"reviews.csv": 40, "later.csv": 20, "new.csv": 20}.items():
        write_rows(place / name, count)
    (place / "parts").mkdir()
    for name, count in {"a.csv": 12, "b.csv": 8}.items():
        write_rows(place / "parts" / name, count)
    (place / "models").mkdir()
    (place / "models" / "bert").symlink_to(tiny_language_model("bert"))
    with pytest.MonkeyPatch.context() as patch, HubServer() as hub:
        patch.chdir(place)
        stands_for_minilm(tiny_checkpoint("bert"), patch)
        patch.setattr("tunelet.inspection._rates._SECONDS", 0.01)  # what they are is not looked at
        patch.setattr(constants, "ENDPOINT", hub.url)
        patch.setenv("HF_TOKEN", "hf_abcdefghijklmnop")
        for name, settings in {"first": {}, "second": {"evaluation.errors": 0, "adapter.rank": 4}}.items():
            tunelet.train(
                "sample", model="minilm", limit=60, epochs=1, out=Path("runs") / name, settings=QUICK | settings,
                quiet=True,
            )  # fmt: skip
        yield


def docstring(name: str) -> str:
    value: Any = attrgetter(name)(tunelet)
    return str((type(value).__call__ if isinstance(value, ModuleType) else value).__doc__)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_public_name_does_what_it_says(
    folder: None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    if name == "push":
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    text = docstring(name).replace("https://huggingface.co", constants.ENDPOINT)
    example = doctest.DocTestParser().get_doctest(text, {"tunelet": tunelet}, name, None, None)
    assert example.examples, f"tunelet.{name} has no example in its docstring"
    said: list[str] = []
    failed = doctest.DocTestRunner(verbose=False).run(example, out=said.append).failed
    assert not failed, "".join(said)


def test_docstrings_of_public_names_begin_with_a_sentence() -> None:
    for name in NAMES:
        first = docstring(name).split("\n\n")[0]
        assert first[0].isupper(), name
        assert "." in first, name


def test_a_verb_that_is_also_a_room_can_be_called_and_imported_from() -> None:
    from tunelet.report import Document, write_report

    assert callable(tunelet.report)
    assert tunelet.report.write_report is write_report  # type: ignore[attr-defined]
    assert tunelet.report.Document is Document  # type: ignore[attr-defined]
