"""Several labels a text: they are recognised only where they are meant, written in one way, and split in proportion."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from several_labels import rows
from tunelet.data import Examples, FoldLimits, Prepared, label_space, prepare, read
from tunelet.errors import DataError

NAMES = ("anger", "joy", "love")
SPACE = label_space("multilabel", NAMES, ";")


def labelled(*labels: Any) -> list[dict[str, Any]]:
    return [{"text": f"text number {number}", "label": label} for number, label in enumerate(labels)]


def prepared(data: Any, test: Any = None, **changes: Any) -> Prepared:
    reading = read(data, label="feelings")
    given: dict[str, Any] = {"limit": None, "balanced": False, "validation_size": 0.25, "drop_duplicates": True}
    known = {"task": reading.labels.value.task, "separator": reading.labels.value.separator}
    return prepare(
        reading, None if test is None else read(test, label="feelings", **known), **{**given, "seed": 1, **changes}
    )


@pytest.mark.parametrize("separator", [";", "|", ",", ", "])
def test_a_separator_between_names_that_recur_is_recognised_and_named(separator: str) -> None:
    reading = read(rows(60, 1, separator), label="feelings")
    assert reading.labels.value.task == "multilabel"
    assert reading.labels.value.separator == separator.strip()
    assert any(repr(separator.strip()) in note and "data.task=multiclass" in note for note in reading.notes)


@pytest.mark.parametrize(
    "labels",
    [
        ["Smith, John", "Miller, Anna", "Smith, John", "Miller, Anna"],
        ["3,5", "4,5", "3,4", "4,3", "3,5", "4,5"],
        ["Books|Fiction", "Books|History", "Music|Rock", "Music|Jazz"] * 3,
        ["rock, pop", "jazz"] * 5,
        ["yes", "no"] * 5,
    ],
)
def test_what_only_looks_like_several_labels_stays_one(labels: list[str]) -> None:
    assert read(labelled(*labels)).labels.value.task == "multiclass"


def test_lists_are_several_labels_in_any_order_and_count() -> None:
    reading = read(labelled(["joy", "love"], ["love", "joy", "joy"], [], ["anger"], None))
    assert reading.splits["train"].labels == ("joy;love", "joy;love", "", "anger")
    assert reading.dropped["train"] == {"no label": 1}
    assert any("none of them" in note for note in reading.notes)


def test_a_separator_within_a_name_of_a_list_is_not_taken() -> None:
    reading = read(labelled(["a;b", "c"], ["c"], ["a;b"]))
    space = reading.labels.value
    assert space.separator not in "a;bc"
    assert [space.parts(label) for label in reading.splits["train"].labels] == [("a;b", "c"), ("c",), ("a;b",)]


def test_the_shape_can_be_asked_for() -> None:
    pairs = labelled("joy;love", "joy", "love", "joy;love")
    assert read(pairs, task="multiclass").splits["train"].labels == ("joy;love", "joy", "love", "joy;love")
    named = read(labelled("a/b", "b", "a"), task="multilabel", separator="/")
    assert named.labels.value.with_names(named.splits["train"].labels).names == ("a", "b")
    with pytest.raises(DataError, match="multilabel") as raised:
        read(labelled("a", "b", "a", "b"), task="multilabel")
    assert "label_separator" in raised.value.hint


def test_a_file_and_its_other_parts_are_read_alike(tmp_path: Path) -> None:
    for part, n in (("train", 40), ("test", 3)):
        lines = [f"{row['text']}\t{row['feelings']}" for row in rows(n, n)]
        (tmp_path / f"{part}.tsv").write_text("\n".join(["text\tfeelings", *lines]) + "\n")
    result = prepare(read(tmp_path), limit=None, balanced=False, validation_size=0.25, drop_duplicates=True, seed=1)
    assert result.space == SPACE
    assert result.test is not None
    assert result.space.encode(result.test, "test").shape == (3, 3)


@given(st.lists(st.sets(st.sampled_from(NAMES)), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_labels_as_numbers_and_back_are_the_same(sets: list[set[str]]) -> None:
    labels = tuple(SPACE.of_parts(names) for names in sets)
    ids = tuple(map(str, range(len(sets))))
    encoded = SPACE.encode(Examples(ids, ids, labels), "the data")
    assert encoded.dtype == np.bool_
    assert SPACE.decode(encoded) == list(labels)
    assert [set(SPACE.parts(label)) for label in labels] == sets


def test_a_label_that_was_not_trained_on_is_named() -> None:
    with pytest.raises(DataError, match="'fear' was not among the labels"):
        SPACE.encode(Examples(("0",), ("text",), ("fear;joy",)), "other data")
    with pytest.raises(DataError, match="never saw: 'fear'"):
        prepared(rows(40, 1), [{"text": "a dark cellar", "feelings": "fear;joy"}])


def test_every_label_is_on_both_sides_of_a_split_and_in_proportion() -> None:
    result = prepared(rows(200, 3), validation_size=0.2)
    assert not set(result.train.texts) & set(result.validation.texts)
    train, validation = (Counter(result.space.held(part.labels)) for part in (result.train, result.validation))
    for name in NAMES:
        assert 0.1 < validation[name] / (train[name] + validation[name]) < 0.3


def test_folds_hold_every_text_once_and_labels_in_proportion() -> None:
    result = prepared(rows(100, 4), folds=FoldLimits(5, 2_000, None, 64))
    held = np.sort(np.concatenate(result.folds))
    assert held.tolist() == list(range(100))
    encoded = result.space.encode(result.train, "train")
    for fold in result.folds:
        assert np.abs(encoded[fold].mean(axis=0) - encoded.mean(axis=0)).max() < 0.2


def test_a_rare_label_goes_and_texts_that_have_others_stay() -> None:
    data = [*rows(40, 5), {"text": "a riddle", "feelings": "joy;rare"}, {"text": "an enigma", "feelings": "rare"}]
    result = prepared(data, min_texts=3)
    assert result.left_out == ("rare",)
    assert result.label_names == NAMES
    texts = {*result.train.texts, *result.validation.texts}
    assert "a riddle" in texts
    assert "an enigma" not in texts
    assert result.dropped["label with too few texts"] == 1


def test_labels_that_look_alike_are_joined_within_combinations() -> None:
    data = [*rows(40, 6), {"text": "late", "feelings": "Joy;love"}, {"text": "early", "feelings": "Joy"}]
    result = prepared(data, join_labels=True)
    assert result.label_names == NAMES
    assert prepared(data).label_names == ("Joy", *NAMES)
