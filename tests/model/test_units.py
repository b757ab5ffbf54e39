"""What was trained in a unit of its own gives numbers as they are, whatever the head and however windows are pooled."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from classifiers import classifier_of, disturb, random_batch
from encoders import ARCHITECTURES
from tunelet.data import Unit

UNIT = Unit(centre=250.0, scale=40.0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("pooling", [None, "mean"])
def test_outputs_become_numbers_in_the_unit_of_the_data(tiny_checkpoint, architecture, pooling):
    classifier = classifier_of(tiny_checkpoint(architecture), pooling=pooling, targets="all-linear", rank=4)
    disturb(classifier)
    batch = random_batch(classifier)
    with torch.no_grad():
        before = classifier.logits(batch).numpy()
        classifier.give_numbers(UNIT)
        after = classifier.logits(batch).numpy()
    assert np.abs(before).max() > 1e-3
    np.testing.assert_allclose(after, UNIT.numbers(before), rtol=1e-5)


@pytest.mark.parametrize("windows", ["mean", "max", "learned"])
def test_windows_are_pooled_as_before(tiny_checkpoint, windows):
    classifier = classifier_of(tiny_checkpoint("bert"), pooling="mean", window_pooling=windows)
    disturb(classifier)
    batch = replace(random_batch(classifier), rows=np.arange(2), windows=(3, 2))
    with torch.no_grad():
        before = classifier.logits(batch).numpy()
        classifier.give_numbers(UNIT)
        after = classifier.logits(batch).numpy()
    assert before.shape == (2, 3)
    np.testing.assert_allclose(after, UNIT.numbers(before), rtol=1e-4)
