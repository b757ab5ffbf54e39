"""Metrics of numbers are scikit-learn's and scipy's; nothing crashes or becomes NaN."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr, t
from sklearn import metrics as sk

from shaped_predictions import check_reasons, ids, numbers, strict
from tunelet.errors import DataError
from tunelet.evaluation import ValuePredictions, _bootstrap, measure
from tunelet.evaluation.regression._draws import paired_draws
from tunelet.evaluation.regression._measure import log_interval


def test_every_metric_is_scikit_learns_or_scipys():
    predictions = numbers(200, seed=1, intervals=True)
    targets, values = predictions.targets, predictions.values
    metrics = measure(predictions, resamples=0)
    expected = {
        "mae": sk.mean_absolute_error(targets, values),
        "rmse": sk.root_mean_squared_error(targets, values),
        "r2": sk.r2_score(targets, values),
        "pearson": pearsonr(targets, values).statistic,
        "spearman": spearmanr(targets, values).statistic,
        "coverage": float(((predictions.low <= targets) & (targets <= predictions.high)).mean()),
        "width": float((predictions.high - predictions.low).mean()),
    }
    for name, value in expected.items():
        assert metrics.value(name) == pytest.approx(value, abs=1e-12), name


def test_each_metric_of_a_draw_is_that_of_the_resample_written_out():
    predictions = numbers(40, seed=3, intervals=True)
    (draws,) = paired_draws([predictions], resamples=6, seed=4)
    (weights,) = _bootstrap.draw_weights(40, 6, 4)
    for number, drawn in enumerate(weights):
        metrics = measure(predictions.rows(np.repeat(np.arange(40), drawn)), resamples=0)
        for name, value in metrics.values.items():
            assert draws.values[name][number] == pytest.approx(value, abs=1e-9, nan_ok=True), name


def test_every_figure_has_an_interval_that_holds_it():
    metrics = measure(numbers(300, intervals=True), resamples=100)
    check_reasons(metrics)
    assert not metrics.no_interval


def test_without_intervals_of_texts_coverage_and_width_are_null():
    metrics = measure(numbers(30), resamples=50)
    assert metrics.coverage is metrics.width is metrics.coverage_ci is None
    assert metrics.no_interval["coverage"]


def test_an_interval_without_an_end_covers_and_has_no_mean_width():
    values = np.zeros(3)
    predictions = ValuePredictions(ids(3), values, values, np.full(3, -np.inf), np.full(3, np.inf))
    metrics = measure(predictions, resamples=10)
    strict(metrics)
    assert metrics.coverage == 1.0
    assert metrics.width is None


def test_intervals_of_squared_errors_hold_more_often_where_tails_are_heavy_and_as_often_where_they_are_not():
    def held(draw, truth):
        """How often intervals hold it, and with as many degrees of freedom as there are texts."""
        inside, plain = [], []
        for seed in range(400):
            squares = draw(np.random.default_rng(seed)) ** 2
            value, error = float(squares.mean()) ** 0.5, squares.std(ddof=1) / squares.mean() / 2 / 300**0.5
            low, high = log_interval(value, squares, power=0.5)
            inside.append(low <= truth <= high)
            plain.append(abs(np.log(truth / value)) <= t.ppf(0.975, 299) * error)
        return np.mean(inside), np.mean(plain)

    normal, _ = held(lambda rng: rng.standard_normal(300), 1.0)
    assert 0.93 <= normal <= 0.98
    lognormal, plain = held(lambda rng: rng.lognormal(size=300) - np.sqrt(np.e), np.sqrt((np.e - 1) * np.e))
    assert lognormal >= plain + 0.03


@settings(deadline=None, max_examples=60)
@given(data=st.data(), n=st.integers(1, 16))
def test_no_data_crash_or_become_nan_and_the_order_of_texts_does_not_matter(data, n):
    number = st.sampled_from([0.0, 1.0, 1.5, -3.0, 1e6, 0.1, 1e60])
    targets, values = (np.array(data.draw(st.lists(number, min_size=n, max_size=n))) for _ in range(2))
    predictions = ValuePredictions(ids(n), targets, values, values - 1, values + 1)
    metrics = measure(predictions, resamples=10)
    strict(metrics)
    check_reasons(metrics)
    again = measure(predictions.rows(np.array(data.draw(st.permutations(range(n))))), resamples=0)
    for name in metrics.metric_names:
        assert again.values[name] == pytest.approx(metrics.values[name], rel=1e-9, abs=1e-9, nan_ok=True), name


def test_constant_targets_have_errors_and_no_correlation():
    metrics = measure(ValuePredictions(ids(20), np.full(20, 0.1), np.arange(20.0)), resamples=20)
    assert metrics.r2 is metrics.pearson is metrics.spearman is None
    assert metrics.mae_ci is not None
    check_reasons(metrics)


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ({"targets": [np.nan]}, "numbers"),
        ({"values": [np.inf]}, "numbers"),
        ({"values": [1.0, 2.0]}, "found"),
        ({"low": [0.0]}, "two ends"),
        ({"low": [1.0], "high": [0.0]}, "above high"),
        ({"low": [np.nan], "high": [0.0]}, "numbers"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, complaint):
    with pytest.raises(DataError, match=complaint):
        ValuePredictions(**{"ids": ("0",), "targets": [0.0], "values": [0.0]} | parts)
