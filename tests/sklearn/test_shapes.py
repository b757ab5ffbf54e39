"""Several labels a text and ratings in the hands of scikit-learn: y in its forms, and answers in the same."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import f1_score, mean_absolute_error
from sklearn.model_selection import cross_val_score

import tunelet
from several_labels import WORDS, rated, rows
from tunelet.sklearn import InputError, TextClassifier

pytestmark = pytest.mark.slow

ROWS = rows(60, 1)
TEXTS = [row["text"] for row in ROWS]
LISTS = [row["feelings"].split(";") if row["feelings"] else [] for row in ROWS]
MATRIX = np.array([[int(name in labels) for name in WORDS] for labels in LISTS])
RATED = rated(60, 1)
STARS = [row["stars"] for row in RATED]


@pytest.fixture(scope="module")
def listed(quick):
    return TextClassifier(**quick, task="multilabel").fit(TEXTS, LISTS)


def test_lists_of_labels_come_back_as_tuples_from_the_runs_thresholds_on(listed):
    assert listed.classes_.tolist() == list(WORDS)
    proba = listed.predict_proba(TEXTS)
    expected = tunelet.Classifier.load(listed.run_).predict(TEXTS)
    np.testing.assert_allclose(proba, [list(answer.probabilities.values()) for answer in expected], rtol=1e-9)
    assert [set(found) for found in listed.predict(TEXTS)] == [set(answer.labels) for answer in expected]
    right = np.mean([set(found) == set(known) for found, known in zip(listed.predict(TEXTS), LISTS, strict=True)])
    assert listed.score(TEXTS, LISTS) == pytest.approx(right)
    np.testing.assert_allclose(listed.predict_proba([""])[0], MATRIX.mean(axis=0))
    np.testing.assert_allclose(listed.decision_function(TEXTS), np.log(proba / (1 - proba)), atol=1e-6)


@pytest.mark.parametrize(
    ("make", "classes"),
    [
        (np.array, [0, 1, 2]),
        (csr_matrix, [0, 1, 2]),
        (lambda matrix: pd.DataFrame(matrix, columns=list(WORDS)), list(WORDS)),
    ],
    ids=["array", "sparse", "frame"],
)
def test_an_indicator_matrix_comes_back_as_one(quick, listed, make, classes):
    model = TextClassifier(**quick, task="multilabel").fit(TEXTS, make(MATRIX))
    assert model.classes_.tolist() == classes
    found = model.predict(TEXTS)
    assert (found.shape, found.dtype) == (MATRIX.shape, np.int64)
    np.testing.assert_allclose(model.predict_proba(TEXTS), listed.predict_proba(TEXTS), atol=1e-6)
    assert 0 <= f1_score(MATRIX, found, average="macro", zero_division=0) <= 1
    assert model.score(TEXTS, MATRIX) == np.mean((found == MATRIX).all(axis=1))


def test_it_is_cross_validated_on_a_matrix(quick):
    scores = cross_val_score(
        TextClassifier(**quick, task="multilabel"), TEXTS, MATRIX, cv=2, scoring="f1_micro", error_score="raise"
    )
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("kind", [int, float, str])
def test_ratings_come_back_as_they_were_in_order(quick, kind):
    texts, stars = [row["text"] for row in RATED], [kind(2 * star) for star in STARS]
    model = TextClassifier(**quick, task="ordinal").fit(texts, stars)
    assert model.classes_.tolist() == [kind(2 * star) for star in range(1, 6)]  # "10" behind "8"
    proba, found = model.predict_proba(texts), model.predict(texts)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    median = (proba.cumsum(axis=1) >= 0.5 - 1e-9).argmax(axis=1)
    assert found.tolist() == model.classes_[median].tolist()
    mean = proba @ np.arange(2.0, 11, 2)
    np.testing.assert_allclose(model.decision_function(texts), mean)
    assert np.isfinite(mean_absolute_error([float(each) for each in stars], [float(each) for each in found]))
    assert model.run_.data.task.value == "ordinal"
    np.testing.assert_allclose(model.predict_proba([""])[0], [0.2] * 5)


def test_groups_stay_on_one_side(quick):
    groups = [number // 3 for number in range(60)]
    model = TextClassifier(**quick).fit(TEXTS, ["a", "b"] * 30, groups=groups)
    assert model.run_.data.split.groups == 20
    with pytest.raises(ValueError, match="inconsistent"):
        TextClassifier(**quick).fit(TEXTS, ["a", "b"] * 30, groups=groups[:5])


@pytest.mark.parametrize(
    ("task", "y", "words"),
    [
        ("multilabel", None, "y to be passed"),
        ("multilabel", ["a", "b"], "row 0: expected a list"),
        ("multilabel", [["a"], ["a"]], "1 label"),
        ("multilabel", [["a", 1], ["b"]], "several types"),
        ("multilabel", np.array([[0, 2], [1, 0]]), "0 and 1"),
        ("ordinal", ["good", "bad"], "are numbers"),
        ("ordinal", [1, None], "are numbers"),
        ("ordinal", [3, 3], "one class"),
        ("regression of a kind", [1, 2], "multilabel"),
    ],
)
def test_a_y_of_another_shape_is_a_value_error(quick, task, y, words):
    with pytest.raises(ValueError, match=words) as refused:
        TextClassifier(**quick, task=task).fit(["one text", "another"], y)
    assert isinstance(refused.value, InputError)
    assert refused.value.hint
