"""Paired tests are scipy's; intervals cover what they promise; verdicts follow from the numbers."""

import json
import math

import numpy as np
import pytest
from scipy.stats import binom, ttest_ind

from tunelet._record import parse_record
from tunelet._words import fixed
from tunelet.errors import DataError
from tunelet.evaluation import (
    METRIC_NAMES,
    Pair,
    Predictions,
    against_baseline,
    compare_predictions,
    holm,
    mcnemar,
    measure,
    measure_seeds,
    verdict,
)
from tunelet.evaluation._intervals import Z, difference_interval
from tunelet.evaluation._power import detectable_accuracy

pytestmark = pytest.mark.slow

Z2 = Z**2


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
    one[n - both :] = other[n - both :] = True
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
    assert holm([0.01, math.nan, 0.04])[::2] == [0.02, 0.04]  # what is undefined is no comparison


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
    undefined = pair.changed(kappa=math.nan, differences={**pair.differences, "roc_auc": math.nan})
    again = parse_record(json.dumps(undefined.to_dict(), allow_nan=False).encode(), Pair)
    assert again.kappa is again.differences["roc_auc"] is None
    assert again == undefined
    assert again.to_dict() == undefined.to_dict()


def test_thirty_texts_each_way_leave_nearly_everything_open():
    (pair,) = compare_predictions(dict(zip("AB", ([each] for each in two(60, 30, 30, 0)), strict=True)), resamples=50)
    assert pair.differences["accuracy"] == 0
    low, high = pair.intervals["accuracy"]
    assert (low, high) == pytest.approx((-0.2453, 0.2453), abs=1e-3)
    assert 0.35 < pair.detectable < 0.42
    assert "(0.0 points of accuracy [-24.5, 24.5]" in verdict(pair)


def test_disagreements_that_all_go_one_way_have_an_interval_of_some_width():
    (pair,) = compare_predictions(dict(zip("AB", ([each] for each in two(60, 17, 0, 43)), strict=True)), resamples=50)
    low, high = pair.intervals["accuracy"]
    assert (low, high) == pytest.approx((-0.4077, -0.1851), abs=1e-3)


def test_models_that_never_disagree_keep_their_doubt_and_say_which_figures_have_no_interval():
    one, _ = two(60, 0, 0, 50)
    (pair,) = compare_predictions({"A": [one], "B": [one]}, resamples=50)
    low, high = pair.intervals["accuracy"]
    assert -low == pytest.approx(high)
    assert high == pytest.approx(Z2 / (60 + Z2), abs=1e-6)  # what Tango's interval is where nothing was seen
    assert pair.intervals["log_loss"] is None
    assert set(pair.no_interval) == set(METRIC_NAMES) - {"accuracy"}
    assert pair.to_dict()["intervals"]["roc_auc"] is None
    assert "-0.0" not in verdict(pair)


@pytest.mark.parametrize(("only_first", "only_second", "n"), [(0, 0, 40), (3, 9, 60), (30, 30, 60), (2, 90, 500)])
def test_tangos_limits_solve_his_equation(only_first, only_second, n):
    for delta in difference_interval(only_first, only_second, n):
        b, c = only_second, only_first
        linear = -b - c + (2 * n - b + c) * delta
        share = (math.sqrt(linear**2 + 8 * n * c * delta * (1 - delta)) - linear) / (4 * n)
        score = (b - c - n * delta) / math.sqrt(n * (2 * share + delta * (1 - delta)))
        assert abs(score) == pytest.approx(math.sqrt(Z2), abs=1e-6)


@pytest.mark.parametrize("n", [20, 60, 500])
@pytest.mark.parametrize("disagreed", [0, 4, 15])
@pytest.mark.parametrize("comparisons", [1, 3])
def test_what_is_detectable_is_never_less_than_the_exact_test_can_show(n, disagreed, comparisons):
    found = detectable_accuracy(disagreed, n, comparisons)
    fewest = next(count for count in range(1, 50) if 2 * 0.5**count <= 0.05 / comparisons)
    assert found >= fewest / n
    assert found >= detectable_accuracy(0, n, 1)


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


def trainings(
    rng: np.random.Generator, labels: np.ndarray, seeds: int, share: float, spread: float
) -> list[Predictions]:
    """Several seeds, each with an accuracy of its own."""
    return [answers(labels, rng.random(len(labels)) < share + spread * rng.normal()) for _ in range(seeds)]


def test_seeds_are_averaged_and_their_spread_is_in_the_interval():
    rng = np.random.default_rng(5)
    labels = np.arange(400) % 2
    first = [answers(labels, rng.random(400) < share) for share in (0.70, 0.80, 0.90)]
    second = [answers(labels, rng.random(400) < share) for share in (0.72, 0.82, 0.92)]
    (pair,) = compare_predictions({"A": first, "B": second}, resamples=400)
    accuracies = [[measure(each, resamples=0).values["accuracy"] for each in group] for group in (first, second)]
    means = [np.mean(group) for group in accuracies]
    assert pair.differences["accuracy"] == pytest.approx(means[1] - means[0])
    assert (pair.mcnemar, pair.seeds) == (None, (3, 3))
    low, high = pair.intervals["accuracy"]
    # Nearly all of the spread is that of the seeds: then it is Welch's test of the accuracies.
    welch = ttest_ind(accuracies[1], accuracies[0], equal_var=False)
    # and the texts add a little, with more degrees of freedom
    assert high - low == pytest.approx(np.diff(welch.confidence_interval())[0], rel=0.1)
    assert pair.p == pytest.approx(welch.pvalue, abs=0.05)


def test_equal_models_with_few_seeds_are_seldom_told_apart():
    rng = np.random.default_rng(6)
    labels = np.arange(1000) % 2
    called, experiments = 0, 150
    for seed in range(experiments):
        groups = {name: trainings(rng, labels, 3, 0.8, 0.02) for name in "AB"}
        (pair,) = compare_predictions(groups, resamples=50, seed=seed)
        called += pair.p < 0.05
    assert called / experiments <= 0.08


def test_the_interval_over_three_seeds_covers_the_mean_of_all_trainings():
    rng = np.random.default_rng(7)
    labels = np.arange(1000) % 2
    covered, experiments = 0, 150
    for seed in range(experiments):
        low, high = measure_seeds(trainings(rng, labels, 3, 0.8, 0.02), resamples=50, seed=seed).intervals["accuracy"]
        covered += low <= 0.8 <= high
    assert 0.93 <= covered / experiments <= 0.99


def test_one_training_against_several_says_what_is_not_in_the_interval():
    rng = np.random.default_rng(8)
    labels = np.arange(500) % 2
    once, thrice = trainings(rng, labels, 1, 0.7, 0.0), trainings(rng, labels, 3, 0.9, 0.01)
    (pair,) = compare_predictions({"A": once, "B": thrice}, resamples=200)
    assert "Student's test over texts and seeds" in verdict(pair)
    assert verdict(pair).endswith("A was trained once: how much its seed matters is not in the interval.")


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


def test_what_was_seen_is_not_called_unseeable():
    (pair,) = compare_predictions(dict(zip("AB", ([each] for each in two(10, 0, 5, 5)), strict=True)), resamples=50)
    line = verdict(pair.changed(detectable=0.4))
    assert line.startswith("No difference between A and B can be shown with 10 texts (+50.0 points")
    assert "would not be seen" not in line


def test_a_better_ranking_is_told_before_any_praise_of_probabilities():
    rng = np.random.default_rng(11)
    labels = np.arange(400) % 2
    blind = np.full(400, 0.5) + rng.normal(0, 0.01, 400)
    ranks = 0.05 + 0.01 * (labels + rng.normal(0, 0.9, 400))  # always below one half, yet in a better order
    (pair,) = compare_predictions({"A": [scored(labels, blind)], "B": [scored(labels, ranks)]}, resamples=300)
    assert pair.differences["roc_auc"] > 0.2
    line = verdict(pair)
    assert "B ranks texts better than A: ROC AUC +0.2" in line
    assert "are worth more than each label's share" in line  # neither is better than 0.693
    assert "log loss -" not in line
    assert "log loss +" not in line


def test_a_large_difference_in_ranking_that_may_be_chance_is_said_to_be_that():
    labels = np.array([0, 1] * 6)
    one = scored(labels, np.array([0.2, 0.9, 0.8, 0.4, 0.3, 0.7, 0.6, 0.5, 0.1, 0.35, 0.45, 0.95]))
    other = scored(labels, np.array([0.2, 0.9, 0.1, 0.8, 0.3, 0.7, 0.6, 0.55, 0.1, 0.75, 0.45, 0.95]))
    (pair,) = compare_predictions({"A": [one], "B": [other]}, resamples=200)
    assert pair.p_roc_auc > 0.05
    assert "which may be chance: ROC AUC +0." in verdict(pair)


def scored(labels: np.ndarray, positive: np.ndarray) -> Predictions:
    """With these probabilities of "yes"."""
    probabilities = np.stack([1 - positive, positive], axis=1)
    return Predictions(tuple(map(str, range(len(labels)))), ("no", "yes"), labels, probabilities)


@pytest.mark.parametrize(
    ("value", "words"), [(0.0, "0.0"), (-0.0001, "0.0"), (0.04, "0.0"), (0.06, "+0.1"), (-3, "-3.0")]
)
def test_a_zero_has_no_sign(value, words):
    assert fixed(value, 1, signed=True) == words
    assert fixed(-abs(value) / 1e6, 3) == "0.000"


def test_more_comparisons_need_a_larger_difference():
    pair, *_ = compare_predictions({name: [each] for name, each in zip("AB", two(500, 20, 30, 250), strict=True)})
    four = {name: [each] for name, each in zip("ABCD", two(500, 20, 30, 250) * 2, strict=True)}
    among, *_ = compare_predictions(four)
    assert among.detectable > 1.1 * pair.detectable
    assert "corrected for 6 comparisons" in verdict(among, 6)
    (chosen,) = compare_predictions(four, pairs=[("A", "D")])
    assert (chosen.first, chosen.second, chosen.p_adjusted) == ("A", "D", chosen.p)


def test_calibration_errors_of_calibrated_models_are_never_told_apart():
    """The plug-in error of a model that spreads its confidence is larger, though both say the truth."""
    claimed = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        labels = np.arange(500) % 2
        sure = answers(labels, rng.random(500) < 0.99, 0.99)
        confidence = rng.uniform(0.5, 1, 500)
        unsure = answers(labels, rng.random(500) < confidence, confidence)
        (pair,) = compare_predictions({"A": [sure], "B": [unsure]}, resamples=200, seed=seed)
        claimed += "calibration" in verdict(pair)
    assert claimed <= 2


def test_better_by_one_measure_and_worse_by_the_other_is_one_sentence():
    rng = np.random.default_rng(9)
    labels = np.arange(4000) % 2
    confidence = rng.uniform(0.5, 0.7, 4000)
    honest = answers(labels, rng.random(4000) < confidence, confidence)
    better = answers(labels, rng.random(4000) < 0.9, 0.97)
    (pair,) = compare_predictions({"A": [honest], "B": [better]}, resamples=300)
    assert "The probabilities of B are better than those of A by log loss -0." in verdict(pair)
    assert "but worse by expected calibration error +0.0" in verdict(pair)


def test_a_winner_on_accuracy_that_is_worse_calibrated_is_told_so():
    labels = np.arange(1000) % 2
    right = np.arange(1000) % 10 != 0
    better = right | (np.arange(1000) % 30 == 0)
    line = told(0, 0, A=answers(labels, right, 0.9), B=answers(labels, better, 0.9999))
    assert line.startswith("B is better than A")
    assert "But the probabilities of B are worse than those of A: log loss +0." in line
    assert ", expected calibration error +0.0" in line


def test_an_encoder_below_its_baseline_comes_first():
    baseline, model = two(500, 60, 10, 250)
    (pair,) = compare_predictions({"TF-IDF": [baseline], "encoder": [model]}, resamples=500)
    assert against_baseline(pair).startswith("The baseline TF-IDF is better than encoder: +10.0 points")
    (equal,) = compare_predictions({"TF-IDF": [two(500, 22, 20, 250)[0]], "encoder": [two(500, 22, 20, 250)[1]]})
    assert against_baseline(equal).startswith("encoder does not beat the baseline TF-IDF")
    (ahead,) = compare_predictions({"TF-IDF": [two(500, 20, 22, 250)[0]], "encoder": [two(500, 20, 22, 250)[1]]})
    assert against_baseline(ahead).startswith("encoder is ahead of the baseline TF-IDF, but 500 texts are too few")
    (winner,) = compare_predictions({"TF-IDF": [two(500, 5, 60, 250)[0]], "encoder": [two(500, 5, 60, 250)[1]]})
    assert against_baseline(winner) is None
