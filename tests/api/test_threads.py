"""Threads of one process: whoever else computes beside them, predictions, loading and training give the same bits."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

import tunelet
from brief import BRIEF
from tunelet import Classifier, Run
from tunelet.checkpoint import find_checkpoint
from tunelet.data import Tokens
from tunelet.model import new_classifier, probabilities
from tunelet.recipe import AdapterSettings, ModelSettings

pytestmark = pytest.mark.slow

TEXTS = [
    ("a warm loaf and a kind word " * (n % 5 + 1), "good")
    if n % 2
    else ("cold, late, never again " * (n % 7 + 1), "bad")
    for n in range(40)
]
QUICK = {
    "training.epochs": 2,
    "training.batch_size": 4,
    **BRIEF,
    "data.validation": "held-out",
    "evaluation.baseline": False,
}


@pytest.fixture(autouse=True)
def _threads_change_places_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def train(checkpoint: Path, out: Path, seed: int = 1) -> Run:
    return tunelet.train(TEXTS, model=checkpoint, settings=QUICK, seed=seed, out=out, quiet=True)


@pytest.fixture(scope="module")
def run(tiny_checkpoint, tmp_path_factory) -> Run:
    return train(tiny_checkpoint("bert"), tmp_path_factory.mktemp("threads") / "run")


def adapter(run: Run) -> bytes:
    return (run.path / "adapter" / "adapter_model.safetensors").read_bytes()


def tokens_of(lengths: list[int], seed: int) -> Tokens:
    random = np.random.default_rng(seed)
    return Tokens(random.integers(1000, 2000, sum(lengths)).astype(np.int32), np.cumsum([0, *lengths]), truncated=0)


@pytest.mark.parametrize(
    ("architecture", "packing", "execution"),
    [
        ("bert", "auto", ("packed", "kernels")),
        ("distilbert", "auto", ("packed", "kernels")),
        ("modernbert", "auto", ("packed", "kernels")),
        ("deberta-v2", "auto", ("packed", "modules")),
        ("deberta-v2", "padded", ("padded", "modules")),
    ],
)
def test_a_model_shared_by_threads_gives_each_the_bits_that_it_gives_alone(
    tiny_checkpoint, architecture, packing, execution
):
    checkpoint = find_checkpoint(str(tiny_checkpoint(architecture)))
    settings = ModelSettings(precision="float32", packing=packing)
    model = new_classifier(checkpoint, ("a", "b"), settings, AdapterSettings(), seed=1)
    chosen = model.execution.described()
    assert (chosen["execution"].value, chosen["layers"].value) == execution
    asked = [tokens_of([3 + (7 * n + k) % 29 for k in range(1 + n % 5)], n) for n in range(60)]
    with ThreadPoolExecutor(8) as threads:  # the first calls lay out the weights, all at once
        together = list(threads.map(lambda tokens: probabilities(model, tokens), asked))
    for tokens, found in zip(asked, together, strict=True):
        np.testing.assert_array_equal(found, probabilities(model, tokens))


def test_a_classifier_is_loaded_by_many_threads_at_once(run):
    texts = [text for text, _ in TEXTS]
    alone = Classifier.load(run).probabilities(texts)
    before = torch.get_rng_state()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: Classifier.load(run.path).probabilities(texts), range(8)))
    assert all(np.array_equal(other, alone) for other in found)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_default_dtype() is torch.float32


def test_many_threads_ask_one_classifier_for_texts_of_many_lengths(run):
    words = " ".join(text for text, _ in TEXTS).split()
    asked = [
        ["" if (k + n) % 11 == 0 else " ".join(words[: 1 + (37 * n + 101 * k) % len(words)]) for k in range(1 + n % 7)]
        for n in range(80)
    ]
    classifier = Classifier.load(run)
    with ThreadPoolExecutor(16) as threads:  # its first calls, all at once
        together = list(threads.map(classifier.predict, asked))
    for texts, found in zip(asked, together, strict=True):
        assert repr(found) == repr(classifier.predict(texts))  # all digits; NaN is not equal to itself


def test_trainings_beside_each_other_end_in_the_weights_that_they_end_in_alone(run, tiny_checkpoint, tmp_path):
    checkpoint = tiny_checkpoint("bert")
    classifier = Classifier.load(run)
    alone = classifier.probabilities([text for text, _ in TEXTS])
    other = train(checkpoint, tmp_path / "alone", seed=2)
    before = torch.get_rng_state()
    with ThreadPoolExecutor(6) as threads:
        first = threads.submit(train, checkpoint, tmp_path / "first", 1)
        second = threads.submit(train, checkpoint, tmp_path / "second", 2)
        loads = [threads.submit(Classifier.load, run.path) for _ in range(3)]
        asked = [threads.submit(classifier.probabilities, [text for text, _ in TEXTS]) for _ in range(40)]
    assert adapter(first.result()) == adapter(run)
    assert adapter(second.result()) == adapter(other)
    assert adapter(run) != adapter(other)
    assert all(np.array_equal(call.result(), alone) for call in asked)
    assert all(load.result().label_names == ("bad", "good") for load in loads)
    assert torch.equal(torch.get_rng_state(), before)  # the caller's own random numbers
