"""DataFrames, lists and the data sets of `datasets` go the same way as files."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tunelet.data import Examples, read
from tunelet.errors import DataError


def test_every_kind_of_object_gives_the_same_examples() -> None:
    import datasets

    columns = {"text": ["a", "b"], "label": ["x", "y"]}
    sources = {
        "DataFrame": pd.DataFrame(columns, index=[5, 5]),
        "list of pairs": [("a", "x"), ["b", "y"]],
        "list of dicts": [{"text": "a", "label": "x"}, {"label": "y", "text": "b"}],
        "dict of columns": {"text": pd.Series(["a", "b"], [1, 0]), "label": np.array(["x", "y"])},
        "Dataset": datasets.Dataset.from_dict(columns),
        "DatasetDict": datasets.DatasetDict({"train": datasets.Dataset.from_dict(columns)}),
    }
    for form, data in sources.items():
        reading = read(data)
        assert (reading.source, reading.format) == (form, form)
        assert reading.splits["train"] == Examples(("0", "1"), ("a", "b"), ("x", "y"))


def test_a_data_set_keeps_its_order_its_class_names_and_its_parts() -> None:
    import datasets

    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
    )
    rows = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "label": [0, 1, 0]}, features=features)
    parts = datasets.DatasetDict({"train": rows.select([2, 1]), "valid": rows, "unsupervised": rows})
    reading = read(parts)
    assert list(reading.splits) == ["train", "validation"]
    assert (reading.splits["train"].texts, reading.splits["train"].labels) == (("c", "b"), ("bad", "good"))


def test_nulls_of_pandas_are_dropped_and_counted() -> None:
    frame = pd.DataFrame({"text": ["a", None, "c", "d"], "label": pd.array([1, 0, None, 0], dtype="Int64")})
    reading = read(frame)
    assert reading.splits["train"].labels == ("1", "0")
    assert reading.dropped == {"train": {"empty text": 1, "no label": 1}}


def test_texts_alone_serve_where_no_labels_are_needed() -> None:
    assert read(["a", None, "b"], labelled=False).splits["train"] == Examples(("0", "2"), ("a", "b"), ())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([], "the list is empty"),
        (pd.DataFrame({"text": [], "label": []}), "the DataFrame is empty"),
        (pd.DataFrame([["a", "b"]], columns=["text", "text"]), "two columns named 'text'"),
        (["a", "b"], "pass (text, label) pairs"),
        ([("a", "x"), "b"], "element 1 of the list is a str, expected a (text, label) pair"),
        ([("a", "x"), ("b", "x", 1)], "element 1 of the list is a tuple of 3"),
        ([{"text": "a"}, None], "element 1 of the list is a NoneType, expected a dict"),
        (7, "data is of type int"),
        ({}, "the dict holds no columns"),
        ({"a": "good"}, "list(data.items())"),
        ({"text": ["a", "b"], "label": ["x"]}, "differ in length"),
        ({"train": pd.DataFrame({"text": ["a"], "label": ["x"]})}, "column 'train' of the dict is DataFrame"),
        (zip(["a"], ["x"], strict=True), "pass list(data)"),
        (pd.Series(["a", "b"]), "a single column"),
        ("", "the name of the data is empty"),
    ],
)
def test_an_object_that_cannot_be_read_ends_in_one_line(data: object, expected: str) -> None:
    with pytest.raises(DataError) as caught:
        read(data)
    assert expected in str(caught.value)


def test_half_a_surrogate_pair_becomes_a_character_that_can_be_encoded() -> None:
    examples = read([("a \ud83d b", "x"), ("é \ud83d\ude00", "y")]).splits["train"]
    assert examples.texts == ("a \ufffd b", "é 😀")
    assert len(examples.fingerprint) == 64


def test_a_fingerprint_follows_texts_and_labels_not_ids() -> None:
    one = Examples(("0", "1"), ("ab", "c"), ("x", "y"))
    assert one.fingerprint == Examples(("7", "8"), ("ab", "c"), ("x", "y")).fingerprint
    assert one.fingerprint != Examples(("0", "1"), ("a", "bc"), ("x", "y")).fingerprint
    assert one.fingerprint != one.take([1, 0]).fingerprint
    assert one.take(np.array([1, 0])).take([1, 0]) == one


def test_importing_the_room_loads_no_heavy_library() -> None:
    heavy = "{'torch', 'transformers', 'datasets', 'pandas', 'pyarrow', 'sklearn'}"
    code = f"import sys, tunelet.data; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_objects_have_the_limits_of_files() -> None:
    many = pd.DataFrame(
        [["a text", "x", *range(20_000)]], columns=["text", "label", *(f"c{at}" for at in range(20_000))]
    )
    with pytest.raises(DataError, match="20,002 columns, expected at most 10,000"):
        read(many)
    with pytest.raises(DataError, match="20,002 columns"):
        read([{"text": "a", "label": "x", f"k{at}": 1} for at in range(20_000)])
    with pytest.raises(DataError, match="text 1 of column 'text' holds 2,000,000 characters"):
        read([("ab" * 10**6, "x"), ("b", "y")])


@pytest.mark.parametrize("rows", [[(10**5000, "x"), ("b", "y")], [("a", 10**5000), ("b", 1)]])
def test_integers_that_cannot_be_written_out_are_the_users_error(rows: list[object]) -> None:
    with pytest.raises(DataError, match="thousands of digits") as caught:
        read(rows)
    assert caught.value.hint


def test_values_nested_as_deep_as_may_be_are_no_texts_and_no_fault() -> None:
    nested: list[object] = []
    for _ in range(5000):
        nested = [nested]
    rows = [{"text": f"text {at}", "label": "xy"[at % 2], "rest": nested} for at in range(4)]
    assert read(rows).text_column.value == "text"
