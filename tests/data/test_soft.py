"""Soft labels are recognised in the forms that people have them in, and a text counts as one of its likeliest label."""

from typing import Any

import numpy as np
import pytest

from tunelet.data import Prepared, prepare, read
from tunelet.errors import DataError


def prepared(reading: Any, **changes: Any) -> Prepared:
    given: dict[str, Any] = {"limit": None, "balanced": False, "validation_size": 0.25, "drop_duplicates": True}
    return prepare(reading, **{**given, "seed": 1, **changes})


LISTS = [[0.3, 0.7], [0.8, 0.2], [0.4, 0.6], [0.9, 0.1]]
SHARES = [{"joy": joy, "anger": anger} for anger, joy in LISTS]
LABELS = ("joy", "anger", "joy", "anger")


def rows(values: Any) -> list[dict[str, Any]]:
    return [{"text": f"text number {number}", "label": value} for number, value in enumerate(values)]


@pytest.mark.parametrize(
    "values", [SHARES, [str(row) for row in SHARES], [str(row).replace("'", '"') for row in SHARES]]
)
def test_mappings_of_numbers_are_read_also_where_they_are_written_as_text(values: list[Any]) -> None:
    reading = read(rows(values))
    assert reading.splits["train"].labels == LABELS
    result = prepared(reading)
    assert result.space.task == "multiclass"
    assert result.label_names == ("anger", "joy")
    targets = result.space.targets(reading.splits["train"])
    assert targets is not None
    np.testing.assert_allclose(targets, LISTS, rtol=1e-6)


@pytest.mark.parametrize("prefix", ["p_", "probability_"])
def test_columns_of_one_pattern_are_recognised_and_can_be_named(prefix: str) -> None:
    data = [
        {"text": f"text number {number}", **{f"{prefix}{name}": share for name, share in row.items()}}
        for number, row in enumerate(SHARES)
    ]
    for reading in (read(data), read(data, label=f"{prefix}*")):
        assert reading.label_column is not None
        assert reading.label_column.value == f"{prefix}*"
        assert reading.splits["train"].labels == LABELS
        np.testing.assert_allclose(prepared(reading).space.targets(reading.splits["train"]), LISTS, rtol=1e-6)
    labelled = [row | {"label": name} for row, name in zip(data, ("a", "b", "a", "b"), strict=True)]
    assert read(labelled).splits["train"].labels == ("a", "b", "a", "b")  # a column of labels goes first


def test_lists_that_sum_to_1_have_their_places_as_labels_which_can_be_named() -> None:
    reading = read(rows(LISTS), label_names={"0": "anger", "1": "joy"})
    assert reading.splits["train"].labels == LABELS
    assert read(rows([[1, 0], [0, 1], [1, 1], [0, 1]])).labels.value.task == "multilabel"


def test_votes_are_divided_by_their_sum_and_that_is_said() -> None:
    reading = read(rows([{"a": 3, "b": 1}, {"a": 0, "b": 2}, {"a": 5}, {"b": 5}, {"a": 0}]))
    assert reading.splits["train"].shares[:2] == ({"a": 0.75, "b": 0.25}, {"a": 0.0, "b": 1.0})
    assert reading.dropped["train"] == {"no label": 1}
    assert any("do not sum to 1" in note for note in reading.notes)


def test_what_is_no_probability_is_named_with_its_row() -> None:
    with pytest.raises(DataError, match="row 1,002"):
        read(rows([*[{"a": 0.5, "b": 0.5}] * 1001, {"a": -1.0, "b": 2.0}]))


def test_labels_that_are_joined_or_left_out_take_their_probability_along() -> None:
    rare = {"joy": 0.3, "anger": 0.2, "fear": 0.5}
    spelt = [{"Joy": 0.7, "anger": 0.3}, {"joy": 0.7, "anger": 0.3}, *SHARES, rare]
    joined = prepared(read(rows(spelt)), join_labels=True, min_texts=2)
    assert joined.label_names == ("anger", "joy")
    assert joined.left_out == ("fear",)
    targets = joined.space.targets(joined.train)
    assert targets is not None
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    "values",
    [
        ["['joy', 'love']", "['joy']", "[]", "['love']"],
        ['["joy", "love"]', '["joy"]', "[]", '["love"]'],
        ["['joy' 'love']", "['joy']", "[]", "['love']"],
        ["[joy, love]", "[joy]", "[]", "[love]"],
    ],
)
def test_lists_written_as_text_are_several_labels(values: list[str]) -> None:
    reading = read(rows(values))
    assert reading.labels.value.task == "multilabel"
    assert [set(reading.labels.value.parts(label)) for label in reading.splits["train"].labels] == [
        {"joy", "love"}, {"joy"}, set(), {"love"},
    ]  # fmt: skip
    assert any("text in column 'label'" in note for note in reading.notes)


def test_brackets_around_some_labels_alone_are_part_of_their_names() -> None:
    reading = read(rows(["[joy]", "anger", "[joy]", "anger"]))
    assert reading.splits["train"].labels == ("[joy]", "anger", "[joy]", "anger")
