"""A classifier from word embeddings on gives the logits of its tokens, and in kernels the gradients of its modules."""

import numpy as np
import pytest
import torch

from classifiers import classifier_of, disturb
from encoders import ARCHITECTURES, minilm_folder
from tunelet.data import Batch
from tunelet.model import embedded_texts

pytestmark = pytest.mark.slow
LENGTH = 40


def token_ids() -> np.ndarray:
    return np.random.default_rng(0).integers(1000, 30_000, LENGTH)


def logits_and_gradient(classifier, first_length=None):
    with embedded_texts(classifier, token_ids(), first_length) as copies:
        one = copies.embeddings()
        embeddings = torch.stack([one, one * 0.5, one * -1.0]).requires_grad_()
        logits = copies.logits(embeddings)
        (gradient,) = torch.autograd.grad(logits[:, 1].sum() - logits[:, 0].sum(), embeddings)
    return logits.detach(), gradient


@pytest.mark.parametrize("pooling", [None, "mean", "first"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_kernels_packed_modules_and_padded_modules_give_the_same(tiny_checkpoint, architecture, pooling):
    folder, found = tiny_checkpoint(architecture), []
    for ways in ({}, {"dropout": 0.1}, {"packing": "padded"}):  # LoRA dropout is not in the kernels
        classifier = classifier_of(folder, pooling=pooling, rank=4, targets="all-linear", **ways)
        assert classifier.fused is None or not ways
        disturb(classifier)
        found.append(logits_and_gradient(classifier, 15))
    (logits, gradient), *others = found
    assert gradient.abs().max() > 0
    for other, theirs in others:
        torch.testing.assert_close(logits, other, rtol=0, atol=1e-5)
        assert (gradient - theirs).norm() <= 1e-4 * theirs.norm()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("pooling", [None, "mean"])
def test_unchanged_embeddings_give_the_logits_of_predictions(precision, pooling):
    classifier = classifier_of(minilm_folder(), pooling=pooling, precision=precision, model_layers=3)
    disturb(classifier)
    with classifier.prediction_mode():
        expected = classifier.logits(Batch(token_ids(), (LENGTH,), np.zeros(1, dtype=np.int64)))
    logits, _ = logits_and_gradient(classifier)
    torch.testing.assert_close(logits[:1], expected, rtol=0, atol=1e-5 if precision == "float32" else 0.05)


def test_an_adapter_that_changes_is_explained_as_it_is(tiny_checkpoint):
    classifier = classifier_of(tiny_checkpoint("bert"), pooling="mean", rank=4)
    before, _ = logits_and_gradient(classifier)
    disturb(classifier)
    after, _ = logits_and_gradient(classifier)
    assert (before - after).abs().max() > 1e-3
    assert all(parameter.grad is None for parameter in classifier.module.parameters())
