"""Metrics of ratings are scikit-learn's and scipy's; the answer is the median; nothing crashes or becomes NaN."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn import metrics as sk

from shaped_predictions import check_reasons, ids, ordinal, strict
from tunelet.errors import DataError
from tunelet.evaluation import OrdinalPredictions, _bootstrap, measure
from tunelet.evaluation.ordinal._draws import paired_draws


def test_every_metric_is_scikit_learns_or_scipys():
    predictions = ordinal(300, 6, seed=1)
    labels, predicted = predictions.labels, predictions.predicted
    metrics = measure(predictions, resamples=0)
    expected = {
        "mae": sk.mean_absolute_error(labels, predicted),
        "quadratic_kappa": sk.cohen_kappa_score(labels, predicted, weights="quadratic"),
        "accuracy": sk.accuracy_score(labels, predicted),
        "within_one": float((np.abs(labels - predicted) <= 1).mean()),
        "spearman": spearmanr(predictions.expected, labels).statistic,
        "log_loss": sk.log_loss(labels, predictions.probabilities),
    }
    for name, value in expected.items():
        assert metrics.value(name) == pytest.approx(value, abs=1e-12), name
    assert metrics.confusion.counts.sum() == 300


def test_errors_are_in_the_numbers_behind_the_ratings_and_steps_in_ratings():
    names = ("1", "2", "10")
    predictions = OrdinalPredictions(ids(2), names, np.array([1, 1]), np.array([[0.0, 0.2, 0.8], [0.0, 1.0, 0.0]]))
    metrics = measure(predictions, resamples=0)
    assert metrics.mae == 4.0
    assert metrics.within_one == 1.0
    assert predictions.expected.tolist() == pytest.approx([8.4, 2.0])


def test_the_answer_is_the_median_which_has_the_least_expected_error():
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.full(7, 0.4), size=200)
    predictions = OrdinalPredictions(ids(200), tuple("1234567"), np.zeros(200, int), chances)
    distances = np.abs(np.arange(7)[:, None] - np.arange(7))
    expected = chances @ distances
    assert expected[np.arange(200), predictions.predicted] == pytest.approx(expected.min(axis=1))


def test_ratings_in_words_count_in_steps():
    predictions = OrdinalPredictions(("0",), ("low", "middle", "high"), np.array([0]), np.array([[0.1, 0.1, 0.8]]))
    assert measure(predictions, resamples=0).mae == 2.0


def test_each_metric_of_a_draw_is_that_of_the_resample_written_out():
    predictions = ordinal(50, 4, seed=3)
    (draws,) = paired_draws([predictions], resamples=6, seed=4)
    (weights,) = _bootstrap.draw_weights(50, 6, 4)
    for number, drawn in enumerate(weights):
        metrics = measure(predictions.rows(np.repeat(np.arange(50), drawn)), resamples=0)
        for name, value in metrics.values.items():
            assert draws.values[name][number] == pytest.approx(value, abs=1e-9, nan_ok=True), name


def test_every_figure_has_an_interval_that_holds_it():
    metrics = measure(ordinal(300), resamples=100)
    check_reasons(metrics)
    assert not metrics.no_interval


@settings(deadline=None, max_examples=60)
@given(data=st.data(), n=st.integers(1, 14), ratings=st.integers(2, 4))
def test_no_data_crash_or_become_nan_and_the_order_of_texts_does_not_matter(data, n, ratings):
    labels = np.array(data.draw(st.lists(st.integers(0, ratings - 1), min_size=n, max_size=n)))
    even = np.full((1, ratings), 1 / ratings)
    kinds = np.concatenate([np.eye(ratings), even, (np.eye(ratings)[:1] + even) / 2])
    chosen = data.draw(st.lists(st.integers(0, len(kinds) - 1), min_size=n, max_size=n))
    predictions = OrdinalPredictions(ids(n), tuple("1234"[:ratings]), labels, kinds[chosen])
    metrics = measure(predictions, resamples=10)
    strict(metrics)
    check_reasons(metrics)
    again = measure(predictions.rows(np.array(data.draw(st.permutations(range(n))))), resamples=0)
    for name in metrics.metric_names:
        assert again.values[name] == pytest.approx(metrics.values[name], abs=1e-9, nan_ok=True), name


def test_turning_the_scale_round_changes_no_figure_but_the_side_of_even_medians():
    predictions = ordinal(200, seed=5)
    turned = OrdinalPredictions(
        predictions.ids, predictions.label_names, 4 - predictions.labels, predictions.probabilities[:, ::-1]
    )
    one, other = (measure(each, resamples=0).values for each in (predictions, turned))
    assert dict(other) == pytest.approx(dict(one), abs=1e-9)


def test_ratings_that_do_not_rise_are_refused():
    with pytest.raises(DataError, match="rise"):
        OrdinalPredictions(("0",), ("2", "1"), np.array([0]), np.array([[0.5, 0.5]]))
