"""docs/performance.md is made of what was measured, and of the notes."""

import copy
import importlib.util
import subprocess
import sys

import pytest

from command_line import ROOT, environment
from tunelet.bench._document import write_document


@pytest.fixture
def found(train_document, predict_document):
    return train_document, predict_document


def write_up(*documents, notes=""):
    spec = importlib.util.spec_from_file_location("performance", ROOT / "bench" / "performance.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.write_up(*documents, notes)


def test_the_page_holds_every_arm_with_its_figures(found):
    page = write_up(*found)
    assert page.startswith("# Performance")
    for document in found:
        for arm in document["models"][0]["arms"]:
            assert f"| {arm['name']} | " in page
            assert f"| {arm['tokens_per_second']['median']:,.0f} | " in page
    assert "Losses of 4 steps" in page
    tables = [block.splitlines() for block in page.split("\n\n") if block.startswith("| ")]
    assert len(tables) >= 5
    for table in tables:
        assert len({line.count("|") for line in table}) == 1


def test_what_failed_is_said_and_notes_come_last(found):
    train = copy.deepcopy(found[0])
    train["models"][0]["arms"][0] |= {"failure": "out of luck", "reviews_per_second": None, "times": {}}
    page = write_up(train, None, notes="## Where the time goes\n\nInto products.\n")
    assert "*stock: out of luck.*" in page
    assert "## Prediction" not in page
    assert page.endswith("Into products.\n")


def test_the_script_writes_the_page(found, tmp_path):
    names = ("train.json", "predict.json")
    for name, document in zip(names, found, strict=True):
        write_document(document, tmp_path / name)
    (tmp_path / "notes.md").write_text("Noted.\n")
    arguments = [*(tmp_path / name for name in names), "--notes", tmp_path / "notes.md", "--out", tmp_path / "page.md"]
    subprocess.run(
        [sys.executable, ROOT / "bench" / "performance.py", *arguments], check=True, env=environment(), timeout=60
    )
    assert (tmp_path / "page.md").read_text() == write_up(*found, notes="Noted.\n")
