"""The probe on Gaussian features, whose best classifier is known, and on the shapes that small data have."""

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from tunelet.data import Examples, folds
from tunelet.evaluation import probe_out_of_fold, train_probe
from tunelet.evaluation._linear import fit_linear, log_losses

pytestmark = pytest.mark.slow


def gaussian(n, classes, *, width=12, seed=0, apart=1.5):
    """Classes around random centres, far from 0 and of unequal scale, as an encoder's features are."""
    centres = np.random.default_rng(classes).standard_normal((classes, width)) * apart
    random = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    features = centres[labels] + random.standard_normal((n, width))
    return (features * np.geomspace(0.1, 2, width) + 5).astype(np.float32), labels


def folds_of(labels, count=5):
    names = tuple(map(str, range(len(labels))))
    return folds(Examples(names, names, tuple(map(str, labels))), count=count, seed=0)


@pytest.mark.parametrize("classes", [2, 4])
def test_its_weights_in_the_units_of_the_features_are_the_model_of_scikit_learn(classes):
    features, labels = gaussian(400, classes, apart=0.6)
    probe = train_probe(features, labels, classes, seed=0)
    centred = features - features.mean(axis=0, dtype=np.float64).astype(np.float32)
    scaled = centred / np.sqrt((centred**2).sum(axis=1).mean())
    plain = LogisticRegression(C=probe.strength, max_iter=300).fit(scaled, labels)
    found = log_softmax(probe.logits(features), axis=1)
    np.testing.assert_allclose(np.exp(found), plain.predict_proba(scaled), atol=2e-3)
    assert probe.weight.shape == (classes, 12)
    assert probe.weight.dtype == probe.bias.dtype == np.float32
    np.testing.assert_allclose(probe.weight.sum(axis=0), 0, atol=1e-2)


@pytest.mark.parametrize(("n", "classes"), [(4, 2), (16, 8), (60, 3), (2400, 3)])
def test_it_learns_from_two_texts_a_class_and_from_thousands(n, classes):
    features, labels = gaussian(n, classes)
    others, truth = gaussian(300, classes, seed=1)
    right = (train_probe(features, labels, classes, seed=0).logits(others).argmax(axis=1) == truth).mean()
    assert right > 1 / classes + 0.3


def test_noise_is_held_down_and_a_clear_case_is_let_go():
    features, labels = gaussian(200, 2, apart=2)
    noise = np.random.default_rng(0).standard_normal((200, 12)).astype(np.float32)
    clear, none = (train_probe(found, labels, 2, seed=0) for found in (features, noise))
    assert none.strength < clear.strength
    assert np.abs(none.logits(noise)).max() < 2


def test_logits_out_of_fold_come_from_a_probe_that_never_saw_the_fold():
    features, labels = gaussian(60, 3)
    cut = folds_of(labels)
    before = probe_out_of_fold(features, labels, 3, cut, seed=0)
    turned = labels.copy()
    turned[cut[0]] = (turned[cut[0]] + 1) % 3
    after = probe_out_of_fold(features, turned, 3, cut, seed=0)
    np.testing.assert_array_equal(after[cut[0]], before[cut[0]])
    assert not np.array_equal(after[cut[1]], before[cut[1]])


def test_out_of_fold_nothing_can_be_learnt_from_random_labels():
    features, _ = gaussian(400, 2)
    labels = np.random.default_rng(1).permutation(np.arange(400) % 2)
    logits = probe_out_of_fold(features, labels, 2, folds_of(labels), seed=0)
    assert abs((logits.argmax(axis=1) == labels).mean() - 0.5) < 0.1


def test_copies_never_help_to_choose_the_strength():
    noise = np.random.default_rng(0).standard_normal((60, 300)).astype(np.float32)
    labels = np.random.default_rng(1).permutation(np.arange(60) % 2)
    once = train_probe(noise, labels, 2, seed=0)
    twice = train_probe(np.repeat(noise, 4, axis=0), np.repeat(labels, 4), 2, seed=0)
    assert twice.strength == once.strength == 0.1


def test_a_class_that_a_fold_lacks_is_improbable_and_not_impossible():
    features, labels = gaussian(50, 2)
    probe = train_probe(features, labels * 2, 3, seed=0)
    share = np.exp(log_softmax(probe.logits(features), axis=1))[:, 1]
    assert 0 < share.mean() < 0.05


def test_one_class_alone_and_one_text_alone_give_finite_logits():
    features, labels = gaussian(6, 2)
    for rows in (labels == 0, np.arange(6) < 1):
        probe = train_probe(features[rows], labels[rows], 2, seed=0)
        assert np.isfinite(probe.logits(features)).all()
        assert (probe.logits(features).argmax(axis=1) == 0).all()


def test_the_same_seed_gives_the_same_bits():
    features, labels = gaussian(100, 3)
    one, other = (train_probe(features, labels, 3, seed=5) for _ in range(2))
    np.testing.assert_array_equal(one.weight, other.weight)
    np.testing.assert_array_equal(one.bias, other.bias)


def test_a_strength_chosen_on_some_thousand_of_many_texts_is_as_good_as_the_best_for_all():
    features, labels = gaussian(8000, 4, apart=0.3, width=40)
    fresh, truth = gaussian(4000, 4, apart=0.3, width=40, seed=1)
    chosen = train_probe(features, labels, 4, seed=0)
    centre, scale = features.mean(axis=0), np.sqrt(((features - features.mean(axis=0)) ** 2).sum(axis=1).mean())
    losses = [
        log_losses(fit_linear((features - centre) / scale, labels, 4, strength).logits((fresh - centre) / scale), truth)
        for strength in (0.1, 1.0, 10.0, 100.0)
    ]
    assert log_losses(chosen.logits(fresh), truth).mean() < min(map(np.mean, losses)) + 0.005
