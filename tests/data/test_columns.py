"""Columns are recognised by name, then by shape; nothing is guessed between equals."""

import subprocess

import pandas as pd
import pytest

from tunelet.cli import line_of, shell_word
from tunelet.data import read
from tunelet.data._shape import shape_of
from tunelet.errors import DataError

LONG = [f"It was evening number {number} when the story began at last" for number in range(20)]
OTHER = [f"Nobody in hall {number} wanted to leave before the end" for number in range(20)]
FEW = ["good", "bad"] * 10
STAMPS = [f"2024/01/{number + 1:02} 9:03:11 AM GMT+1" for number in range(20)]


def choose(columns: dict[str, list[object]], **names: str) -> tuple[str, str, str]:
    reading = read(pd.DataFrame(columns), **names)  # type: ignore[arg-type]
    assert reading.label_column
    return reading.text_column.value, reading.label_column.value, reading.label_column.reason


@pytest.mark.parametrize(
    ("columns", "text", "label"),
    [
        ({"review": LONG, "sentiment": FEW}, "review", "sentiment"),
        ({"id": range(20), "rating": [1, 2] * 10, "label": FEW, "text": LONG}, "text", "label"),
        ({"Review Text": LONG, "Title": OTHER, "Rating": FEW, "Clothing ID": range(20)}, "Review Text", "Rating"),
        ({"reviewText": LONG, "overall_class": FEW, "review_id": OTHER}, "reviewText", "overall_class"),
        ({"title": OTHER, "content": LONG, "label": FEW}, "content", "label"),
        ({"text": LONG, "label": FEW, "label_text": FEW}, "text", "label"),
        ({"TEXT": LONG, "Y": FEW}, "TEXT", "Y"),
        ({"text": LONG, "text_length": range(20), "category": FEW}, "text", "category"),
        ({"v1": FEW, "v2": LONG, "Unnamed: 2": [None] * 20}, "v2", "v1"),
        ({"id": FEW, "text": LONG, "flag": FEW}, "text", "flag"),
        ({"text": LONG, "anything": [f"kind {number // 2}" for number in range(20)]}, "text", "anything"),
        (
            {"Timestamp": STAMPS, "How was your visit?": LONG, "And was it good?": FEW},
            "How was your visit?",
            "And was it good?",
        ),
        ({"Datum": ["05.01.2024", "6.1.2024"] * 10, "Kommentar": LONG, "Note": FEW}, "Kommentar", "Note"),
        ({"when": pd.to_datetime(["2024-01-05", "2024-01-06"] * 10), "a": LONG, "b": FEW}, "a", "b"),
        ({"view": ["choice"] * 20, "config": [{"a": 1, "b": 2}] * 20, "text": LONG, "accept": FEW}, "text", "accept"),
    ],
)
def test_columns_are_found(columns: dict[str, list[object]], text: str, label: str) -> None:
    assert choose(columns)[:2] == (text, label)


@pytest.mark.parametrize(
    "moment",
    [
        "2024-01-05",
        "05/01/24",
        "2024-01-05T10:00:00.123Z",
        "Mon Apr 06 22:19:45 PDT 2009",
        "5 Jan 2024",
        "10:30",
        "Jan 5, 2024",
    ],
)
def test_dates_and_times_are_neither_texts_nor_labels(moment: str) -> None:
    shape = shape_of([moment] * 4)
    assert (shape.like_text, shape.like_label) == (False, False)


@pytest.mark.parametrize("label", ["2024", "1.2.3", "May", "Monday", "3-4", "24/7"])
def test_names_of_classes_are_no_dates(label: str) -> None:
    assert shape_of([label] * 4).like_label


def test_texts_within_a_nested_column_are_said_to_lie_there() -> None:
    with pytest.raises(DataError, match="'data', write them into a column of their own") as caught:
        choose({"id": range(20), "data": [{"text": text} for text in LONG]})
    assert "text='id'" not in str(caught.value)


def test_what_shape_decides_says_so() -> None:
    reading = read(pd.DataFrame({"a": FEW, "b": LONG}))
    assert "long and varied" in reading.text_column.reason
    assert reading.label_column
    assert "few distinct values (2)" in reading.label_column.reason


def test_columns_named_by_the_user_win_and_case_may_differ() -> None:
    columns = {"text": LONG, "other": OTHER, "label": FEW, "Tone": FEW}
    assert choose(columns, text="OTHER", label="tone") == ("other", "Tone", "named with --label")


@pytest.mark.parametrize(
    ("columns", "names", "expected"),
    [
        (
            {"text": LONG, "label": FEW},
            {"text": "txet"},
            ["the texts, found 'text', 'label'", "did you mean --text text?"],
        ),
        ({"text": LONG, "label": FEW}, {"label": "zzz"}, ["'zzz' for the labels", "--label COL"]),
        (
            {"text": LONG, "label": FEW},
            {"text": "label", "label": "label"},
            ["for the texts and for the labels", "--text COL and --label COL"],
        ),
        ({"review": LONG, "comment": OTHER, "label": FEW}, {}, ["'review', 'comment'", "--text review"]),
        ({"a": LONG, "b": OTHER, "label": FEW}, {}, ["'a', 'b'", "--text a"]),
        ({"text": LONG, "label": FEW, "category": FEW}, {}, ["'label', 'category'", "--label label"]),
        ({"text": LONG, "a b": FEW, "c": FEW}, {}, ["'a b', 'c'", '--label "a b"']),
        ({"text": LONG}, {}, ["column of labels", "--label COL"]),
        ({"text": LONG, "id": FEW}, {}, ["column of labels", "--label COL"]),
        ({"n": range(20), "label": FEW}, {}, ["column of texts", "--text"]),
        ({"text": [" "] * 20, "label": FEW}, {}, ["all 20 texts in column 'text'", "--text COL"]),
        ({"text": LONG, "label": [None] * 20}, {}, ["both a text", "--label COL"]),
        ({"text": LONG, "label": range(20)}, {}, ["20 distinct numbers in 20 rows", "--label COL"]),
        ({"text": LONG * 6, "label": [n % 60 for n in range(120)]}, {}, ["60 distinct numbers", "--label COL"]),
        ({"text": LONG, "score": [n / 7 for n in range(20)]}, {}, ["20 distinct numbers", "--label COL"]),
        ({"text": LONG * 3, "label": [f"kind {n}" for n in range(60)]}, {}, ["60 distinct values", "--label COL"]),
        ({"text": LONG, "label": [["a", ["b", "c"]]] * 20}, {}, ["a label is a list"]),
        ({"text": [["a"]] * 20, "label": FEW}, {"text": "text"}, ["holds a list", "--text COL"]),
    ],
)
def test_what_cannot_be_decided_names_the_flag(
    columns: dict[str, list[object]], names: dict[str, str], expected: list[str]
) -> None:
    with pytest.raises(DataError) as caught:
        read(pd.DataFrame(columns), **names)  # type: ignore[arg-type]
    for part in expected:
        assert part in line_of(caught.value)


def test_an_id_column_is_kept_only_when_it_identifies() -> None:
    labels, texts = FEW[:4], LONG[:4]
    assert read(pd.DataFrame({"id": [7, 8, 9, 10], "text": texts, "label": labels})).splits["train"].ids[0] == "7"
    assert read(pd.DataFrame({"id": [7, 8, 7, 10], "text": texts, "label": labels})).splits["train"].ids[0] == "0"


def test_row_numbers_stay_those_of_the_source_when_rows_are_dropped() -> None:
    reading = read([("a", "x"), ("  ", "y"), ("c", None), ("d", "y")])
    assert reading.splits["train"].ids == ("0", "3")
    assert reading.dropped == {"train": {"empty text": 1, "no label": 1}}


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([1.0, 0.0, float("nan")], ("1", "0")),
        (["1.0", "0.0", ""], ("1", "0")),
        ([True, False, None], ("true", "false")),
        (["True", "False", "nan"], ("true", "false")),
        ([" good ", "bad", " "], ("good", "bad")),
        ([1, 0, None], ("1", "0")),
        (["1.5", "2.0", None], ("1.5", "2")),
    ],
)
def test_label_values_get_the_same_names_from_every_type(values: list[object], names: tuple[str, ...]) -> None:
    assert read([("a", values[0]), ("b", values[1]), ("c", values[2])]).splits["train"].labels == names


def test_label_names_rename_only_values_that_occur() -> None:
    reading = read([("a", 0), ("b", 1), ("c", 2)], label_names={"0": "negative", "1": "positive", "9": "none"})
    assert reading.splits["train"].labels == ("negative", "positive", "2")


def test_an_error_names_a_dozen_of_many_columns() -> None:
    columns: dict[str, list[object]] = {f"column {number} {'x' * 200}": list(LONG) for number in range(500)}
    for names in ({}, {"text": "none"}, {"text": "column"}):
        with pytest.raises(DataError, match="and 488 more") as caught:
            read(pd.DataFrame(columns), labelled=False, **names)  # type: ignore[arg-type]
        assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("name", ["plain", "two words", 'what is "it"?', "cost in $HOME", "a `b`", "it's", "what!"])
def test_a_name_in_a_hint_can_be_typed_as_it_stands(name: str) -> None:
    typed = subprocess.run(
        ["/bin/sh", "-c", f"printf %s {shell_word(name)}"], capture_output=True, text=True, check=True
    )
    assert typed.stdout == name


def test_a_column_of_numbers_with_the_name_of_texts_is_offered() -> None:
    with pytest.raises(DataError, match="text='text'"):
        choose({"text": range(20), "label": FEW})
