"""Properties of the split and the sample, on random labels with random copies."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunelet.data import Examples, normalise, sample_rows, split
from tunelet.errors import DataError


def examples_of(texts: list[str], labels: list[str]) -> Examples:
    return Examples(tuple(map(str, range(len(texts)))), tuple(texts), tuple(labels))


def distinct(*counts: int) -> Examples:
    """Texts without copies: so many of class 0, of class 1, ..."""
    labels = [str(label) for label, count in enumerate(counts) for _ in range(count)]
    return examples_of([f"text {row}" for row in range(len(labels))], labels)


rows_with_copies = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from("abc"), st.booleans()), min_size=2, max_size=80
)
shares = st.floats(0.05, 0.95)
seeds = st.integers(0, 2**32 - 1)


@settings(deadline=None)
@given(rows_with_copies, shares, seeds)
def test_no_two_copies_are_on_both_sides_and_no_row_is_lost(
    rows: list[tuple[int, str, bool]], share: float, seed: int
) -> None:
    texts = [f"TEXT  {number}" if shout else f" text {number}" for number, _, shout in rows]
    examples = examples_of(texts, [label for _, label, _ in rows])
    train, validation = split(examples, validation_size=share, seed=seed)
    assert sorted([*train, *validation]) == list(range(len(rows)))
    assert not {normalise(texts[row]) for row in train} & {normalise(texts[row]) for row in validation}
    again = split(examples, validation_size=share, seed=seed)
    np.testing.assert_array_equal(again[0], train)
    np.testing.assert_array_equal(again[1], validation)


@settings(deadline=None)
@given(st.lists(st.integers(2, 60), min_size=1, max_size=5), shares, seeds)
def test_without_copies_the_sizes_are_exact_and_each_class_is_on_both_sides(
    counts: list[int], share: float, seed: int
) -> None:
    examples = distinct(*counts)
    train, validation = split(examples, validation_size=share, seed=seed)
    n, classes = len(examples), len(counts)
    assert len(validation) == min(max(round(share * n), classes), n - classes)
    kept, held_out = Counter(examples.take(train).labels), Counter(examples.take(validation).labels)
    for label, count in enumerate(counts):
        assert kept[str(label)] >= 1
        assert held_out[str(label)] >= 1
        if share * min(counts) >= 1 and (1 - share) * min(counts) >= 1:
            assert abs(held_out[str(label)] - share * count) <= 1.5  # one for the share, half for the total's rounding


def test_two_thousand_reviews_are_halved_exactly() -> None:
    examples = distinct(1000, 1000)
    train, validation = split(examples, validation_size=0.5, seed=3)
    assert (len(train), len(validation)) == (1000, 1000)
    assert Counter(examples.take(validation).labels) == {"0": 500, "1": 500}


def test_another_seed_gives_another_split() -> None:
    examples = distinct(50, 50)
    one, other = (split(examples, validation_size=0.5, seed=seed)[1] for seed in (1, 2))
    assert set(one) != set(other)


@pytest.mark.parametrize("share", [0.0, 1.0, -1, 7])
def test_a_validation_size_that_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(DataError, match="between 0 and 1"):
        split(distinct(5, 5), validation_size=share, seed=0)


@settings(deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), st.integers(5, 200), st.booleans(), seeds)
def test_a_sample_is_as_large_as_it_can_be_and_keeps_its_promise(
    counts: list[int], limit: int, balanced: bool, seed: int
) -> None:
    examples = distinct(*counts)
    rows = sample_rows(examples, limit=limit, balanced=balanced, seed=seed)
    found = Counter(examples.take(rows).labels)
    assert sorted(set(rows.tolist())) == rows.tolist()
    if balanced:
        each = min(limit // len(counts), *counts)
        assert set(found.values()) == {each}
        assert len(found) == len(counts)
    else:
        assert len(rows) == min(limit, len(examples))
        assert len(found) == len(counts)
    np.testing.assert_array_equal(rows, sample_rows(examples, limit=limit, balanced=balanced, seed=seed))


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_a_smaller_balanced_sample_lies_within_a_larger_one(seed: int) -> None:
    examples = distinct(40, 60)
    small, large = (set(sample_rows(examples, limit=limit, balanced=True, seed=seed).tolist()) for limit in (20, 60))
    assert small < large


def test_a_limit_below_the_number_of_classes_is_refused() -> None:
    with pytest.raises(DataError, match="too few for 3 classes; raise it: limit=30"):
        sample_rows(distinct(5, 5, 5), limit=2, balanced=False, seed=0)
