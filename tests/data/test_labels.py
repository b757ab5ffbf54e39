"""A label means the same however it is spelt: what cannot be seen never counts, and what looks alike is named."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunelet.data import Prepared, prepare, read
from tunelet.data._labels import label_name
from tunelet.data._spellings import look
from tunelet.errors import DataError

Pairs = list[tuple[str, Any]]


def texts(*labels: Any, each: int = 4, start: int = 0) -> Pairs:
    """So many texts of each label."""
    return [
        (f"text {start + at} of {number}, {label!r}", label)
        for number, label in enumerate(labels)
        for at in range(each)
    ]


def prepared(pairs: Pairs, test: Pairs | None = None, missing: list[str] | None = None, **changes: Any) -> Prepared:
    reading: dict[str, Any] = {} if missing is None else {"missing_labels": missing}
    given = {"limit": None, "balanced": False, "validation_size": 0.25, "drop_duplicates": True, "seed": 1, **changes}
    return prepare(read(pairs, **reading), None if test is None else read(test, **reading), **given)


@pytest.mark.parametrize(
    "spelling",
    [
        "good\u200b", "\ufeffgood", "go\u00adod", "good\u2060", "good\u200e", "\u00a0good\u3000", "good\x00",
        "good\u200d", "\u2800good", "good\n",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_cannot_be_seen_makes_no_class(spelling: str) -> None:
    result = prepared(texts("good", "bad", spelling))
    assert result.label_names == ("bad", "good")
    assert result.train.labels.count("good") == 6
    assert any("invisible" in note and "'good'" in note for note in result.warnings) == (spelling.strip() != "good")


@pytest.mark.parametrize("spelling", ["very  good", "very\u00a0good", "very\tgood", "very\u2009good\u200b"])
def test_kind_and_number_of_spaces_make_no_class(spelling: str) -> None:
    assert prepared(texts("very good", spelling, "bad")).label_names == ("bad", "very good")


def test_the_encoding_of_an_accent_makes_no_class() -> None:
    forms = [unicodedata.normalize(form, "émotion forte") for form in ("NFC", "NFD")]
    assert prepared(texts(*forms, "neutre")).label_names == ("neutre", forms[0])


@pytest.mark.parametrize(
    "label", ["👩\u200d💻", "\u0645\u06cc\u200c\u062e\u0648", "❤\ufe0f", "\u0915\u094d\u200d\u0937"], ids=ascii
)
def test_joiners_inside_a_label_stay(label: str) -> None:
    assert label_name(label) == label


@settings(deadline=None)
@given(st.text())
def test_reading_a_label_again_changes_nothing(text: str) -> None:
    name = label_name(text)
    assert name is None or label_name(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("good", "GOOD"), ("not spam", "Not_Spam"), ("not-spam", "notspam"), ("fine", "ﬁne"), ("Straße", "STRASSE"),
        ("❤", "❤\ufe0f"), ("\uff21", "a"), ("5 stars", "5stars"), ("émue", "E\u0301MUE"),
        ("don't know", "Don\u2019t know"), ("non-urgent", "non\u2013urgent"), ("01", "1"), ("good", "'good'"),
        ("good", "Good."),
    ],
)  # fmt: skip
def test_labels_that_look_alike_are_named_with_the_setting_that_joins_them(one: str, other: str) -> None:
    pairs = texts(one, each=5) + texts(other, "else", start=5)
    apart = prepared(pairs)
    assert len(apart.label_names) == 3
    (note,) = (note for note in apart.warnings if "look alike" in note)
    assert repr(label_name(one)) in note
    assert repr(label_name(other)) in note
    assert "--set data.join_labels=true" in note
    joined = prepared(pairs, join_labels=True)
    assert set(joined.label_names) == {label_name(one), "else"}  # under the commonest spelling
    assert any("joined" in note for note in joined.warnings)


@pytest.mark.parametrize(
    ("one", "other"),
    [("-1", "1"), ("c", "c++"), ("1-2", "12"), ("a", "b"), ("yes", "yes!"), ("10", "1"), ("1.5", "15")],
)
def test_labels_that_differ_to_the_eye_do_not_look_alike(one: str, other: str) -> None:
    assert look(one) != look(other)


def test_all_look_alikes_are_named_at_once() -> None:
    notes = prepared(texts("good", "Good", "GOOD", "bad", "Bad", "so so")).warnings
    (note,) = (note for note in notes if "look alike" in note)
    assert all(repr(name) in note for name in ("good", "Good", "GOOD", "bad", "Bad"))
    assert "so so" not in note


def test_true_and_false_are_one_in_every_spelling() -> None:
    result = prepared(texts("True", "False"), texts("TRUE", "FALSE", "true", start=9))
    assert result.label_names == ("false", "true")
    assert result.test is not None
    assert set(result.test.labels) == {"false", "true"}
    assert prepared(texts(True, False)).label_names == ("false", "true")


def test_a_label_of_the_test_data_is_read_as_the_known_one_that_it_looks_like() -> None:
    result = prepared(texts("good", "bad"), texts("Good", "bad", start=9))
    assert result.test is not None
    assert set(result.test.labels) == {"good", "bad"}
    assert any("'Good' as 'good'" in note for note in result.warnings)


def test_a_label_that_looks_like_several_known_ones_is_refused_with_the_setting() -> None:
    with pytest.raises(DataError, match=r"'GOOD'.*data\.join_labels': True"):
        prepared(texts("good", "Good", "bad"), texts("GOOD", start=9))
    result = prepared(texts("good", "Good", "bad"), texts("GOOD", start=9), join_labels=True)
    assert result.test is not None
    assert set(result.test.labels) <= set(result.label_names)


@pytest.mark.parametrize("word", ["NULL", "#N/A", "\\N", "n/a", "nan", "NaN", "<NA>", "#REF!", "(null)", "null"])
def test_what_machines_write_for_nothing_is_no_label_unless_asked_for(word: str) -> None:
    result = prepared(texts("good", "bad", word))
    assert result.label_names == ("bad", "good")
    assert result.dropped == {"no label": 4}
    assert any(repr(word) in note and "data.missing_labels=[]" in note for note in result.warnings)
    assert word in prepared(texts("good", "bad", word), missing=[]).label_names


@pytest.mark.parametrize("word", ["-", "?", "None", "NA", "none", "N.A.", "--"])
def test_what_may_mean_nothing_is_a_class_and_named_with_the_setting(word: str) -> None:
    result = prepared(texts("good", "bad", word))
    assert set(result.label_names) == {"bad", "good", word}
    assert any(f'data.missing_labels=["{word}"]' in note for note in result.warnings)
    without = prepared(texts("good", "bad", word), missing=[word])
    assert without.label_names == ("bad", "good")
    assert without.dropped == {"no label": 4}


def test_the_setting_that_a_note_offers_keeps_what_was_missing_so() -> None:
    notes = prepared(texts("good", "bad", "\\N", "?")).warnings
    assert any(r'data.missing_labels=["\\N", "?"]' in note for note in notes)  # as TOML


def test_a_missing_word_that_is_renamed_is_a_class() -> None:
    reading = read(texts("good", "NULL"), label_names={"NULL": "no opinion"})
    assert set(reading.splits["train"].labels) == {"good", "no opinion"}


def test_many_integer_classes_are_read_where_the_user_named_the_column() -> None:
    rows = [{"text": f"a text {at}", "category_id": 1000 + at % 60} for at in range(180)]
    assert len(set(read(rows, label="category_id").splits["train"].labels)) == 60
    with pytest.raises(DataError, match="where they are classes, say so: label='category_id'"):
        read(rows)


def test_data_to_be_measured_may_hold_a_single_text_of_each_of_many_classes() -> None:
    rows = [{"text": f"a text {at}", "category_id": 1000 + at} for at in range(60)]
    known = {"text": "text", "label": "category_id"}
    assert len(read(rows, known=known).splits["train"]) == 60
    trained = [{"text": f"another text {at}", "category_id": 1000 + at % 60} for at in range(180)]
    result = prepare(
        read(trained, label="category_id"), read(rows, known=known),
        limit=None, balanced=False, validation_size=0.4, drop_duplicates=True, seed=1,
    )  # fmt: skip
    assert result.test is not None
    assert len(result.label_names) == len(result.test) == 60


@pytest.mark.parametrize("measured", [lambda at: at / 7, lambda at: at], ids=["fractions", "all different"])
def test_measurements_are_refused_though_the_column_was_named(measured: Any) -> None:
    rows = [{"text": f"a text {at}", "x": measured(at)} for at in range(180)]
    with pytest.raises(DataError, match=r"180 distinct numbers in 180 rows.*label='COL'"):
        read(rows, label="x")


def test_rare_labels_are_left_out_of_every_part_where_asked_and_counted() -> None:
    pairs = texts("good", "bad") + texts("odd", "rare", each=1) + texts("few", each=2)
    result = prepared(pairs, texts("good", "odd", start=9), min_texts=3)
    assert result.label_names == ("bad", "good")
    assert result.test is not None
    assert set(result.test.labels) == {"good"}
    assert result.dropped == {"label with too few texts": 4, "label with too few texts (test part)": 4}
    assert any("3 labels left out" in note and "'few', 'odd', 'rare'" in note for note in result.warnings)


def test_all_labels_with_one_text_are_named_with_the_setting_that_leaves_them_out() -> None:
    lone = [f"kind {number:02}" for number in range(30)]
    with pytest.raises(DataError, match=r"30 classes 'kind 00'.*'kind 11', and 18 more.*min_texts_per_label': 2"):
        prepared(texts("good", "bad") + texts(*lone, each=1))


def test_classes_are_offered_to_be_left_out_only_where_two_would_stay() -> None:
    with pytest.raises(DataError, match="add texts") as caught:
        prepared(texts("good", "bad", each=1))
    assert "min_texts_per_label" not in str(caught.value)


def test_a_limit_of_texts_that_no_label_reaches_is_refused() -> None:
    with pytest.raises(DataError, match=r"lower data\.min_texts_per_label"):
        prepared(texts("good", "bad"), min_texts=50)


def test_a_new_name_for_a_label_that_no_row_has_is_said() -> None:
    notes = read(texts("good", "bad"), label_names={"goood": "fine", "bad": "poor"}).notes
    assert ["no row has the label 'goood'" in note and "'bad', 'good'" in note for note in notes] == [True]
