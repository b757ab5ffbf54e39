"""Probabilities of labels are mended only where that helps on other texts, by one number or by a line a label."""

import json

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from shaped_predictions import ids, multilabel
from tunelet.evaluation import (
    MultilabelPredictions,
    choose_scaling,
    decision_reliability,
    measure,
    scaling_record,
)
from tunelet.evaluation.multilabel._calibration import logits_of


def calibrated(n, *, seed=0):
    """Labels that are drawn with exactly their probabilities."""
    rng = np.random.default_rng(seed)
    chances = rng.uniform(0.02, 0.98, (n, 3))
    return MultilabelPredictions(ids(n), tuple("abc"), rng.random((n, 3)) < chances, chances, np.full(3, 0.5))


def bent(predictions, slopes, shifts):
    logits = logits_of(predictions.probabilities) * slopes + shifts
    return predictions.with_probabilities(1 / (1 + np.exp(-logits)))


def test_what_is_calibrated_is_mostly_left_alone():
    names = [choose_scaling(calibrated(300, seed=seed)).name for seed in range(8)]
    assert names.count("none") >= 6


def test_one_number_mends_what_is_too_sure_of_every_label():
    predictions = bent(calibrated(600), 3.0, 0.0)
    scaling = choose_scaling(predictions)
    assert scaling.name == "temperature"
    assert scaling.temperature == pytest.approx(3.0, rel=0.15)
    assert scaling.p_value < 0.05


def test_lines_mend_what_is_wrong_with_each_label_in_its_own_way():
    predictions = bent(calibrated(600), np.array([3.0, 1.0, 0.5]), np.array([0.0, 1.5, -1.5]))
    scaling = choose_scaling(predictions)
    assert scaling.name == "per label"
    mended = predictions.with_probabilities(scaling.probabilities(predictions.probabilities))
    np.testing.assert_allclose(scaling.slopes * np.array([3.0, 1.0, 0.5]), 1.0, atol=0.25)
    assert measure(mended, resamples=0).log_loss < measure(predictions, resamples=0).log_loss - 0.1


def test_nothing_scaled_changes_no_bit():
    predictions = calibrated(5)
    scaling = choose_scaling(predictions)
    assert scaling.name == "none"
    assert scaling.probabilities(predictions.probabilities) is predictions.probabilities


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_probabilities_of_0_and_1_and_labels_that_never_occur_are_scaled_to_numbers(value):
    rng = np.random.default_rng(0)
    labels = rng.random((60, 3)) < np.array([0.5, 0.2, 0.0])
    predictions = MultilabelPredictions(ids(60), tuple("abc"), labels, np.full((60, 3), value), np.full(3, 0.5))
    scaling = choose_scaling(predictions)
    record = scaling_record(scaling, predictions, n=60, cross_fitted=True)
    json.dumps(record.to_dict(), allow_nan=False)
    chances = scaling.probabilities(predictions.probabilities)
    assert ((chances >= 0) & (chances <= 1)).all()


def test_where_nothing_is_wrong_nothing_is_made_more_certain():
    labels = np.random.default_rng(0).random((50, 2)) < 0.5
    predictions = MultilabelPredictions(ids(50), ("a", "b"), labels, np.where(labels, 0.8, 0.2), np.full(2, 0.5))
    assert choose_scaling(predictions).name == "none"


def test_reliability_of_decisions_is_scikit_learns_curve_with_intervals_of_texts():
    predictions = multilabel(200, 4, seed=6)
    bins = decision_reliability([predictions], bins=10)
    there, mean = calibration_curve(predictions.labels.ravel(), predictions.probabilities.ravel(), n_bins=10)
    assert [each.accuracy for each in bins] == pytest.approx(there.tolist())
    assert [each.confidence for each in bins] == pytest.approx(mean.tolist())
    assert sum(each.n for each in bins) == predictions.labels.size
    assert all(each.accuracy_ci[0] <= each.accuracy <= each.accuracy_ci[1] for each in bins)


def test_seeds_are_pooled_and_counted_once():
    one = decision_reliability([multilabel(100)])
    twice = decision_reliability([multilabel(100)] * 2)
    assert [each.n for each in twice] == [2 * each.n for each in one]
    assert [each.accuracy_ci for each in twice] == [pytest.approx(each.accuracy_ci) for each in one]
