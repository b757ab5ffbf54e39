"""Where a run is known, its own columns go before any recognition, and what stands in for them is named."""

import pandas as pd
import pytest

from tunelet.data import choose_columns, read, read_tables
from tunelet.errors import DataError

KNOWN = {"text": "note", "label": "verdict"}
FRAME = pd.DataFrame(
    {
        "text": ["a long and varied text of a customer", "another long text, quite unlike it"],
        "note": ["warm", "cold"],
        "label": ["x", "y"],
        "verdict": ["good", "bad"],
    }
)


def columns_of(frame, **arguments):
    reading = read(frame, known=KNOWN, **arguments)
    return reading.text_column, reading.label_column, reading.splits["train"]


def test_the_columns_of_training_win_over_better_names():
    text, label, part = columns_of(FRAME)
    assert (text.value, label.value) == ("note", "verdict")
    assert part.texts == ("warm", "cold")
    assert "trained on" in text.reason


def test_a_column_named_by_the_user_wins_over_that_of_training():
    text, label, _ = columns_of(FRAME, text="text", label="label")
    assert (text.value, text.reason) == ("text", "named with --text")
    assert (label.value, label.reason) == ("label", "named with --label")


def test_another_case_is_the_same_column_and_an_exact_name_goes_first():
    assert columns_of(FRAME.rename(columns={"note": "Note"}))[0].value == "Note"
    assert columns_of(FRAME.rename(columns={"text": "NOTE"}))[0].value == "note"


def test_only_where_there_is_none_another_is_recognised_and_the_reason_says_so():
    text, label, _ = columns_of(FRAME.drop(columns=["note", "verdict"]))
    assert (text.value, label.value) == ("text", "label")
    assert "'note'" in text.reason
    assert "'verdict'" in label.reason
    with pytest.raises(DataError, match="several columns could hold the texts"):
        read(pd.DataFrame({"message": ["a", "b"], "body": ["c", "d"]}), known=KNOWN, labelled=False)


@pytest.mark.parametrize("first", ["Great!", "Lovely", "nothing to add"])
def test_a_lone_column_without_a_known_name_has_no_header(tmp_path, first):
    path = tmp_path / "texts.csv"
    path.write_text(f"{first}\nStale again\nYum\n")
    tables, _, form = read_tables(path, ["text"])
    assert tables["train"].columns == {"column 1": [first, "Stale again", "Yum"]}
    assert "no header" in form
    found = choose_columns(tables["train"], text=None, label=None, labelled=False, known=KNOWN)
    assert first in found.text.reason
    assert len(next(iter(read_tables(path, [first])[0].values()))) == 2  # named by the user it is a header


def test_the_number_of_a_column_is_only_its_name_where_it_holds_texts(tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("1,a text of more than five words\n2,another text of more than five words\n")
    (table,) = read_tables(path)[0].values()
    assert choose_columns(table, text=None, label=None, labelled=False, known={"text": "column 1"}).text.value == (
        "column 2"
    )


@pytest.mark.parametrize("first", ["customer_comment", "reviewText", "comment"])
def test_a_lone_column_whose_name_has_a_known_word_has_a_header(tmp_path, first):
    path = tmp_path / "texts.csv"
    path.write_text(f"{first}\nGreat!\nYum\n")
    assert list(read_tables(path)[0]["train"].columns) == [first]


def test_the_lines_of_a_text_file_stand_in_for_no_column(tmp_path):
    (tmp_path / "texts.txt").write_text("Great!\nYum\n")
    (table,) = read_tables(tmp_path / "texts.txt", labelled=False)[0].values()
    found = choose_columns(table, text=None, label=None, labelled=False, known=KNOWN)
    assert "'note'" not in found.text.reason
