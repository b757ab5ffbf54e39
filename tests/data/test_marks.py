"""Columns for the split: what is a time, a group and the name of a part, and how a cell that is none is refused."""

import datetime
from typing import Any

import numpy as np
import pytest

from tunelet.data import Examples, Reading, read
from tunelet.errors import DataError

DAY = 86_400.0


def reading_of(values: list[Any], column: str, **named: Any) -> Reading:
    rows = [{"text": f"some text {at}", "label": "ab"[at % 2], column: value} for at, value in enumerate(values)]
    return read(rows, text="text", label="label", **named)


def train(values: list[Any], column: str, **named: Any) -> Examples:
    return reading_of(values, column, **named).splits["train"]


@pytest.mark.parametrize(
    "values",
    [
        ["1970-01-02", "1970-01-03T12:00", "1970-01-02 00:00:00+00:00", "1970-01-02T02:00:00+0200"],
        ["1970/1/2", "1970/1/3 12:00", "1970.01.02", "1970-01-02 00:00 UTC"],
        ["19700102T000000Z", "1970-01-03t12:00:00z", "1970-01-02 01:00 +01:00", " 1970-01-02 "],
        [
            datetime.date(1970, 1, 2),
            datetime.datetime(1970, 1, 3, 12),
            datetime.datetime(1970, 1, 2, tzinfo=datetime.UTC),
            np.datetime64("1970-01-02"),
        ],
        ["86400", "216000.0", "8.64e4", 86400],
    ],
)
def test_dates_timestamps_numbers_and_text_of_iso_8601_are_times(values: list[Any]) -> None:
    assert train(values, "day", time="day").times == (DAY, 2.5 * DAY, DAY, DAY)


def test_a_month_is_its_first_day():
    assert train(["1970-01", "1970-02"], "day", time="day").times == (0.0, 31 * DAY)


def test_what_is_no_time_is_refused_with_the_numbers_of_its_rows(tmp_path):
    path = tmp_path / "a.csv"
    days = ["2024-05-01", "", "03/04/2024", "yesterday", *["soon"] * 6, "2024-05-02"]
    path.write_text("text,label,day\n" + "".join(f"text {at},{'ab'[at % 2]},{day}\n" for at, day in enumerate(days)))
    with pytest.raises(DataError, match=r"'day' holds no date and no number in rows 4, 5, 6, 7, 8 and 3 more: '03/04"):
        read(path, time="day")


def test_dates_and_numbers_are_not_compared():
    with pytest.raises(DataError, match="dates and numbers: numbers in row 3"):
        train(["2024-05-01", "2024-05-02", "2024"], "day", time="day")


def test_rows_without_a_time_are_dropped_counted_and_named():
    reading = reading_of(["2024-05-01", None, "NULL", "2024-05-02", float("nan")], "day", time="day")
    assert len(reading.splits["train"]) == 2
    assert reading.dropped == {"train": {"no time": 3}}
    assert reading.dropped_rows == {"train": {"no time": (2, 3, 5)}}


def test_a_group_is_one_however_its_number_is_written():
    assert train([1, 1.0, "1", " 1 ", None, "N/A"], "user", group="user").groups == ("1", "1", "1", "1", "", "")


def test_a_group_of_several_values_is_refused_with_its_row():
    with pytest.raises(DataError, match=r"holds a list \(row 2\)"):
        train(["ann", ["bob", "cy"]], "author", group="author")


def test_a_value_that_names_no_part_is_refused_and_listed():
    with pytest.raises(DataError, match=r"'holdout', '\(empty\)' in 3 rows, expected train, validation"):
        reading_of(["train", "holdout", "test", None, "holdout"], "part", split="part")


def test_a_column_of_parts_needs_training_rows():
    with pytest.raises(DataError, match="no row has train in column 'part', found validation, test"):
        reading_of(["dev", "test", "dev"], "part", split="part")


def test_a_folder_with_parts_takes_no_column_of_parts(tmp_path):
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv").write_text("text,label,part\nsome text,a,train\nanother,b,test\n")
    with pytest.raises(DataError, match="has parts of its own"):
        read(tmp_path, split="part")


def test_a_column_that_could_name_parts_is_noted_where_it_is_not_used():
    notes = reading_of(["train", "test", "train"], "split").notes
    assert any("--split split" in note for note in notes)
    assert not reading_of(["north", "south", "north"], "part").notes


@pytest.mark.parametrize("role", ["group", "time", "split"])
def test_a_column_that_is_not_there_is_named_with_the_nearest(role: str) -> None:
    with pytest.raises(DataError, match=rf"no column 'autor'.*did you mean {role}='author'"):
        reading_of(["ann", "bob"], "author", **{role: "autor"})


def test_a_column_of_texts_cannot_group_them():
    with pytest.raises(DataError, match="holds the texts, and is named as group"):
        reading_of(["ann", "bob"], "author", group="text")


def test_a_named_column_is_not_taken_for_texts_or_labels():
    rows = [{"text": f"some text {at}", "kind": "ab"[at % 2], "writer": "xy"[at % 2]} for at in range(8)]
    reading = read(rows, group="writer")
    assert reading.label_column is not None
    assert reading.label_column.value == "kind"
    assert reading.marks == {"group": "writer"}


def test_rows_are_numbered_as_in_their_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('text,label\n\n"one\nline",a\n,b\ntext,label\nthree,\nfour,b\n')
    reading = read(path)
    assert reading.splits["train"].texts == ("one\nline", "four")
    assert reading.dropped_rows["train"] == {"empty text": (4,), "no label": (6,), "repeat of the header": (5,)}
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"text": "one", "label": "a"}\n\n{"text": "", "label": "b"}\n{"text": "two", "label": "b"}\n')
    assert read(lines).dropped_rows == {"train": {"empty text": (3,)}}
