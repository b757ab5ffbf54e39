"""The estimator by itself: labels and texts of any form, what a fit leaves, and what is refused."""

import copy
import gc
import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

import tunelet
from command_line import run_code
from tunelet.errors import TuneletError
from tunelet.sklearn import InputError, TextClassifier

pytestmark = pytest.mark.slow

ASKED = ["a warm loaf", "a burnt loaf", ""]


@pytest.mark.parametrize(
    ("pair", "classes"),
    [
        ((4, -1), [-1, 4]),
        ((True, False), [False, True]),
        (("Yes", "yes"), ["Yes", "yes"]),  # as words they would be one label
        (("nan", ""), ["", "nan"]),  # as words they would be none
        (pd.Categorical(["b", "a"]), ["a", "b"]),
        (pd.Series(["b", "a"], dtype="string"), ["a", "b"]),
    ],
    ids=str,
)
def test_labels_come_back_as_they_were(quick, texts, pair, classes):
    y = pair.repeat(1).take([0, 1] * 12) if isinstance(pair, pd.Categorical) else None
    y = pd.concat([pair] * 12) if isinstance(pair, pd.Series) else list(pair) * 12 if y is None else y
    model = TextClassifier(**quick).fit(texts, y)
    assert model.classes_.tolist() == classes
    answers = model.predict(texts)
    assert set(answers) <= set(classes)
    assert answers.dtype == model.classes_.dtype
    proba = model.predict_proba(texts)
    assert model.classes_[proba.argmax(axis=1)].tolist() == answers.tolist()
    assert 0 <= model.score(texts, y) <= 1


@pytest.mark.parametrize(
    "make",
    [
        tuple,
        iter,
        pd.Series,
        pl.Series,
        pa.array,
        np.array,
        lambda texts: np.array(texts, dtype=object)[:, None],
        lambda texts: pd.DataFrame({"said": texts}),
        lambda texts: pa.table({"said": texts}),
        lambda texts: [text or None for text in texts],
        lambda texts: pd.Series([text or pd.NA for text in texts], dtype="string"),
    ],
)
def test_texts_in_any_form_are_answered_as_a_list_is(fitted, make):
    np.testing.assert_array_equal(fitted.predict_proba(make(ASKED)), fitted.predict_proba(ASKED))


def test_probabilities_are_those_of_the_run_and_of_an_empty_text_the_shares_of_the_classes(fitted):
    classifier = tunelet.Classifier.load(fitted.run_)
    order = [fitted.run_.label_names.index(str(label)) for label in fitted.classes_]
    found = fitted.predict_proba(ASKED)
    np.testing.assert_allclose(found[:2], classifier.probabilities(ASKED[:2])[:, order], rtol=1e-12)
    np.testing.assert_allclose(found[2], [0.5, 0.5])
    np.testing.assert_allclose(fitted.decision_function(ASKED), np.log(found[:, 1] / found[:, 0]), atol=1e-9)


def test_several_columns_of_a_table_are_read_together(quick, texts):
    table = pd.DataFrame({"number": range(24), "title": texts, "label": texts[::-1]})
    model = TextClassifier(**quick, text=["title", "label"]).fit(table, ["a", "b", "c"] * 8)
    assert model.run_.text_columns == ("title", "label")
    assert model.predict_proba(table).shape == (24, 3)
    np.testing.assert_allclose(model.decision_function(table).shape, (24, 3))
    with pytest.raises(InputError, match="X has no column 'title'"):
        model.predict(table[["label"]])
    with pytest.raises(InputError, match="1 column of texts, the training had 2"):
        model.predict(texts)


def test_a_seed_is_a_number_or_drawn_and_without_one_every_fit_is_the_same(quick, texts):
    def fitted(random_state):
        return TextClassifier(**quick, random_state=random_state).fit(texts, [0, 1] * 12)

    first, second, other = fitted(None), fitted(None), fitted(np.int64(7))
    np.testing.assert_array_equal(first.predict_proba(ASKED), second.predict_proba(ASKED))
    assert (first.predict_proba(ASKED) != other.predict_proba(ASKED)).any()
    assert other.run_.recipe.training.seed == 7
    drawn = [fitted(np.random.RandomState(5)).run_.recipe.training.seed for _ in range(2)]
    assert drawn[0] == drawn[1] != 1


def test_a_fit_without_a_place_leaves_nothing_behind(quick, texts, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    model = TextClassifier(**quick).fit(texts, [0, 1] * 12)
    first = model.run_.path
    model.fit(texts, [1, 0] * 12)
    assert not first.exists()
    assert model.run_.path.is_dir()
    with pytest.raises(InputError):
        TextClassifier(**(quick | {"epochs": -1})).fit(texts, [0, 1] * 12)
    del model
    gc.collect()
    assert not list(tmp_path.glob("tunelet-*"))


def test_runs_in_a_named_place_stay_and_are_numbered(quick, texts, tmp_path):
    model = TextClassifier(**quick, out=tmp_path / "mine")
    paths = [model.fit(texts, ["good", "bad"] * 12).run_.path for _ in range(2)]
    assert paths == [tmp_path / "mine", tmp_path / "mine-2"]
    del model
    gc.collect()
    assert tunelet.Run.load(tmp_path / "mine").label_names == ("bad", "good")


def test_a_fitted_estimator_is_kept_by_joblib_and_read_elsewhere(fitted, tmp_path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    expected = fitted.predict_proba(ASKED)
    for other in (joblib.load(tmp_path / "model.joblib"), copy.deepcopy(fitted)):
        again = pickle.loads(pickle.dumps(other))  # noqa: S301  (before its files were ever written)
        np.testing.assert_array_equal(again.predict_proba(ASKED), expected)
        np.testing.assert_array_equal(other.predict_proba(ASKED), expected)
        assert other.run_.path != fitted.run_.path
    code = f"import joblib, numpy; numpy.save('found', joblib.load('model.joblib').predict_proba({ASKED!r}))"
    done = run_code(code, cwd=tmp_path)
    assert done.status == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), expected)


def test_a_pickle_holds_safetensors_and_no_object_of_torch(fitted):
    import pickletools

    named = {str(value) for op, value, _ in pickletools.genops(pickle.dumps(fitted, 2)) if op.name == "GLOBAL"}
    assert not [name for name in named if name.startswith(("torch", "transformers", "peft"))]


@pytest.mark.parametrize(
    ("given", "y", "words"),
    [
        ("one text", [1], "found str"),
        ({"text": ["a"]}, [1], "found dict"),
        (3, [1], "found int"),
        ([], [], "0 sample"),
        (["a", 3], [1, 0], "row 1: expected a string, found int"),
        (["a", b"b"], [1, 0], "row 1: expected a string, found bytes"),
        (np.zeros((2, 3)), [1, 0], r"shape \(2, 3\)"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), [1], "X has 2 columns: 'a', 'b'"),
        (["a", "b"], None, "y to be passed"),
        (["a", "b"], [1, 0, 1], "inconsistent numbers of samples"),
        (["a", "b"], [1, 1], "one class"),
        (["a", "b"], [1, None], "NaN or None"),
        (["a", "b"], pd.Series([1, pd.NA], dtype="Int64"), "NaN|NA"),
        (["a", "b"], [0.5, 1.25], "continuous"),
        (["a", "b"], np.array([1, "one"], dtype=object), "several types: number, str"),
        (["a", "b"], np.array([True, 2], dtype=object), "several types: bool, number"),
        (["a", "b"], [[0, 1], [1, 0]], "1d array"),
    ],
)
def test_what_cannot_be_trained_on_is_a_value_error(quick, given, y, words):
    with pytest.raises(ValueError, match=words):
        TextClassifier(**quick).fit(given, y)


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ({"epochs": "many"}, "epochs takes a whole number"),
        ({"recipe": "none such"}, "none such"),
        ({"settings": {"training.epoch": 3}}, r"training\.epochs"),
        ({"random_state": "x"}, "cannot be used to seed"),
        ({"model": "no/folder/here"}, "no/folder/here"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_a_value_error_of_the_fit(quick, texts, parameter, words):
    model = TextClassifier(**(quick | parameter))
    with pytest.raises(ValueError, match=words):
        model.fit(texts, [0, 1] * 12)


def test_errors_are_tunelets_too_and_have_a_hint(quick):
    with pytest.raises(TuneletError) as refused:
        TextClassifier(**quick).fit(["a"], [1, 2][:1])
    assert refused.value.hint


def test_before_a_fit_there_is_no_answer(quick):
    model = TextClassifier(**quick)
    for name in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(model, name)(ASKED)
    assert not hasattr(model, "run_")
    tags = get_tags(model).input_tags
    assert (tags.string, tags.two_d_array) == (True, False)
