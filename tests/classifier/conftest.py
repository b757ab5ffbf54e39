"""One run for all tests of this room: a tiny random encoder; what it says is of no quality, but its own."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import tunelet
from brief import BRIEF
from tunelet import Run

TOPICS = {"good": "warm rye loaf", "bad": "cold burnt roll"}
SETTINGS = {"data.max_length": 32, "training.epochs": 1, **BRIEF, "data.validation": "held-out"}


def notes(labels: dict[str, str], each: int) -> pd.DataFrame:
    """A table whose texts are in the column `note`, a label in turn."""
    rows = [(f"{words} number {n}", label) for n in range(each) for label, words in labels.items()]
    return pd.DataFrame(rows, columns=["note", "verdict"])


@pytest.fixture(scope="session")
def bakery_run(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]) -> Run:
    """Two labels, trained on the columns `note` and `verdict`."""
    out = tmp_path_factory.mktemp("bakery") / "run"
    model = tiny_checkpoint("distilbert")
    columns = {"text": "note", "label": "verdict"}
    return tunelet.train(notes(TOPICS, 20), model=model, settings=SETTINGS, **columns, out=out, quiet=True)


@pytest.fixture(scope="session")
def three_label_run(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]) -> Run:
    """Three labels, in float32: in bfloat16 odds of 13 to 1 would miss those of an explanation by more than 0.02."""
    out = tmp_path_factory.mktemp("three") / "run"
    data, model = notes(TOPICS | {"so so": "plain white toast"}, 12), tiny_checkpoint("distilbert")
    columns = {"text": "note", "label": "verdict"}
    settings = SETTINGS | {"model.precision": "float32"}
    return tunelet.train(data, model=model, settings=settings, **columns, out=out, quiet=True)
