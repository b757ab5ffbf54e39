"""docs/performance.md and docs/results.md are made of what was measured, and of the notes."""

import copy
import dataclasses
import importlib
import json
import math
import types

import numpy as np
import pytest
import torch

from command_line import ROOT
from tunelet.bench.harness._coverage import SHAPES, Model
from tunelet.kernels import attention_kernel

pytestmark = pytest.mark.slow

BENCH = ROOT / "measurements"
VERSIONS = {"tunelet": "1", "torch": "2", "transformers": "5", "peft": "0"}
ENVIRONMENT = {"processor": "AMD EPYC", "cores": 2, "threads": 2, "versions": VERSIONS}
MEASURED = {"environment": ENVIRONMENT, "commit": "abc", "dirty": False}
SCALING = MEASURED | {
    "texts": 1000,
    "tokens": 2000,
    "tokens_per_second": 500.0,
    "epoch_seconds": 4.0,
    "private_bytes": 2**30,
}


@pytest.fixture
def script(monkeypatch):
    """A script of bench/ as a module."""
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module


@pytest.fixture
def performance(script) -> types.ModuleType:
    return script("performance")


@pytest.fixture
def found(train_document, predict_document):
    return train_document, predict_document


def test_the_page_holds_every_arm_with_its_figures(performance, found):
    page = performance.write_up(*found, None)
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


def test_other_processors_and_encoders_have_sections_of_their_own(performance, found):
    page = performance.write_up(*found, None, {"performance-train-avx2-minilm": found[0]})
    whole, _, apart = page.partition("## Training MiniLM on a processor with AVX2 alone")
    assert "## Training\n" in whole
    for arm in found[0]["models"][0]["arms"]:
        assert f"| {arm['name']} | " in apart


def test_what_failed_is_said_and_what_was_not_measured_left_out(performance, found):
    train = copy.deepcopy(found[0])
    train["models"][0]["arms"][0] |= {"failure": "out of luck", "reviews_per_second": None, "times": {}}
    page = performance.write_up(train, None, {"scaling": [SCALING]})
    assert "*stock: out of luck.*" in page
    assert "## Prediction" not in page
    assert "| 1,000 | 2,000 | 500 | 4 s | 1.00 |" in page
    assert "*Measured on AMD EPYC, 2 cores, 2 threads; tunelet 1 at abc, torch 2, transformers 5, peft 0.*" in page
    assert "## Accuracy by precision" not in page


def test_time_to_an_accuracy_counts_the_first_epoch_that_reaches_it(script):
    run = {"epochs": [{"seconds": 10.0, "accuracy": 0.82}, {"seconds": 20.0, "accuracy": 0.85}]}
    until = script("engine_page")._until
    assert [until(run, wanted) for wanted in (0.8, 0.85, 0.86)] == ["10 s", "20 s", "never"]


def test_the_profile_accounts_for_a_whole_step(script):
    module = script("step_profile")
    parts = module.profile_step("minilm", "float32", steps=1)["parts"]
    assert sum(parts.values()) == pytest.approx(1)
    assert min(parts.values()) >= 0
    assert parts[module.PRODUCTS] > 0.2  # whatever the machine
    # Without a compiled attention PyTorch's own products make it up, and count as theirs.
    compiled = attention_kernel(torch.device("cpu"), torch.float32, head_dim=32).value == "compiled"
    assert (parts[module.ATTENTION] > 0.01) == compiled


def test_the_committed_pages_are_made_of_the_committed_measurements(script, performance):
    assert (ROOT / "docs" / "performance.md").read_text(encoding="utf-8") == performance.page()
    train = json.loads((BENCH / "performance-train.json").read_text(encoding="utf-8"))
    assert f"\n\n{performance.readme_table(train)}\n\n" in (ROOT / "README.md").read_text(encoding="utf-8")
    results = json.loads((BENCH / "imdb.json").read_text(encoding="utf-8"))
    assert (ROOT / "docs" / "results.md").read_text(encoding="utf-8") == script("imdb").write_up(results)
    evidence = json.loads((BENCH / "evidence.json").read_text(encoding="utf-8"))
    on_evaluation = " ".join((ROOT / "docs/evaluation.md").read_text("utf-8").split())
    assert script("evidence").sentence(evidence) in on_evaluation
    thresholds = json.loads((BENCH / "thresholds.json").read_text(encoding="utf-8"))
    assert script("thresholds").sentence(thresholds) in on_evaluation


def test_each_part_of_an_evaluation_is_timed(script):
    rng = np.random.default_rng(1)
    both = [Model(SHAPES[0], rng).draw(40) for _ in range(2)]
    both[1] = dataclasses.replace(both[1], labels=both[0].labels)
    seconds = script("evidence").evaluation_seconds(*both, resamples=20)
    assert len(seconds) == 6
    assert min(seconds.values()) > 0


def test_what_is_said_by_hand_of_the_stock_rates_is_of_the_tables(performance):
    document = json.loads((BENCH / "performance-train.json").read_text(encoding="utf-8"))
    notes = (BENCH / "performance-notes.md").read_text(encoding="utf-8")
    distilbert = {arm["name"]: arm["reviews_per_second"]["median"] for arm in document["models"][0]["arms"]}
    ratio = distilbert["tunelet bfloat16"] / distilbert["stock"]
    assert math.isfinite(ratio)
    assert f"{ratio:.1f} times in bfloat16" in notes
