"""JSON in the layouts that pandas and annotation tools write."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tunelet.data import FileSettings, Reading, read
from tunelet.errors import DataError

TEXTS, LABELS = ("A good film", "A bad film", "Fine"), ("good", "bad", "good")
FRAME = pd.DataFrame({"text": TEXTS, "label": LABELS})
UNUSUAL = pd.DataFrame(
    {
        "Bemerkung": ["Es war sehr gut hier", "Es war recht schlecht", "Immer wieder gern", "Nie wieder dort"],
        "Urteil": ["g", "s"] * 2,
    }
)


def reading_of(tmp_path: Path, content: object, name: str = "a.json", **arguments: object) -> Reading:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read(path, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("layout", ["records", "columns", "index", "split", "table", "values"])
def test_every_layout_of_pandas_is_read(tmp_path: Path, layout: str) -> None:
    content = FRAME.to_json(orient=layout, index=layout not in ("records", "values"))  # type: ignore[call-overload]
    examples = reading_of(tmp_path, content).splits["train"]
    assert (examples.texts, examples.labels, examples.ids) == (TEXTS, LABELS, ("0", "1", "2"))


@pytest.mark.parametrize("layout", ["columns", "index", "split"])
@pytest.mark.parametrize("index", [["r1", "r2", "r3", "r4"], [10, 20, 30, 40]])
def test_layouts_keep_the_names_of_rows_whatever_the_columns_are_called(
    tmp_path: Path, layout: str, index: list[object]
) -> None:
    content = UNUSUAL.set_axis(index).to_json(orient=layout)  # type: ignore[call-overload]
    names = {"text": "Bemerkung", "label": "Urteil"} if layout == "index" and index[0] == "r1" else {}
    reading = reading_of(tmp_path, content, **names)
    assert reading.splits["train"].ids == tuple(map(str, index))
    assert reading.splits["train"].labels == ("g", "s", "g", "s")


def test_an_object_of_lists_is_a_table(tmp_path: Path) -> None:
    assert reading_of(tmp_path, FRAME.to_dict("list")).splits["train"].labels == LABELS


def test_arrays_with_a_header_use_it(tmp_path: Path) -> None:
    content = [["text", "label"], *map(list, zip(TEXTS, LABELS, strict=True))]
    reading = reading_of(tmp_path, content)
    assert reading.text_column.value == "text"
    assert len(reading.splits["train"]) == 3


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "json"])
def test_json_lines_have_three_names(tmp_path: Path, suffix: str) -> None:
    lines = FRAME.to_json(orient="records", lines=True)
    assert reading_of(tmp_path, lines, f"a.{suffix}").splits["train"].texts == TEXTS


@pytest.mark.parametrize("form", ["records", "columns"])
def test_a_label_in_a_list_of_one_is_that_label_and_an_empty_list_is_none(tmp_path: Path, form: str) -> None:
    frame = pd.DataFrame({"text": [*TEXTS, "Never read"], "label": [["good"], ["bad"], ["good"], []]})
    reading = reading_of(tmp_path, frame.to_json(orient=form))  # type: ignore[call-overload]
    assert reading.splits["train"].labels == LABELS
    assert reading.dropped["train"] == {"no label": 1}
    with pytest.raises(DataError, match="a label is a list"):
        reading_of(tmp_path, [{"text": "a", "label": ["good", ["bad", "sad"]]}, {"text": "b", "label": ["bad"]}])


def test_labels_in_lists_of_several_are_several_a_text(tmp_path: Path) -> None:
    rows = [{"text": "a", "label": ["good", "bad"]}, {"text": "b", "label": ["bad"]}, {"text": "c", "label": []}]
    assert reading_of(tmp_path, rows).splits["train"].labels == ("bad;good", "bad", "")


@pytest.mark.parametrize("number", [4, 4.5, -1])
def test_a_text_that_is_a_number_stays_a_text_of_its_column(tmp_path: Path, number: float) -> None:
    rows = [{"text": text, "label": label} for text, label in zip(TEXTS, LABELS, strict=True)]
    reading = reading_of(tmp_path, [*rows, {"text": number, "label": "bad"}])
    assert reading.text_column.value == "text"
    assert reading.splits["train"].texts[-1] == str(number)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"a": 1}, "an object with 'a'"),
        ({"a": [1], "b": [1, 2]}, "an object with 'a', 'b'"),
        ([["a", "x"], ["b"]], "element 2 holds 1 value, the first 2"),
        ({"columns": ["text", "label"], "data": [["a"]]}, "element 1 of data is of 1"),
        ({"columns": ["text", "text"], "data": [["a", "b"]]}, "two columns named 'text'"),
        ({"columns": ["text", "label"], "data": []}, "holds no rows"),
        ({"columns": ["text"], "data": [7]}, "element 1 of data is a number"),
        ([[], []], "holds no rows"),
        ([["text", "label"]], "no rows"),
        ({str(at): 1 for at in range(5000)}, "'9', ..."),
        ({"x" * 100_000: 1}, "an object with 'xxx"),
        ("1" * 5000, "cannot be read"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_what_is_no_table_ends_in_one_short_line(tmp_path: Path, content: object, expected: str) -> None:
    with pytest.raises(DataError) as caught:
        reading_of(tmp_path, content)
    assert expected in str(caught.value)
    assert caught.value.hint
    assert len(str(caught.value)) < 600


def test_objects_with_ever_other_keys_are_no_table(tmp_path: Path) -> None:
    rows = [{"text": f"t {at}", f"k{at}": 1} for at in range(20_000)]
    for name, content in (("a.json", rows), ("a.jsonl", "\n".join(map(json.dumps, rows)))):
        with pytest.raises(DataError, match="20,001 columns, expected at most 10,000"):
            reading_of(tmp_path, content, name)
    with pytest.raises(DataError, match="max_bytes"):
        reading_of(tmp_path, rows[:5000], files=FileSettings(max_bytes=2**30))


def test_a_long_text_is_refused_with_its_row_and_length(tmp_path: Path) -> None:
    rows = [{"text": "a", "label": "x"}, {"text": "w " * 600, "label": "y"}]
    with pytest.raises(DataError, match=r"text 2 of column 'text' holds 1,200 characters.*max_cell'?[=:] ?1200"):
        reading_of(tmp_path, rows, files=FileSettings(max_cell=1000))


def test_files_of_json_lines_that_were_joined_keep_their_byte_order_marks_apart(tmp_path: Path) -> None:
    lines = [json.dumps({"text": text, "label": label}) for text, label in zip(TEXTS, LABELS, strict=True)]
    assert len(reading_of(tmp_path, "\n\ufeff".join(lines), "a.jsonl").splits["train"]) == 3
