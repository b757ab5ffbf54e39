"""TF-IDF is added to an encoder of labels or ratings where it helps other texts, and nowhere else."""

import numpy as np
import pytest

from shaped_predictions import multilabel, numbers, ordinal
from tunelet.evaluation import blended_decisions, fit_decision_blend, measure
from tunelet.evaluation._decision_blend import fit_decision_weights


def views(n, questions, noises, seed=0):
    """What is true, and the logits of models that see it through independent noise, each calibrated."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, questions)) < 0.3
    prior = np.log(0.3 / 0.7)
    scores = [np.where(truth, 1.0, 0.0) + noise * rng.normal(size=truth.shape) for noise in noises]
    return truth, [prior + (2 * score - 1) / (2 * noise**2) for score, noise in zip(scores, noises, strict=True)]


def test_two_models_that_see_different_things_are_better_together():
    truth, (encoder, tfidf) = views(600, 6, (0.6, 0.9))
    blend = fit_decision_blend(encoder, tfidf, truth)
    assert blend.kept
    assert blend.encoder > blend.tfidf > 0
    assert blend.gain.mean > 0


def test_a_model_that_says_nothing_is_left_out():
    truth, (encoder,) = views(600, 6, (0.6,))
    nothing = np.random.default_rng(1).normal(size=truth.shape)
    blend = fit_decision_blend(encoder, nothing, truth)
    assert (blend.encoder, blend.tfidf) == (1.0, 0.0) or blend.tfidf < 0.1


def test_the_weight_of_a_single_model_is_one_over_its_temperature():
    truth, (encoder,) = views(4000, 3, (0.7,))
    assert fit_decision_weights([3 * encoder], truth)[0] == pytest.approx(1 / 3, abs=0.02)


def test_weights_have_the_least_loss_of_all_near_them():
    truth, models = views(300, 4, (0.6, 0.8), seed=3)
    often = [np.tile(model, (50, 1)) for model in models]  # against which the prior counts for nothing
    weights = fit_decision_weights(often, np.tile(truth, (50, 1)))

    def loss(first, second):
        logits = first * models[0] + second * models[1]
        return np.logaddexp(0.0, np.where(truth, -logits, logits)).mean()

    best = loss(*weights)
    assert all(best <= loss(weights[0] + a, weights[1] + b) + 1e-6 for a in (-0.05, 0, 0.05) for b in (-0.05, 0, 0.05))


@pytest.mark.parametrize("make", [multilabel, ordinal])
def test_predictions_of_both_together_are_of_the_same_class_and_lose_less(make):
    encoder = make(500, seed=1)
    other = make(500, seed=1)
    rng = np.random.default_rng(2)
    rows = rng.permutation(500)  # another model, which is wrong elsewhere
    mixed = np.where(rng.random((500, 1)) < 0.7, other.probabilities, other.probabilities[rows])
    blend, together = blended_decisions(encoder.with_probabilities(mixed), encoder)
    assert type(together) is type(encoder)
    assert blend.kept
    assert measure(together, resamples=0).log_loss < measure(encoder.with_probabilities(mixed), resamples=0).log_loss


def test_numbers_are_not_blended():
    predictions = numbers(50)
    blend, same = blended_decisions(predictions, predictions)
    assert not blend.kept
    assert same is predictions
