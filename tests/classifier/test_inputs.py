"""Texts in any form are classified, tables by their column of texts, and what is no text is refused with its row."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from datasets import Dataset

from tunelet import Classifier
from tunelet.classifier import BaselineClassifier
from tunelet.errors import DataError

pytestmark = pytest.mark.slow

TEXTS = ["warm rye loaf", "cold burnt roll", "plain toast"]


@pytest.fixture(scope="module")
def classifier(bakery_run):
    return Classifier.load(bakery_run)


@pytest.fixture(scope="module")
def expected(classifier):
    return classifier.probabilities(TEXTS)


@pytest.mark.parametrize(
    "make",
    [
        tuple,
        iter,
        pd.Series,
        np.array,
        pa.array,
        pl.Series,
        lambda texts: pa.chunked_array([texts[:1], texts[1:]]),
        lambda texts: Dataset.from_dict({"note": texts})["note"],
        lambda texts: pd.Series(texts, dtype="string"),
        lambda texts: pl.DataFrame({"note": texts}),
        lambda texts: np.array(texts, dtype=object),
        lambda texts: dict.fromkeys(texts).keys(),
        lambda texts: (text for text in texts),
        lambda texts: pd.Series(texts, index=[7, 3, 1]),
        lambda texts: pd.DataFrame({"note": texts}),
        lambda texts: pd.DataFrame({"id": [1, 2, 3], "text": ["x", "y", "z"], "note": texts}),
        lambda texts: {"text": ["x", "y", "z"], "note": texts},
        lambda texts: {"note": np.array(texts), "n": range(3)},
        lambda texts: pa.table({"text": ["x", "y", "z"], "note": texts}),
    ],
)
def test_every_form_of_texts_gives_what_the_list_gives(classifier, expected, make):
    np.testing.assert_array_equal(classifier.probabilities(make(TEXTS)), expected)
    assert len(classifier.predict(make(TEXTS))) == 3


def test_the_column_of_a_table_can_be_named(classifier, expected):
    table = pd.DataFrame({"note": ["x"] * 3, "comment": TEXTS})
    np.testing.assert_array_equal(classifier.probabilities(table, text="comment"), expected)
    for other in ({"message": TEXTS}, {"verdict": ["good", "bad"]}, pd.DataFrame({"text": TEXTS})):
        with pytest.raises(DataError, match=r"no column 'note', which was trained on.*text='"):
            classifier.predict(other)
    np.testing.assert_array_equal(classifier.probabilities({"message": TEXTS}, text="message"), expected)
    with pytest.raises(DataError, match="no column 'absent'"):
        classifier.predict(table, text="absent")
    with pytest.raises(DataError, match="found no table"):
        classifier.predict(TEXTS, text="comment")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "found None"),
        (3, "found int"),
        (b"bytes", "found bytes"),
        (Path("a.csv"), "found .*Path"),
        ({"a", "b"}, "found set"),
        (["fine", b"x"], "text 1: expected a string, found bytes"),
        (("fine", "well", 3), "text 2: expected a string, found int"),
        (pd.Series(["fine", 0.5]), "text 1: expected a string, found float"),
        (pa.array([b"fine"]), "text 0: expected a string, found bytes"),
        (pl.Series([3, 4]), "text 0: expected a string, found int"),
        (np.array([1, 2]), "text 0: expected a string, found int"),
        (np.array(1), "one dimension"),
        (np.array([["a", "b"]]), "one dimension"),
        ([{"note": "a"}], "text 0: expected a string, found dict"),
        ({"note": "a text alone"}, "'note' of the dict is str"),
        ({"note": ["a", "b"], "id": [1]}, "differ in length"),
        ({}, "no columns"),
        (pd.DataFrame({"note": ["a", b"b"]}), "row 1 of column 'note': expected a string, found bytes"),
        (["fine", "half \ud800"], "text 1 holds half a surrogate"),
        ("\udfff", "half a surrogate"),
    ],
)
def test_what_is_no_text_is_refused_with_a_hint(classifier, given, words):
    with pytest.raises(DataError, match=words) as refused:
        classifier.predict(given)
    assert refused.value.hint


@pytest.mark.parametrize(
    "given",
    [
        ["a loaf", None],
        ("a loaf", float("nan")),
        iter(["a loaf", pd.NA]),
        np.array(["a loaf", None], dtype=object),
        pd.Series(["a loaf", None]),
        pd.Series(["a loaf", pd.NA], dtype="string"),
        pl.Series(["a loaf", None]),
        pa.array(["a loaf", None]),
        pd.DataFrame({"note": ["a loaf", None]}),
        {"note": ["a loaf", float("nan")]},
    ],
    ids=lambda given: type(given).__name__,
)
def test_a_missing_value_is_a_text_with_nothing_to_read(classifier, given):
    loaf, missing = classifier.predict(given)
    assert loaf == classifier.predict("a loaf")[0]
    assert missing.label is None
    assert np.isnan(missing.probability)


def test_no_texts_give_no_predictions(classifier):
    assert classifier.predict([]) == []
    assert classifier.logits([]).shape == classifier.probabilities([]).shape == (0, 2)


@pytest.mark.parametrize("encoder", [True, False])
def test_a_text_with_nothing_to_read_gets_no_label(bakery_run, encoder):
    classifier = (Classifier if encoder else BaselineClassifier).load(bakery_run)
    classifier.temperature = 1.5
    texts = ["", TEXTS[0], " \n", "<br><p>", TEXTS[1]]
    found = classifier.predict(texts)
    there = classifier.predict(TEXTS[:2])
    assert [prediction.label for prediction in found] == [None, there[0].label, None, None, there[1].label]
    for values in (classifier.probabilities(texts), classifier.logits(texts)):
        assert np.isnan(values).all(axis=1).tolist() == [True, False, True, True, False]
    np.testing.assert_array_equal(classifier.probabilities(texts)[[1, 4]], classifier.probabilities(TEXTS[:2]))
    assert [prediction.label for prediction in classifier.predict(["", " "], threshold=0.0)] == [None, None]
    assert np.isnan(classifier.predict("")[0].probability)
    assert classifier.probabilities([]).shape == classifier.logits([]).shape == (0, 2)
