"""Micro-batches are filled up without changing a loss, and a recorded graph trains as its kernels one by one do."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from classifiers import classifier_of, random_batch
from tunelet.checkpoint import find_checkpoint
from tunelet.data import Tokens, filled
from tunelet.kernels import DeviceSeqlens, pool, positions_of
from tunelet.model import new_classifier
from tunelet.recipe import AdapterSettings, ModelSettings, TrainingSettings
from tunelet.training import Classification, Silent, TrainingData, TrainingStep
from tunelet.training._graphs import bucket, recordable

LENGTHS = (5, 31, 1, 64)
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")


@given(st.integers(1, 200_000))
def test_a_size_has_room_for_its_texts_and_wastes_little(tokens):
    size, texts = bucket(tokens)
    assert size - tokens >= texts >= 1
    assert -(-(size - tokens) // texts) <= 130  # tokens of one of them, which a model must have positions for
    assert size - tokens <= max(16, tokens / 16) + texts


@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_texts_that_fill_up_change_no_logits(tiny_checkpoint, pooling):
    classifier = classifier_of(tiny_checkpoint("bert"), pooling=pooling)
    batch = dataclasses.replace(random_batch(classifier, LENGTHS), first_lengths=(2, 30, 1, 5))
    whole = filled(batch, 128, 3, token_id=0)
    assert len(whole.token_ids) == sum(whole.lengths) == 128
    assert len(whole.lengths) == len(LENGTHS) + 3
    assert np.array_equal(whole.rows, batch.rows)
    with torch.no_grad():
        torch.testing.assert_close(classifier.logits(whole)[:4], classifier.logits(batch), rtol=0, atol=1e-5)


def test_there_must_be_a_token_for_each_text_that_fills_up(tiny_checkpoint):
    batch = random_batch(classifier_of(tiny_checkpoint("bert")), LENGTHS)
    with pytest.raises(ValueError, match="expected 104 tokens or more"):
        filled(batch, 103, 3, token_id=0)


@pytest.mark.parametrize("pooling", ["first", "mean", "both"])
def test_vectors_are_read_by_lengths_of_either_kind(pooling):
    hidden = torch.randn(sum(LENGTHS), 8, requires_grad=True)
    seqlens = DeviceSeqlens.of(LENGTHS, positions_of(LENGTHS))
    assert seqlens.positions.tolist() == [position for length in LENGTHS for position in range(length)]
    assert len(seqlens) == len(LENGTHS)
    found, expected = pool(hidden, seqlens, pooling), pool(hidden, LENGTHS, pooling)
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(vectors.square().sum(), hidden)[0] for vectors in (found, expected)]
    torch.testing.assert_close(*gradients)


def step_of(folder, device: str, precision: str, pooling: str) -> TrainingStep:
    classifier = new_classifier(
        find_checkpoint(str(folder)), ("no", "yes"), ModelSettings(device=device, precision=precision),
        AdapterSettings(rank=4), seed=1, pooling=pooling,
    )  # fmt: skip
    random = np.random.default_rng(0)
    lengths = random.integers(3, 60, 64)
    offsets = np.concatenate([[0], lengths.cumsum()])
    tokens = Tokens(random.integers(1000, 20000, offsets[-1]).astype(np.int32), offsets, truncated=0)
    settings = TrainingSettings(epochs=1, batch_size=8, learning_rate=5e-3, head_learning_rate=5e-3, seed=1)
    data = TrainingData(tokens, random.integers(0, 2, 64), None, None)
    return TrainingStep.of(Classification(classifier, data, settings, Silent()), settings, 200)


def losses(step: TrainingStep, steps: int) -> list[float]:
    batches = np.random.default_rng(2).permutation(64).reshape(8, 8)
    with step.objective.model.training_mode():
        return [step([batches[number % 8]]).loss for number in range(steps)]


def test_on_a_processor_nothing_is_recorded(tiny_checkpoint):
    step = step_of(tiny_checkpoint("bert"), "cpu", "float32", "mean")
    assert step.graphs is None
    assert not recordable(step.objective)


@needs_gpu
@pytest.mark.parametrize("model", ["bert", "albert", "modernbert"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_graphs_train_as_single_kernels_do(tiny_checkpoint, model, precision):
    recorded = step_of(tiny_checkpoint(model), "cuda", precision, "mean")
    found = losses(recorded, 40)
    assert recorded.graphs is not None
    assert recorded.graphs.recorded > 4
    single = dataclasses.replace(step_of(tiny_checkpoint(model), "cuda", precision, "mean"), graphs=None)
    expected = losses(single, 40)
    assert expected[-1] < expected[0]
    tolerance = 1e-3 if precision == "float32" else 0.05
    assert found == pytest.approx(expected, rel=tolerance, abs=tolerance)
