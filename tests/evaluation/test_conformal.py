"""Conformal intervals and sets hold the true answer as often as promised, whatever the model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shaped_predictions import numbers, ordinal
from tunelet.evaluation import (
    Conformal,
    RidgeSolver,
    cross_fitted_value_intervals,
    measure,
    rating_record,
    rating_scores,
    rating_sets,
    value_intervals,
    value_record,
    value_scores,
)


def test_the_reach_is_the_corrected_quantile_and_infinite_with_too_few_texts():
    scores = np.arange(1.0, 20.0)
    assert Conformal.of(scores, 0.95).reach == 19.0
    assert Conformal.of(scores[:-1], 0.95).reach == np.inf
    assert Conformal.of(np.arange(1.0, 100.0), 0.9).reach == 90.0
    assert Conformal.of(np.empty(0)).reach == np.inf


@pytest.mark.parametrize("n", [19, 40, 200])
def test_intervals_hold_95_of_100_new_numbers(n):
    held = []
    for seed in range(300):
        seen, new = numbers(n, seed=seed), numbers(40, seed=10_000 + seed)
        held.append(value_intervals(new, Conformal.of(value_scores(seen))).covered.mean())
    error = 3 * np.std(held) / 300**0.5
    expected = np.ceil((n + 1) * 0.95) / (n + 1)
    assert np.mean(held) == pytest.approx(expected, abs=error)


def test_errors_of_folds_give_intervals_that_hold_at_least_95_of_100_new_numbers_in_heavy_tails():
    held, n = [], 60
    for seed in range(200):
        rng = np.random.default_rng(seed)
        features = rng.normal(size=(n + 40, 8)).astype(np.float32)
        targets = features @ np.arange(8.0) + rng.standard_t(3, size=n + 40)
        out_of_fold, solver = np.empty((n, 1)), RidgeSolver()
        for fold in np.array_split(rng.permutation(n), 5):
            rest = np.setdiff1d(np.arange(n), fold)
            out_of_fold[fold] = solver.fit(features[rest], targets[rest], 1.0).logits(features[fold])
        conformal = Conformal.of(np.abs(out_of_fold[:, 0] - targets[:n]))
        answers = solver.fit(features[:n], targets[:n], 1.0).logits(features[n:])[:, 0]
        held.append((np.abs(answers - targets[n:]) <= conformal.reach).mean())
    error = 3 * np.std(held) / 200**0.5
    assert 0.95 - error <= np.mean(held) <= 0.985 + error


def test_sets_hold_95_of_100_new_ratings_and_are_neighbours_with_the_answer_among_them():
    held = []
    for seed in range(100):
        seen, new = ordinal(80, seed=seed), ordinal(40, seed=10_000 + seed)
        sets = rating_sets(new, Conformal.of(rating_scores(seen)))
        held.append(sets[np.arange(40), new.labels].mean())
        assert sets[np.arange(40), new.predicted].all()
        assert (np.abs(np.diff(sets.astype(int), axis=1, prepend=0, append=0)).sum(axis=1) == 2).all()
    assert np.mean(held) >= 0.95 - 3 * np.std(held) / 10


def test_cross_fitted_intervals_of_a_text_do_not_depend_on_its_own_error():
    predictions = numbers(60)
    one = cross_fitted_value_intervals(predictions)
    moved = predictions.targets.copy()
    moved[0] += 1000
    other = cross_fitted_value_intervals(type(predictions)(predictions.ids, moved, predictions.values))
    assert other.low[0] == one.low[0]
    assert other.high[0] == one.high[0]


def test_records_say_how_often_it_held_and_have_null_for_what_has_no_end():
    seen = numbers(200)
    record = value_record(Conformal.of(value_scores(seen)), numbers(100, seed=1), cross_fitted=False)
    assert record.held == pytest.approx(0.95, abs=0.08)
    assert record.size == pytest.approx(2 * record.reach)
    few = value_record(Conformal.of(value_scores(numbers(5))), numbers(5), cross_fitted=True)
    assert few.reach is few.size is None
    assert few.held == 1.0
    ratings = ordinal(200)
    sets = rating_record(Conformal.of(rating_scores(ratings)), ratings, cross_fitted=True)
    assert 1 <= sets.size <= 5
    assert sets.held == pytest.approx(0.95, abs=0.06)
    metrics = measure(value_intervals(numbers(100, seed=1), Conformal.of(value_scores(seen))), resamples=10)
    assert metrics.width_ci is None
    assert "width" in metrics.no_interval


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 7.0]), min_size=1, max_size=60), st.sampled_from([0.5, 0.8, 0.95]))
def test_at_least_the_share_asked_for_of_the_scores_themselves_lies_within_the_reach(scores, confidence):
    reach = Conformal.of(np.array(scores), confidence).reach
    assert np.mean(np.array(scores) <= reach) >= confidence - 1e-9
