"""Losses are what their definitions say, and weights and gamma move them as they should."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tunelet.data import training_batches
from tunelet.recipe import TrainingSettings
from tunelet.training._losses import LOSSES
from tunelet.training._sampling import drawing_chances

CPU = torch.device("cpu")
ROWS = torch.arange(6)
LOGITS = torch.tensor(np.random.default_rng(0).normal(size=(6, 3)), dtype=torch.float32)
CLASSES = np.array([0, 1, 2, 0, 0, 1])
LABELS = np.random.default_rng(1).random((6, 3)) < 0.5


def loss(task, labels, **settings):
    return LOSSES[task].of(labels, 3, TrainingSettings(**settings), CPU)(LOGITS, ROWS)


def test_of_one_label_it_is_the_cross_entropy():
    expected = F.cross_entropy(LOGITS, torch.from_numpy(CLASSES), reduction="sum")
    assert torch.equal(loss("multiclass", CLASSES), expected)


def test_of_several_labels_it_is_the_mean_binary_cross_entropy_of_a_text():
    expected = F.binary_cross_entropy_with_logits(LOGITS, torch.from_numpy(LABELS).float()) * len(LABELS)
    assert loss("multilabel", LABELS).item() == pytest.approx(expected.item(), rel=1e-6)


@pytest.mark.parametrize(("task", "labels"), [("multiclass", CLASSES), ("multilabel", LABELS)])
def test_focal_loss_with_gamma_0_is_the_plain_loss_and_counts_less_with_more(task, labels):
    plain = loss(task, labels).item()
    values = [loss(task, labels, loss="focal", focal_gamma=gamma).item() for gamma in (0.0, 1.0, 2.0)]
    assert values[0] == pytest.approx(plain, rel=1e-6)
    assert values[0] > values[1] > values[2] > 0


def test_focal_loss_is_that_of_its_paper():
    probabilities = LOGITS.softmax(dim=1)[ROWS, torch.from_numpy(CLASSES)]
    expected = -((1 - probabilities) ** 2 * probabilities.log()).sum()
    assert loss("multiclass", CLASSES, loss="focal").item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_labels_and_their_probabilities_have_the_same_loss(smoothing):
    certain = np.eye(3, dtype=np.float32)[CLASSES]
    for kind in ("cross-entropy", "focal"):
        given = {"loss": kind, "label_smoothing": smoothing}
        assert loss("multiclass", certain, **given).item() == pytest.approx(
            loss("multiclass", CLASSES, **given).item(), rel=1e-5
        )


def test_balanced_weights_make_each_side_of_a_label_count_alike():
    labels = np.array([[True], [False], [False], [False]])
    weighted = LOSSES["multilabel"].of(labels, 1, TrainingSettings(class_weights="balanced"), CPU)
    zeros = torch.zeros(4, 1)
    having = weighted(zeros[:1], torch.tensor([0])).item()
    lacking = weighted(zeros[1:], torch.tensor([1, 2, 3])).item()
    assert having == pytest.approx(lacking)
    assert having + lacking == pytest.approx(4 * np.log(2), rel=1e-6)


def test_balanced_sampling_draws_every_label_as_often():
    settings = TrainingSettings(sampling="balanced")
    labels = np.array([0] * 90 + [1] * 10)
    chances = drawing_chances(labels, settings)
    assert chances[labels == 0].sum() == pytest.approx(0.5)
    assert drawing_chances(labels, TrainingSettings()) is None
    several = np.zeros((100, 2), dtype=bool)
    several[:80, 0], several[70:75, 1] = True, True
    chances = drawing_chances(several, settings)
    assert chances[70:75].sum() == pytest.approx(1 / 3)  # of the rarer label; the others have the first, or none
    assert chances[80:].sum() == pytest.approx(1 / 3)
    drawn = np.concatenate(
        training_batches(np.full(100, 5), batch_size=8, seed=1, epoch=0, group_by_length=False, chances=chances)
    )
    assert len(drawn) == 100
    assert 15 < np.isin(drawn, np.arange(70, 75)).sum() < 55


def test_of_numbers_it_is_the_squared_error():
    numbers = np.array([1.0, -2.0, 0.5, 3.0, 0.0, 1.5])
    expected = ((LOGITS[:, 0].double().numpy() - numbers) ** 2).sum()
    assert loss("regression", numbers).item() == pytest.approx(expected, rel=1e-6)
