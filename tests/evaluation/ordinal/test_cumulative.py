"""Cumulative logits and probabilities say the same; a temperature changes no answer and comes where it helps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shaped_predictions import ids, ordinal
from tunelet.evaluation import (
    OrdinalPredictions,
    choose_rating_temperature,
    cross_fitted_rating_temperature,
    cumulative_logits,
    fit_rating_temperature,
    rating_probabilities,
    with_rating_temperature,
)


@settings(deadline=None, max_examples=60)
@given(arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(-20, 20)))
def test_probabilities_are_probabilities_and_falling_logits_come_back(logits):
    chances = rating_probabilities(logits)
    assert (chances >= 0).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    falling = -np.sort(-logits, axis=1)
    np.testing.assert_allclose(cumulative_logits(chances), falling, atol=1e-3)


@pytest.mark.parametrize("temperature", [0.2, 0.7, 3.0])
def test_a_temperature_changes_no_answer(temperature):
    predictions = ordinal(200, 6)
    scaled = with_rating_temperature(predictions, temperature)
    np.testing.assert_array_equal(scaled.predicted, predictions.predicted)


def test_what_is_too_sure_is_made_less_so():
    rng = np.random.default_rng(0)
    logits = np.linspace(2, -2, 4) + rng.normal(size=(600, 1))
    chances = rating_probabilities(logits)
    labels = (rng.random((600, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(0, 4)
    honest = OrdinalPredictions(ids(600), tuple("12345"), labels, chances)
    bold = with_rating_temperature(honest, 0.3)
    assert fit_rating_temperature(bold) == pytest.approx(1 / 0.3, rel=0.2)
    chosen = choose_rating_temperature(bold)
    assert chosen.applied
    assert not choose_rating_temperature(honest).applied
    assert cross_fitted_rating_temperature(bold).probabilities.shape == (600, 5)


def test_where_nothing_is_wrong_no_temperature_is_applied():
    labels = np.arange(40) % 3
    predictions = OrdinalPredictions(ids(40), tuple("123"), labels, np.eye(3)[labels])
    assert not choose_rating_temperature(predictions).applied
