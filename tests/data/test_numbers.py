"""Plain numbers as labels: one way of writing each, no names, and splits in proportion to their size."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from several_labels import priced
from tunelet.data import PLAIN, Examples, Unit, label_space, prepare, read
from tunelet.errors import DataError

SPACE = label_space("regression")


def labelled(*labels: Any) -> list[dict[str, Any]]:
    return [{"text": f"text number {number}", "label": label} for number, label in enumerate(labels)]


def test_a_number_is_written_in_one_way_whatever_it_was() -> None:
    reading = read(labelled(3, 3.0, "3.50", "1e3", -2, None, "n/a"), task="regression")
    assert reading.splits["train"].labels == ("3", "3", "3.5", "1000", "-2")
    assert reading.dropped["train"] == {"no label": 2}


@pytest.mark.parametrize("word", ["dear", "inf", "1e40"])
def test_what_is_no_number_is_named(word: str) -> None:
    with pytest.raises(DataError, match=word) as raised:
        read(labelled(1, 2, word), task="regression")
    assert "missing_labels" in raised.value.hint
    with pytest.raises(DataError, match="3,5") as raised:
        read(labelled("1,5", "3,5"), task="regression")
    assert "point" in raised.value.hint


def test_words_can_be_given_numbers() -> None:
    reading = read(labelled("low", "high", "low"), task="regression", label_names={"low": "1", "high": "9.5"})
    assert reading.splits["train"].labels == ("1", "9.5", "1")


def test_measurements_are_proposed_as_numbers_and_not_taken_unasked() -> None:
    with pytest.raises(DataError, match="expected classes") as raised:
        read(priced(120, 1), label="price")
    assert "regression" in raised.value.hint


def test_numbers_are_split_in_proportion_and_have_no_names() -> None:
    reading = read(priced(300, 1), label="price", task="regression")
    result = prepare(reading, limit=200, balanced=False, validation_size=0.25, drop_duplicates=True, seed=1)
    assert result.label_names == ()
    train, validation = (result.space.encode(part, "it") for part in (result.train, result.validation))
    assert (len(train), len(validation)) == (150, 50)
    assert abs(train.mean() - validation.mean()) < 0.15 * train.std()
    with pytest.raises(DataError, match="different numbers"):
        prepare(
            read(labelled(3, 3, 3), task="regression"), limit=None, balanced=False, validation_size=0.3,
            drop_duplicates=True, seed=1,
        )  # fmt: skip


@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=30))
def test_numbers_and_back_are_the_same_and_strata_keep_equal_ones_together(numbers: list[float]) -> None:
    written = tuple(SPACE.decode(np.array(numbers)))
    ids = tuple(map(str, range(len(numbers))))
    encoded = SPACE.encode(Examples(ids, ids, written), "the data")
    assert encoded.tolist() == numbers
    pairs = set(zip(written, SPACE.strata(written), strict=True))
    assert len(pairs) == len(set(written))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_a_unit_brings_numbers_to_mean_0_and_deviation_1_and_back(numbers: list[float]) -> None:
    given_numbers = np.array(numbers)
    unit = Unit.of(given_numbers)
    outputs = unit.outputs(given_numbers)
    assert abs(outputs.mean()) < 1e-3
    np.testing.assert_allclose(unit.numbers(outputs), given_numbers, atol=1e-6)
    labels = np.array([0, 1])
    assert PLAIN.outputs(labels) is labels
