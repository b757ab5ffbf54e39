"""Temperature scaling finds the likeliest temperature, changes no label, and is judged on other texts."""

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import binomtest
from sklearn.metrics import log_loss

from tunelet.evaluation import (
    Predictions,
    calibration_noise,
    cross_fitted_temperature,
    fit_temperature,
    measure,
    reliability,
    resampled_metrics,
    with_temperature,
)


def drawn(seed: int, n: int, classes: int, temperature: float) -> Predictions:
    """Labels follow the probabilities that the logits have at `temperature`; the model says those at 1."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2.5, (n, classes))
    truth = softmax(logits / temperature, axis=1)
    labels = (truth.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    names = tuple(f"class {number}" for number in range(classes))
    return Predictions(tuple(map(str, range(n))), names, labels, softmax(logits, axis=1))


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_that_the_labels_were_drawn_with_is_found(classes, temperature):
    assert fit_temperature(drawn(1, 20_000, classes, temperature)) == pytest.approx(temperature, rel=0.05)


def test_no_other_temperature_has_less_log_loss():
    predictions = drawn(2, 400, 3, 1.7)
    found = fit_temperature(predictions)

    def loss(temperature: float) -> float:
        return log_loss(predictions.labels, with_temperature(predictions, temperature).probabilities)

    assert all(loss(found) <= loss(found * factor) + 1e-12 for factor in (0.5, 0.9, 0.999, 1.001, 1.1, 2.0))


def test_labels_stay_and_the_error_falls_on_other_texts():
    fitted, others = drawn(3, 2000, 2, 2.5), drawn(4, 2000, 2, 2.5)
    scaled = with_temperature(others, fit_temperature(fitted))
    np.testing.assert_array_equal(scaled.predicted, others.predicted)
    assert measure(scaled, resamples=0).values["ece"] < 0.5 * measure(others, resamples=0).values["ece"]


def test_cross_fitting_leaves_a_calibrated_model_about_as_it_was():
    predictions = drawn(5, 3000, 2, 1.0)
    scaled = cross_fitted_temperature(predictions)
    np.testing.assert_allclose(scaled.probabilities, predictions.probabilities, atol=0.03)
    assert scaled.ids == predictions.ids


def test_cross_fitting_never_scales_a_text_by_what_it_was_fitted_on():
    predictions = drawn(5, 500, 2, 2.5)
    before = cross_fitted_temperature(predictions).probabilities
    labels = predictions.labels.copy()
    labels[7] = 1 - labels[7]
    changed = Predictions(predictions.ids, predictions.label_names, labels, predictions.probabilities)
    after = cross_fitted_temperature(changed).probabilities
    same = np.isclose(before, after, rtol=0, atol=1e-12).all(axis=1)
    assert same[7]  # its own label has no say in its own temperature
    assert 90 <= same.sum() <= 110  # nor in that of its fold, a fifth of all; the others are changed by it
    temperatures = np.log(before[:, 0] / before[:, 1]) / np.log(
        predictions.probabilities[:, 0] / predictions.probabilities[:, 1]
    )
    assert len(np.unique(temperatures.round(5))) == 5


def test_several_seeds_count_each_text_once():
    seeds = [drawn(number, 500, 2, 1.5) for number in (1, 1, 1)]
    for pooled, alone in zip(reliability(seeds), reliability(seeds[:1]), strict=True):
        assert pooled.n == 3 * alone.n
        assert (pooled.accuracy, *pooled.accuracy_ci) == pytest.approx((alone.accuracy, *alone.accuracy_ci))


def test_noise_alone_gives_the_calibration_error_that_is_foretold():
    calibrated = [drawn(seed, 500, 2, 1.0) for seed in range(40)]
    foretold = np.mean([calibration_noise(found) for found in calibrated])
    drawn_again = [
        resampled_metrics(found, positive=None, resamples=20, seed=1).values["ece"].mean() for found in calibrated
    ]
    assert foretold == pytest.approx(np.mean(drawn_again), rel=0.1)


def test_probabilities_of_0_and_1_are_borne():
    sure = Predictions(
        ("a", "b", "c"), ("no", "yes"), np.array([0, 1, 0]), np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    )
    temperature = fit_temperature(sure)
    assert 0.05 <= temperature <= 20.1
    assert np.isfinite(with_temperature(sure, temperature).probabilities).all()


def test_bins_hold_every_text_once_with_wilson_intervals():
    predictions = drawn(6, 500, 3, 1.5)
    bins = reliability([predictions])
    assert sum(found.n for found in bins) == 500
    right = predictions.predicted == predictions.labels
    for found in bins:
        inside = (predictions.confidence > found.low) & (predictions.confidence <= found.high)
        assert found.n == inside.sum()
        assert found.accuracy == pytest.approx(right[inside].mean())
        assert found.confidence == pytest.approx(predictions.confidence[inside].mean())
        interval = binomtest(int(right[inside].sum()), found.n).proportion_ci(0.95, method="wilson")
        assert found.accuracy_ci == pytest.approx((interval.low, interval.high), abs=1e-12)
    weighted = sum(found.n * abs(found.accuracy - found.confidence) for found in bins) / 500
    assert weighted == pytest.approx(measure(predictions, resamples=0).values["ece"], abs=1e-12)


def test_the_interval_of_a_calibration_error_holds_the_error_that_was_measured():
    """Also where it is smaller than chance alone makes it, which rejects every true error: once "0.0000 to 0.0000"."""
    below = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        sure = rng.uniform(0.5, 0.95, 300)
        right = rng.random(300) < sure
        probabilities = np.stack([sure, 1 - sure], axis=1)
        predictions = Predictions(tuple(map(str, range(300))), ("a", "b"), (~right).astype(int), probabilities)
        metrics = measure(predictions, resamples=1)
        low, high = metrics.ece_ci
        assert low <= metrics.ece <= high + 1e-12
        assert high > 0.005
        below += abs(high - metrics.ece) < 1e-12
    assert below  # cases in which the test alone would have left the error out
