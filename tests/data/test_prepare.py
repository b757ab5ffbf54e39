"""What is trained on never meets what is measured on, and data that cannot be trained on is refused."""

from collections import Counter
from typing import Any

import pytest

from tunelet._choice import Choice
from tunelet.data import Examples, Prepared, Reading, normalise, prepare, read
from tunelet.errors import DataError

Pairs = list[tuple[str, str]]


def pairs(count: int, start: int = 0) -> Pairs:
    return [(f"text {row}", "ab"[row % 2]) for row in range(start, start + count)]


def reading_of(**parts: Pairs) -> Reading:
    examples = {
        part: Examples(tuple(map(str, range(len(rows)))), tuple(t for t, _ in rows), tuple(label for _, label in rows))
        for part, rows in parts.items()
    }
    return Reading("source", "list", examples, Choice("text", ""), Choice("label", ""), {part: {} for part in parts})


def prepared(reading: Reading, test: Reading | None = None, **changes: Any) -> Prepared:
    settings: dict[str, Any] = {"limit": None, "balanced": False, "validation_size": 0.2, "drop_duplicates": True}
    return prepare(reading, test, **{**settings, "seed": 1, **changes})


def test_the_sample_is_prepared_with_its_own_test_part() -> None:
    result = prepared(read("sample"))
    assert result.label_names == ("negative", "positive")
    assert result.test is not None
    assert len(result.train) == 4 * len(result.validation)
    assert set(Counter(result.validation.labels).values()) == {len(result.validation) // 2}
    assert not result.dropped


def test_a_limit_halves_exactly_when_balanced() -> None:
    result = prepared(reading_of(train=pairs(3000)), limit=2000, balanced=True, validation_size=0.5)
    assert (len(result.train), len(result.validation)) == (1000, 1000)
    assert Counter(result.train.labels) == {"a": 500, "b": 500}
    assert any("2,000 of 3,000" in note for note in result.notes)


def test_repeats_are_dropped_once_and_contradictions_whole() -> None:
    train = [*pairs(20), ("TEXT  0", "a"), ("text 0", "a"), ("odd", "a"), ("Odd", "b")]
    result = prepared(reading_of(train=train))
    assert result.dropped == {"repeat of another row": 2, "same text with contradicting labels": 2}
    assert len(result.train) + len(result.validation) == 20


def test_copies_are_kept_when_asked_but_never_on_both_sides() -> None:
    result = prepared(reading_of(train=pairs(20) * 3), drop_duplicates=False, validation_size=0.5)
    assert not result.dropped
    assert not set(result.train.texts) & set(result.validation.texts)


@pytest.mark.parametrize("drop_duplicates", [True, False])
def test_what_is_measured_never_stays_in_training(drop_duplicates: bool) -> None:
    reading = reading_of(train=pairs(40), validation=pairs(10, 35), test=pairs(4, 44))
    test = reading_of(train=[(text.upper(), label) for text, label in pairs(6, 30)] + pairs(2, 40))
    result = prepared(reading, test, drop_duplicates=drop_duplicates)
    assert result.test is not None
    assert len(result.test) == 8  # the data given apart wins over the source's own part
    assert result.dropped == {
        "also in the test part": 6,
        "validation text also in the test part": 3,
        "also in the validation part": 4,
        "in the test part of the data, in whose place other test data is given": 4,
    }
    seen = [{normalise(text) for text in part.texts} for part in (result.train, result.validation, result.test)]
    assert [len(part) for part in seen] == [30, 7, 8]
    assert sum(map(len, seen)) == len(set.union(*seen))


def test_every_row_that_is_left_out_is_named_by_its_reason_and_its_number() -> None:
    train = [("text 0", "a"), ("", "a"), *pairs(20, 1), ("TEXT  0", "a"), ("odd", "a"), ("Odd", "b"), ("lone", "c")]
    reading = read(train)
    result = prepared(reading, read([("text 3", "b"), ("new", None), ("other", "c")]), min_texts=2)
    assert result.dropped_rows == {
        "empty text": (2,),
        "no label (test part)": (2,),
        "repeat of another row": (23,),
        "same text with contradicting labels": (24, 25),
        "also in the test part": (5,),
        "label with too few texts": (26,),
        "label with too few texts (test part)": (3,),
    }
    assert result.dropped == {reason: len(numbers) for reason, numbers in result.dropped_rows.items()}


def test_of_very_many_rows_the_first_thousand_are_named() -> None:
    result = prepared(reading_of(train=[*pairs(20), *[("text 0", "a")] * 1500]))
    (numbers,) = result.dropped_rows.values()
    assert result.dropped == {"repeat of another row": 1500}
    assert numbers == tuple(range(21, 1021))


def test_the_test_part_of_the_test_data_is_taken_where_there_is_one() -> None:
    result = prepared(reading_of(train=pairs(20)), reading_of(train=pairs(9, 50), test=pairs(4, 70)))
    assert result.test is not None
    assert result.test.texts[0] == "text 70"


def test_rows_dropped_in_reading_are_counted_with_their_part() -> None:
    result = prepared(read([*pairs(20), ("", "a")]), read([("new", "a"), ("newer", None)]))
    assert result.dropped == {"empty text": 1, "no label (test part)": 1}


def test_numeric_labels_are_ordered_by_number() -> None:
    train = [(f"text {row}", str(row % 11)) for row in range(44)]
    assert prepared(reading_of(train=train)).label_names == tuple(map(str, range(11)))


def test_the_same_seed_gives_the_same_parts_and_another_one_others() -> None:
    one, same, other = (prepared(reading_of(train=pairs(100)), limit=50, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.train != other.train


@pytest.mark.parametrize(
    ("parts", "test", "changes", "expected"),
    [
        ({"train": [("x", "a"), ("y", "a")]}, None, {}, "found one: 'a' in all 2 rows"),
        ({"train": [*pairs(6), ("z", "c")]}, None, {}, "found one of class 'c'"),
        ({"train": [*pairs(6), ("z", "c"), ("Z", "c")]}, None, {}, "found one of class 'c'"),
        (
            {"train": pairs(8)},
            [("z", "c")],
            {},
            "test part has labels that training never saw: 'c'; training has 'a', 'b'",
        ),
        (
            {"train": pairs(8), "validation": [("z", "c")]},
            None,
            {},
            "validation part has labels that training never saw",
        ),
        ({"train": pairs(8)}, pairs(8), {}, "all of them are also in the test part"),
        ({"train": pairs(8), "validation": pairs(2, 8)}, pairs(2, 8), {}, "no text is left in the validation part"),
        ({"train": pairs(8)}, None, {"limit": 1}, "a limit of 1 row is too few for 2 classes"),
        ({"train": pairs(8)}, None, {"limit": 2}, "found one of classes 'a', 'b'"),
    ],
)
def test_data_that_cannot_be_trained_on_ends_in_one_line(
    parts: dict[str, Pairs], test: Pairs | None, changes: dict[str, Any], expected: str
) -> None:
    with pytest.raises(DataError) as caught:
        prepared(reading_of(**parts), reading_of(train=test) if test else None, **changes)
    assert expected in str(caught.value)
    assert caught.value.hint


def test_texts_without_labels_cannot_be_prepared() -> None:
    with pytest.raises(DataError, match="the texts have no labels"):
        prepared(read(["a", "b"], labelled=False))


def test_a_near_copy_of_a_test_text_is_dropped_from_training_and_counted_apart() -> None:
    words = [f"word{row}" for row in range(40)]
    text = " ".join(words)
    leaks = [(f"<p>{text}!", "a"), (" ".join([*words[:-1], "changed"]), "b"), (text.upper(), "a")]
    train = [*pairs(20), *leaks]
    validation, test = [(text, "a"), *pairs(4, 100)], [(text, "a"), *pairs(2, 200)]
    result = prepared(reading_of(train=train, validation=validation, test=test))
    assert result.dropped == {
        "also in the test part": 1,
        "nearly the same as a text in the test part": 2,
        "validation text also in the test part": 1,
    }
    assert len(result.train) == 20
