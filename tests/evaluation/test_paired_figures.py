"""Two models of any label shape on the same texts: figures, exact tests, words; chance alone seldom shows anything."""

import json

import numpy as np
import pytest
from scipy.stats import permutation_test

from shaped_predictions import multilabel, numbers, ordinal
from tunelet.errors import DataError
from tunelet.evaluation import (
    Predictions,
    compare_figures,
    figure_against_baseline,
    figure_differs,
    figure_verdict,
    measure,
    measure_seeds,
)
from tunelet.evaluation._paired_figures import randomisation_p

SHAPES = {"multilabel": multilabel, "ordinal": ordinal, "regression": numbers}


def noisier(predictions, noise, *, seed=1):
    """The same texts, answered by a model that is worse."""
    rng = np.random.default_rng(seed)
    if hasattr(predictions, "values") and not hasattr(predictions, "probabilities"):
        return type(predictions)(
            predictions.ids, predictions.targets, predictions.values + noise * rng.normal(size=len(predictions))
        )
    if predictions.labels.ndim == 2:
        logits = np.log(predictions.probabilities / (1 - predictions.probabilities))
        return predictions.with_probabilities(1 / (1 + np.exp(-logits - 4 * noise * rng.normal(size=logits.shape))))
    mixed = np.log(predictions.probabilities + 1e-9) + 4 * noise * rng.normal(size=predictions.probabilities.shape)
    powers = np.exp(mixed)
    return predictions.with_probabilities(powers / powers.sum(axis=1, keepdims=True))


@pytest.fixture(params=SHAPES)
def models(request):
    good = SHAPES[request.param](200)
    return {"worse": [noisier(good, 1.0)], "better": [good]}


def test_the_better_model_is_shown_to_be_better_and_the_words_follow(models):
    (pair,) = compare_figures(models, resamples=300)
    assert pair.gain > 0
    assert figure_differs(pair)
    assert "better is better than worse" in figure_verdict(pair)
    assert figure_against_baseline(pair) is None
    low, high = pair.bounds(pair.main)
    assert low <= pair.difference(pair.main) <= high
    json.dumps(pair.to_dict(), allow_nan=False)


def test_the_other_way_round_everything_has_the_other_sign(models):
    (pair,) = compare_figures(models, resamples=300)
    (turned,) = compare_figures(dict(reversed(models.items())), resamples=300)
    assert turned.gain == -pair.gain
    assert turned.p == pair.p
    assert "baseline better" in figure_against_baseline(turned)
    for name in pair.differences:
        low, high = pair.bounds(name)
        assert turned.bounds(name) == pytest.approx((-high, -low), abs=1e-9, nan_ok=True), name


def test_the_same_model_twice_differs_in_nothing(models):
    same = models["better"]
    (pair,) = compare_figures({"A": same, "B": same}, resamples=100)
    assert pair.p == 1.0
    assert pair.gain == 0.0
    assert not figure_differs(pair)
    assert "No difference" in figure_verdict(pair)
    assert pair.agreement in {1.0, None}


def test_chance_alone_is_seldom_called_a_difference():
    found = dict.fromkeys(SHAPES, 0)
    for name, make in SHAPES.items():
        for seed in range(120):
            truth = make(40, seed=seed)
            one, other = noisier(truth, 0.5, seed=2 * seed), noisier(truth, 0.5, seed=2 * seed + 1)
            found[name] += randomisation_p(one, other, exchanges=99, seed=seed) <= 0.05
    assert all(count <= 14 for count in found.values()), found  # 6 are to be expected


def test_the_test_of_mean_absolute_errors_is_scipys():
    one = numbers(12)
    other = noisier(one, 0.3)
    apart = np.abs(other.values - other.targets) - np.abs(one.values - one.targets)
    exact = permutation_test((apart,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    assert randomisation_p(one, other, exchanges=20_000, seed=0) == pytest.approx(exact, abs=0.015)


def test_exactly_right_answers_have_mcnemars_test_and_tangos_interval():
    good = multilabel(150)
    (pair,) = compare_figures({"A": [noisier(good, 1.0)], "B": [good]}, resamples=100)
    assert pair.exact == "subset_accuracy"
    apart = pair.mcnemar.only_second - pair.mcnemar.only_first
    assert pair.difference("subset_accuracy") == pytest.approx(apart / 150)
    assert pair.bounds("subset_accuracy")[0] > 0


def test_several_seeds_have_students_test_and_a_record_with_deviations(models):
    several = {name: [noisier(first, 0.2, seed=seed) for seed in range(3)] for name, (first,) in models.items()}
    (pair,) = compare_figures(several, resamples=200)
    assert pair.test == "student"
    assert pair.mcnemar is None
    assert figure_differs(pair)
    for name, seeds in several.items():
        metrics = measure_seeds(seeds, resamples=100)
        values = [measure(seed, resamples=0).value(metrics.main) for seed in seeds]
        assert metrics.value(metrics.main) == pytest.approx(np.mean(values)), name
        assert metrics.deviation(metrics.main) == pytest.approx(np.std(values, ddof=1))
        assert metrics.interval(metrics.main)[0] < metrics.value(metrics.main) < metrics.interval(metrics.main)[1]
        json.dumps(metrics.to_dict(), allow_nan=False)


def test_one_seed_has_the_intervals_of_a_run():
    predictions = ordinal(100)
    metrics, run = measure_seeds([predictions], resamples=50), measure(predictions, resamples=50)
    assert metrics.intervals == run.intervals
    assert metrics.deviation("mae") is None


def test_several_comparisons_are_corrected(models):
    three = models | {"worst": [noisier(models["better"][0], 2.0, seed=5)]}
    pairs = compare_figures(three, resamples=99)
    assert len(pairs) == 3
    assert all(pair.p_adjusted >= pair.p for pair in pairs)


def test_other_texts_other_shapes_and_one_class_a_text_are_refused():
    with pytest.raises(DataError, match="not the same"):
        compare_figures({"A": [numbers(10)], "B": [numbers(10, seed=1)]}, resamples=10)
    with pytest.raises(DataError, match="another shape"):
        compare_figures({"A": [numbers(10)], "B": [ordinal(10)]}, resamples=10)
    classes = Predictions(("0",), ("a", "b"), np.array([0]), np.array([[0.5, 0.5]]))
    with pytest.raises(DataError, match="compared otherwise"):
        compare_figures({"A": [classes], "B": [classes]}, resamples=10)


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("make", SHAPES.values(), ids=SHAPES)
def test_few_texts_are_compared_without_a_crash(make, n):
    one = make(n)
    (pair,) = compare_figures({"A": [one], "B": [noisier(one, 0.5)]}, resamples=20)
    json.dumps(pair.to_dict(), allow_nan=False)
    assert figure_verdict(pair)
    for name in pair.differences:
        assert pair.intervals[name] is not None or pair.no_interval[name], name
