"""Properties of folds, on random labels with random copies."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunelet.data import Examples, deal, folds, normalise
from tunelet.errors import DataError

seeds = st.integers(0, 2**32 - 1)
counts = st.integers(2, 10)


def examples_of(texts: list[str], labels: list[str]) -> Examples:
    return Examples(tuple(map(str, range(len(texts)))), tuple(texts), tuple(labels))


def distinct(*sizes: int) -> Examples:
    labels = [f"class {label}" for label, size in enumerate(sizes) for _ in range(size)]
    return examples_of([f"text {row}" for row in range(len(labels))], labels)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=80), counts, seeds)
def test_every_row_is_held_out_once_copies_together_and_no_class_of_two_texts_vanishes_from_training(
    rows: list[tuple[int, bool]], count: int, seed: int
) -> None:
    texts = [f"TEXT  {number}" if shout else f" text {number}" for number, shout in rows] + ["one more"]
    labels = [f"class {number % 4}" for number, _ in rows] + ["class 0"]
    examples = examples_of(texts, labels)
    found = folds(examples, count=count, seed=seed)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(texts)))
    assert len(found) == min(count, len({normalise(text) for text in texts}))
    assert all(len(rows) for rows in found)
    of_class = Counter(
        label for _, label in {(normalise(text), label) for text, label in zip(texts, labels, strict=True)}
    )
    for held_out in found:
        rest = np.setdiff1d(np.arange(len(texts)), held_out)
        inside, outside = examples.take(held_out), examples.take(rest)
        assert not set(map(normalise, inside.texts)) & set(map(normalise, outside.texts))
        assert {label for label, size in of_class.items() if size >= 2} <= set(outside.labels)
    for one, again in zip(found, folds(examples, count=count, seed=seed), strict=True):
        np.testing.assert_array_equal(one, again)


@settings(deadline=None)
@given(st.lists(st.integers(1, 60), min_size=2, max_size=6), counts, seeds)
def test_without_copies_folds_are_of_one_size_and_every_class_is_spread_evenly(
    sizes: list[int], count: int, seed: int
) -> None:
    examples = distinct(*sizes)
    found = folds(examples, count=count, seed=seed)
    lengths = [len(rows) for rows in found]
    assert max(lengths) - min(lengths) <= 1
    for label in set(examples.labels):
        held = [examples.take(rows).labels.count(label) for rows in found]
        assert max(held) - min(held) <= 1


def test_two_texts_of_which_copies_contradict_each_other_are_not_held_out_together() -> None:
    examples = examples_of(["one", "one", "two", "two", *map(str, range(40))], ["a", "b", "a", "b", *["a"] * 40])
    for seed in range(20):
        for rows in folds(examples, count=3, seed=seed):
            rest = np.setdiff1d(np.arange(len(examples)), rows)
            assert "b" in examples.take(rest).labels


def test_a_large_group_of_copies_does_not_make_one_fold_large_beyond_need() -> None:
    examples = examples_of(["same"] * 20 + [f"text {row}" for row in range(80)], ["a"] * 100)
    assert {len(rows) for rows in folds(examples, count=5, seed=1)} == {20}


def test_another_seed_gives_other_folds() -> None:
    examples = distinct(50, 50)
    one, other = (folds(examples, count=5, seed=seed)[0] for seed in (1, 2))
    assert set(one) != set(other)


def test_rows_that_are_grouped_by_something_else_stay_together() -> None:
    labels = np.array([0, 1, 0, 1, 0, 1, 0, 1])
    found = deal([[0, 5], [1, 2], [3, 4], [6, 7]], labels, count=2, seed=0)
    assert all({row in rows for row in pair} != {True, False} for rows in map(set, found) for pair in ((0, 5), (1, 2)))


@pytest.mark.parametrize(("texts", "count"), [(["one", " ONE"], 2), (["one", "two"], 1), (["one", "two"], 0)])
def test_folds_of_less_than_two_texts_or_less_than_two_folds_are_refused(texts: list[str], count: int) -> None:
    with pytest.raises(DataError, match="at least 2 of each"):
        folds(examples_of(texts, ["a"] * len(texts)), count=count, seed=0)
