"""A temperature of any label shape changes no answer, mends overconfidence, and is applied only where it helps."""

import numpy as np
import pytest

from shaped_predictions import multilabel, numbers, ordinal
from tunelet.evaluation import (
    measure,
    scaled_for,
    task_of,
    temperature_for,
    temperature_record,
    with_temperature_for,
)

MAKE = {"multilabel": lambda n, seed: multilabel(n, seed=seed), "ordinal": lambda n, seed: ordinal(n, seed=seed)}


def sharpened(predictions, by):
    """The same model, too sure of itself."""
    return predictions.with_probabilities(scaled_for(task_of(predictions), predictions.probabilities, 1 / by))


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_a_model_that_is_too_sure_gets_a_temperature_that_helps_on_other_texts(make):
    validation, other = (sharpened(make(800, seed), 3.0) for seed in (1, 2))
    chosen = temperature_for(validation)
    assert chosen.applied
    assert chosen.value == pytest.approx(3.0, rel=0.35)
    scaled = with_temperature_for(other, chosen)
    assert measure(scaled, resamples=0).log_loss < measure(other, resamples=0).log_loss
    record = temperature_record(chosen, other, n=800, cross_fitted=False)
    assert record.after.log_loss == pytest.approx(measure(scaled, resamples=0).log_loss)
    assert record.before.log_loss == pytest.approx(measure(other, resamples=0).log_loss)


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_no_answer_changes_where_thresholds_move_along(make):
    predictions = make(300, 3)
    scaled = predictions.with_probabilities(scaled_for(task_of(predictions), predictions.probabilities, 2.5))
    if task_of(predictions) == "multilabel":
        scaled = scaled.with_thresholds(scaled_for("multilabel", predictions.thresholds, 2.5))
    np.testing.assert_array_equal(scaled.predicted, predictions.predicted)


@pytest.mark.parametrize("task", ["multiclass", "multilabel", "ordinal"])
def test_a_temperature_of_one_changes_no_bit_and_a_text_with_nothing_to_read_stays_so(task):
    probabilities = np.array([[0.2, 0.5, 0.3], [np.nan] * 3])
    assert scaled_for(task, probabilities, 1.0) is probabilities
    scaled = scaled_for(task, probabilities, 2.0)
    assert np.isnan(scaled[1]).all()
    assert np.isfinite(scaled[0]).all()


def test_of_a_calibrated_model_it_is_not_applied():
    chosen = temperature_for(multilabel(400, seed=5, together=0.0))
    assert not chosen.applied or chosen.value == pytest.approx(1.0, abs=0.2)


def test_numbers_have_none():
    assert temperature_for(numbers(50)) is None
    assert with_temperature_for(numbers(50), None).values.shape == (50,)
