"""A temperature is applied only where other texts are better told by it than noise could make them."""

import numpy as np
import pytest
from scipy.special import softmax

from tunelet.evaluation import Predictions, choose_temperature, scaled_probabilities, with_temperature


def drawn(seed: int, n: int, temperature: float, classes: int = 3) -> Predictions:
    """Labels that follow the probabilities at `temperature`, while the model says those at 1."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.standard_normal((n, classes))
    truth = softmax(logits / temperature, axis=1)
    labels = (truth.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    names = tuple("abcdef"[:classes])
    return Predictions(tuple(map(str, range(n))), names, labels, softmax(logits, axis=1))


@pytest.mark.parametrize("temperature", [0.4, 2.5])
def test_a_model_that_is_too_sure_or_not_sure_enough_is_scaled(temperature):
    chosen = choose_temperature(drawn(0, 400, temperature))
    assert chosen.applied
    assert chosen.p_value < 0.05
    assert chosen.used == chosen.value == pytest.approx(temperature, rel=0.3)


def test_calibrated_models_are_left_alone_but_for_the_level_of_the_test():
    applied = [choose_temperature(drawn(seed, 100, 1.0)).applied for seed in range(60)]
    assert sum(applied) <= 6  # 5 % of 60 are 3
    chosen = choose_temperature(drawn(0, 100, 1.0))
    assert (chosen.applied, chosen.used) == (False, 1.0)
    assert chosen.value != 1.0


@pytest.mark.parametrize("n", [2, 5, 40])
def test_without_an_error_no_certainty_is_made_up(n):
    probabilities = np.tile([0.9, 0.1], (n, 1))
    labels = np.zeros(n, dtype=np.int64)
    found = choose_temperature(Predictions(tuple(map(str, range(n))), ("a", "b"), labels, probabilities))
    assert not found.applied
    assert "wrong" in found.reason
    one_error = labels.copy()
    one_error[0] = 1
    assert not choose_temperature(Predictions(tuple(map(str, range(n))), ("a", "b"), one_error, probabilities)).applied


def test_a_model_that_is_worse_than_chance_is_not_scaled_to_a_constant():
    probabilities = softmax(3 * np.random.default_rng(1).standard_normal((200, 4)), axis=1)
    labels = probabilities.argmin(axis=1)
    labels[:9] = probabilities[:9].argmax(axis=1)
    found = choose_temperature(Predictions(tuple(map(str, range(200))), tuple("abcd"), labels, probabilities))
    assert found.value > 19
    assert (found.applied, found.used) == (False, 1.0)


def test_scaling_by_one_changes_no_bit_and_by_another_no_label():
    predictions = drawn(3, 50, 1.0)
    assert scaled_probabilities(predictions.probabilities, 1.0) is predictions.probabilities
    scaled = scaled_probabilities(predictions.probabilities, 2.0)
    np.testing.assert_array_equal(scaled, with_temperature(predictions, 2.0).probabilities)
    np.testing.assert_array_equal(scaled.argmax(axis=1), predictions.predicted)
    assert scaled_probabilities(np.empty((0, 3)), 2.0).shape == (0, 3)
