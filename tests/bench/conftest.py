"""A tiny model with texts, prepared as every arm finds it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tunelet.bench import PredictBench, TrainBench, bench_predict, bench_train
from tunelet.bench._train import ARMS
from tunelet.bench.harness._subject import Facts, Subject, prepare
from tunelet.bench.harness._worker import run_once
from tunelet.checkpoint import find_checkpoint

TEXTS = ["A wonderful film.", "Dull " * 30, "I laughed, I cried, I would see it again. " * 4, "Two hours lost."] * 6


@pytest.fixture(scope="session")
def subjects(
    tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]
) -> Callable[[str, bool], tuple[Subject, Facts]]:
    """A prepared subject of an architecture, with pretrained or random weights."""
    made: dict[tuple[str, bool], tuple[Subject, Facts]] = {}

    def make(architecture: str, random_weights: bool = False) -> tuple[Subject, Facts]:
        key = (architecture, random_weights)
        if key not in made:
            folder = tmp_path_factory.mktemp("subject")
            sample = folder / "sample.json"
            sample.write_text(json.dumps({"texts": TEXTS, "labels": [1, 0, 1, 0] * 6}))
            checkpoint = find_checkpoint(str(tiny_checkpoint(architecture)), random_weights=random_weights)
            subject = Subject(architecture, checkpoint, random_weights, 7, "cpu", folder, sample)
            made[key] = (subject, run_once(prepare, subject))
        return made[key]

    return make


@pytest.fixture(scope="session")
def train_document(tiny_checkpoint: Callable[[str], Path]) -> dict[str, Any]:
    """What `bench_train` finds on a tiny DistilBERT."""
    settings = TrainBench(
        models=(str(tiny_checkpoint("distilbert")),), data="sample", batch_size=4, steps=1, turns=1, arms=ARMS,
        precisions=("float32", "bfloat16"), compile=False, parity=4,
    )  # fmt: skip
    said: list[str] = []
    kept: list[dict[str, Any]] = []
    found = bench_train(settings, said.append, kept.append)
    assert kept == [found]
    assert any("tried bf16=True" in line or "tried float32" in line for line in said)
    return found


@pytest.fixture(scope="session")
def predict_document(tiny_checkpoint: Callable[[str], Path]) -> dict[str, Any]:
    """What `bench_predict` finds on it."""
    settings = PredictBench(
        models=(str(tiny_checkpoint("distilbert")),), data="sample", texts=12, turns=1,
        arms=("pipeline", "transformers", "tunelet"), precisions=("float32", "bfloat16"),
    )  # fmt: skip
    return bench_predict(settings)
