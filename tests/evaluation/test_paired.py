"""Paired tests are scipy's; intervals cover what they promise; verdicts follow from the numbers."""

import dataclasses
import json
import math

import numpy as np
import pytest
from scipy.stats import binom

from tunelet.errors import DataError
from tunelet.evaluation import Pair, Predictions, against_baseline, compare_predictions, holm, mcnemar, measure, verdict


def answers(labels: np.ndarray, right: np.ndarray, sure: float | np.ndarray = 0.9) -> Predictions:
    """A model that is right where `right` says so, with that confidence."""
    predicted = np.where(right, labels, 1 - labels)
    confidence = np.broadcast_to(sure, labels.shape)
    probabilities = np.where(predicted[:, None] == [0, 1], confidence[:, None], 1 - confidence[:, None])
    return Predictions(tuple(map(str, range(len(labels)))), ("no", "yes"), labels, probabilities)


def two(n: int, only_first: int, only_second: int, both: int) -> tuple[Predictions, Predictions]:
    labels = np.arange(n) % 2
    one, other = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    one[:only_first] = True
    other[only_first : only_first + only_second] = True
    one[-both:] = other[-both:] = True
    return answers(labels, one), answers(labels, other)


@pytest.mark.parametrize(("only_first", "only_second"), [(0, 0), (1, 0), (5, 5), (3, 12), (40, 20), (0, 9)])
def test_mcnemars_p_is_the_exact_binomial(only_first, only_second):
    found = mcnemar(*two(200, only_first, only_second, 100))
    disagreed, fewer = only_first + only_second, min(only_first, only_second)
    exact = min(1.0, 2 * binom.cdf(fewer, disagreed, 0.5)) if disagreed else 1.0
    assert (found.only_first, found.only_second) == (only_first, only_second)
    assert found.p == pytest.approx(exact, abs=1e-12)


def test_holm_corrects_step_by_step():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])  # Holm 1979, by hand
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_differences_are_those_of_the_metrics_and_turn_with_the_order():
    one, other = two(300, 20, 50, 200)
    (pair,) = compare_predictions({"A": [one], "B": [other]}, resamples=300)
    values = [measure(found, resamples=0).values for found in (one, other)]
    assert pair.differences["accuracy"] == pytest.approx(values[1]["accuracy"] - values[0]["accuracy"])
    assert pair.differences["accuracy"] == pytest.approx(0.1)
    low, high = pair.intervals["accuracy"]
    assert low < 0.1 < high
    back = pair.reversed()
    assert (back.first, back.second, back.differences["accuracy"]) == ("B", "A", pytest.approx(-0.1))
    assert back.intervals["accuracy"] == (-high, -low)
    assert back.reversed() == pair


def test_a_pair_is_strict_json_and_back():
    (pair,) = compare_predictions({"A": [two(60, 5, 9, 40)[0]], "B": [two(60, 5, 9, 40)[1]]}, resamples=50)
    undefined = dataclasses.replace(pair, kappa=math.nan, differences={**pair.differences, "roc_auc": math.nan})
    again = Pair.from_dict(json.loads(json.dumps(undefined.to_dict(), allow_nan=False)))
    assert math.isnan(again.kappa)
    assert again.to_dict() == undefined.to_dict()


def test_the_interval_of_a_difference_covers_the_truth_in_about_95_of_100_experiments():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], 200)
    experiments, covered = 500, 0
    for seed in range(experiments):
        shared = rng.random(400) < 0.7  # both right; else each by itself
        one = shared | (rng.random(400) < 0.5)
        other = shared | (rng.random(400) < 0.7)
        (pair,) = compare_predictions(
            {"A": [answers(labels, one)], "B": [answers(labels, other)]}, resamples=300, seed=seed
        )
        low, high = pair.intervals["accuracy"]
        covered += low <= 0.06 <= high  # 0.3 * (0.7 - 0.5)
    assert 0.93 <= covered / experiments <= 0.97


def test_the_difference_called_detectable_is_found_four_times_in_five():
    rng = np.random.default_rng(4)
    n, disagreed = 1000, 0.2
    labels = np.arange(n) % 2
    one, other = rng.random(n) < 0.8, rng.random(n) < 0.8
    (pair,) = compare_predictions({"A": [answers(labels, one)], "B": [answers(labels, other)]}, resamples=500)
    gain = pair.detectable
    disagreed = ((one & ~other) | (other & ~one)).mean()
    found = 0
    for _ in range(400):
        kind = rng.random(n)
        only_other = kind < (disagreed + gain) / 2
        only_one = ~only_other & (kind < disagreed)
        base = rng.random(n) < 0.7
        test = mcnemar(answers(labels, np.where(only_other, False, only_one | base)),
                       answers(labels, np.where(only_one, False, only_other | base)))  # fmt: skip
        found += test.p < 0.05
    assert 0.7 <= found / 400 <= 0.9


def test_seeds_are_averaged_and_widen_the_interval():
    rng = np.random.default_rng(5)
    labels = np.arange(400) % 2
    first = [answers(labels, rng.random(400) < share) for share in (0.70, 0.80, 0.90)]
    second = [answers(labels, rng.random(400) < share) for share in (0.72, 0.82, 0.92)]
    (pair,) = compare_predictions({"A": first, "B": second}, resamples=400)
    means = [np.mean([measure(each, resamples=0).values["accuracy"] for each in group]) for group in (first, second)]
    assert pair.differences["accuracy"] == pytest.approx(means[1] - means[0])
    assert pair.mcnemar is None
    (alone,) = compare_predictions({"A": first[1:2], "B": second[1:2]}, resamples=400)

    def width(found: Pair) -> float:
        return found.intervals["accuracy"][1] - found.intervals["accuracy"][0]

    assert width(pair) > width(alone)
    assert pair.p > 0.05


def test_other_texts_or_labels_are_refused_with_the_reason():
    one, other = two(50, 2, 3, 40)
    shorter = Predictions(other.ids[:-1], other.label_names, other.labels[:-1], other.probabilities[:-1])
    with pytest.raises(DataError, match="49 texts, A on 50"):
        compare_predictions({"A": [one], "B": [shorter]})
    renamed = Predictions(other.ids, ("bad", "good"), other.labels, other.probabilities)
    with pytest.raises(DataError, match="bad, good"):
        compare_predictions({"A": [one], "B": [renamed]})


def told(only_first: int, only_second: int, n: int = 500, **models: Predictions) -> str:
    found = models or dict(zip("AB", two(n, only_first, only_second, n // 2), strict=True))
    (pair,) = compare_predictions({name: [each] for name, each in found.items()}, resamples=1000)
    return verdict(pair)


def test_a_clear_winner_is_named_with_gain_interval_and_p():
    line = told(10, 60)
    assert line.startswith("B is better than A: +10.0 points of accuracy [")
    assert "p < 0.001 (McNemar's exact test)" in line
    assert told(60, 10).startswith("A is better than B: +10.0 points")


def test_no_difference_says_what_would_not_be_seen():
    line = told(21, 24)
    assert line.startswith("No difference between A and B can be shown with 500 texts (+0.6 points of accuracy [")
    assert "a difference under 3." in line  # 2.8 * sqrt(45) / 500


def test_a_winner_on_accuracy_that_is_worse_calibrated_is_told_so():
    labels = np.arange(1000) % 2
    right = np.arange(1000) % 10 != 0
    better = right | (np.arange(1000) % 30 == 0)
    line = told(0, 0, A=answers(labels, right, 0.9), B=answers(labels, better, 0.9999))
    assert line.startswith("B is better than A")
    assert "But the probabilities of B are worse than those of A: expected calibration error +0.0" in line


def test_an_encoder_below_its_baseline_comes_first():
    baseline, model = two(500, 60, 10, 250)
    (pair,) = compare_predictions({"TF-IDF": [baseline], "encoder": [model]}, resamples=500, against="TF-IDF")
    assert against_baseline(pair).startswith("The baseline is better than encoder: +10.0 points")
    (equal,) = compare_predictions({"TF-IDF": [two(500, 20, 22, 250)[0]], "encoder": [two(500, 20, 22, 250)[1]]})
    assert against_baseline(equal).startswith("encoder does not beat the baseline")
    (winner,) = compare_predictions({"TF-IDF": [two(500, 5, 60, 250)[0]], "encoder": [two(500, 5, 60, 250)[1]]})
    assert against_baseline(winner) is None
