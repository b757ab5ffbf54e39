"""All arms train on the same texts, and what is grouped by length is taken evenly."""

import numpy as np

from tunelet.bench.harness._lengths import imdb_lengths
from tunelet.bench.harness._phases import Phases, grouped, shuffled
from tunelet.bench.rivals._stock_training import _grouped_order

LENGTHS = imdb_lengths(3200, np.random.default_rng(0))


def total(batches: list[np.ndarray]) -> float:
    return float(np.mean([LENGTHS[rows].mean() for rows in batches]))


def test_an_arm_with_more_steps_begins_a_turn_with_the_same_batches():
    short = shuffled(LENGTHS, Phases(1, (2, 2), 16), chunk=2, seed=1)
    long = shuffled(LENGTHS, Phases(1, (8, 8), 16), chunk=2, seed=1)
    assert [len(phase) for phase in long] == [1, 8, 8]
    for one, other in zip(short, long, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other[: len(one)], strict=True))
    assert not np.array_equal(short[1][0], short[2][0])
    assert shuffled(LENGTHS, Phases(1, (2, 2), 16), chunk=2, seed=2)[1][0].tolist() != short[1][0].tolist()


def test_every_turn_has_the_mean_length_of_the_sample():
    for phase in shuffled(LENGTHS, Phases(1, (2, 2, 2), 16), chunk=2, seed=1)[1:]:
        assert abs(total(phase) / LENGTHS.mean() - 1) < 0.03


def test_grouped_batches_hold_like_lengths_and_their_turns_the_sample():
    order = _grouped_order(LENGTHS, 16, seed=1)
    phases = grouped(order, LENGTHS, Phases(3, (2, 2, 2), 16))
    assert [len(phase) for phase in phases] == [3, 2, 2, 2]
    spreads = [np.ptp(LENGTHS[rows]) for phase in phases for rows in phase]
    assert np.median(spreads) < 40
    for phase in phases[1:]:
        assert LENGTHS[phase[0]].mean() < LENGTHS[phase[1]].mean()
        assert abs(total(phase) / LENGTHS.mean() - 1) < 0.2  # lengths are skewed: a turn of extremes is longer
    assert abs(total([rows for phase in phases[1:] for rows in phase]) / LENGTHS.mean() - 1) < 0.06


def test_few_texts_make_whole_batches_too():
    phases = grouped([2, 0, 1], np.array([5, 6, 7]), Phases(1, (1,), 4))
    assert [rows.shape for phase in phases for rows in phase] == [(4,), (4,)]
