"""Tiny runs for all tests of this room: of one column, of two, and of three labels."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

import tunelet
from brief import BRIEF
from served import Held, Running, running
from tunelet import Classifier, Run

TOPICS = {"good": "warm rye loaf", "bad": "cold burnt roll", "so so": "plain white toast"}
SETTINGS = {"data.max_length": 64, "training.epochs": 1, **BRIEF, "data.validation": "held-out"}
Train = Callable[..., Run]


@pytest.fixture(scope="session")
def train(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]) -> Train:
    """Train on notes about so many topics, in one column or two."""

    def trained(name: str, labels: int = 2, text: str | list[str] = "note") -> Run:
        rows = [
            (f"{words} number {n}", "bakery", label)
            for n in range(16)
            for label, words in list(TOPICS.items())[:labels]
        ]
        data = pd.DataFrame(rows, columns=["note", "title", "verdict"])
        out = tmp_path_factory.mktemp("serve") / name
        return tunelet.train(
            data,
            model=tiny_checkpoint("distilbert"),
            settings=SETTINGS,
            text=text,
            label="verdict",
            out=out,
            quiet=True,
        )

    return trained


@pytest.fixture(scope="session")
def bakery_run(train: Train) -> Run:
    """Two labels, one column."""
    return train("bakery")


@pytest.fixture(scope="session")
def bakery(bakery_run: Run) -> Classifier:
    """Its classifier."""
    return Classifier.load(bakery_run)


@pytest.fixture(scope="session")
def columns(train: Train) -> Classifier:
    """One that reads two columns together."""
    return Classifier.load(train("columns", text=["title", "note"]))


@pytest.fixture
def held(bakery: Classifier) -> Held:
    """The same, that can be held."""
    return Held(bakery)


@pytest.fixture(scope="module")
def service(bakery: Classifier) -> Iterator[Running]:
    """A service of it with the default limits."""
    with running({"bakery": bakery}) as found:
        yield found
