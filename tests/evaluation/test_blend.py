"""Weights and choices, on logits whose truth is known because they are drawn from it."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from tunelet.evaluation import Gain, cross_fitted, fit_blend, fit_weights


def two_views(n, seed, *, classes=3, second=1.0):
    """Logits of two models that see the truth through noise of their own; of `second` 0 the other sees nothing."""
    random = np.random.default_rng(seed)
    truth = 1.5 * random.standard_normal((n, classes))
    labels = (truth + random.gumbel(size=truth.shape)).argmax(axis=1)
    encoder = truth + random.standard_normal(truth.shape)
    return encoder, second * truth + random.standard_normal(truth.shape), labels


def loss(logits, labels):
    return -log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean()


@pytest.mark.parametrize("weights", [(0.5,), (2.0,), (0.7, 0.4), (1.5, 0.0)])
def test_weights_that_made_the_labels_are_recovered(weights):
    random = np.random.default_rng(1)
    models = [random.standard_normal((40_000, 3)) for _ in weights]
    logits = np.tensordot(weights, np.stack(models), axes=1)
    labels = (logits + random.gumbel(size=logits.shape)).argmax(axis=1)
    np.testing.assert_allclose(fit_weights(models, labels), weights, atol=0.05)


def test_a_constant_added_to_all_logits_of_a_text_changes_nothing():
    encoder, tfidf, labels = two_views(300, 0)
    shifted = encoder + np.random.default_rng(0).standard_normal((300, 1)) * 50
    np.testing.assert_allclose(fit_weights([shifted, tfidf], labels), fit_weights([encoder, tfidf], labels), atol=1e-4)


def test_a_model_against_the_truth_gets_no_weight_rather_than_a_negative_one():
    encoder, against, labels = two_views(300, 0, second=-1.0)
    first, second = fit_weights([encoder, against], labels)
    assert first > 0
    assert second == 0


def test_few_texts_without_an_error_do_not_make_a_model_certain():
    labels = np.arange(12) % 2
    logits = np.eye(2)[labels] * 2.0
    (weight,) = fit_weights([logits], labels)
    assert softmax(weight * logits, axis=1).max() == pytest.approx(1 - 1 / 26, abs=1e-3)


def test_a_second_view_is_kept_and_helps_on_fresh_texts():
    encoder, tfidf, labels = two_views(600, 2)
    found = fit_blend(encoder, tfidf, labels)
    assert found.kept
    assert found.gain.mean > 2 * found.gain.error > 0
    fresh, other, truth = two_views(5000, 3)
    alone = fit_weights([encoder], labels)[0] * fresh
    assert loss(found.logits(fresh, other), truth) < loss(alone, truth)


def losses_on_fresh_texts(n, *, second, times=20):
    """Mean log loss on fresh texts of the blend, the encoder alone, and weights without a prior, fitted on n texts."""
    fresh, other, truth = two_views(4000, 1000, second=second)
    found = []
    for seed in range(times):
        encoder, tfidf, labels = two_views(n, seed, second=second)
        first = fit_weights([encoder], labels)[0]
        often = [np.tile(logits, (500, 1)) for logits in (encoder, tfidf)]  # against which the prior counts for nothing
        whole = fit_weights(often, np.tile(labels, 500))
        ways = (
            fit_blend(encoder, tfidf, labels).logits(fresh, other),
            first * fresh,
            whole[0] * fresh + whole[1] * other,
        )
        found.append([loss(way, truth) for way in ways])
    return np.mean(found, axis=0)


def test_a_view_of_nothing_costs_less_than_fitting_it_would():
    blended, alone, whole = losses_on_fresh_texts(40, second=0.0)
    assert alone < blended < whole


def test_of_few_texts_a_second_view_helps_though_nothing_is_proved():
    blended, alone, _ = losses_on_fresh_texts(20, second=1.0)
    assert blended < alone - 0.01


def test_a_view_that_harms_is_left_out():
    encoder, tfidf, labels = two_views(400, 5, second=-1.0)
    found = fit_blend(encoder, tfidf, labels)
    assert (found.kept, found.tfidf) == (False, 0.0)
    assert found.encoder == fit_weights([encoder], labels)[0]


def test_the_weights_of_a_fold_know_nothing_of_its_labels():
    encoder, tfidf, labels = two_views(50, 0)
    before = cross_fitted([encoder, tfidf], labels)
    worse = encoder.copy()
    worse[0] *= 1e3
    after = cross_fitted([worse, tfidf], labels)
    assert not np.array_equal(before[1:], after[1:])
    assert (before[1:] == after[1:]).all(axis=1).sum() >= 5  # those that are held out with it


def test_a_gain_has_the_error_of_paired_differences():
    before, after = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, 1.0, 2.5, 3.0])
    found = Gain.of(before, after)
    assert (found.mean, found.error) == (0.75, pytest.approx(0.25 / np.sqrt(3), rel=1e-9))
    assert found.chance > 0.99
    assert Gain.of(after, before).chance == pytest.approx(1 - found.chance)
    assert Gain.of(before, before) == Gain(0.0, None, None)
    assert Gain.of(before, before).chance == 0.0
