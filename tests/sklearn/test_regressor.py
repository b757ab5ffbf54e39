"""Numbers for texts in the hands of scikit-learn: what y may be, and answers with their intervals."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_regressor
from sklearn.model_selection import GridSearchCV, cross_val_score

import tunelet
from tunelet.sklearn import InputError, TextRegressor

pytestmark = pytest.mark.slow

NUMBERS = [round(0.25 * (n % 9) + (2.5 if n % 2 else 0.5), 2) for n in range(40)]
ASKED = ["a warm loaf", "a burnt loaf", ""]


@pytest.fixture(scope="module")
def loaves():
    return [f"a {'warm' if n % 2 else 'burnt'} loaf, visit {n % 9}, number {n}" for n in range(40)]


@pytest.fixture(scope="module")
def model(quick, loaves):
    return TextRegressor(**quick).fit(loaves, NUMBERS)


def test_answers_are_those_of_the_run_and_of_an_empty_text_the_mean(model):
    expected = tunelet.Classifier.load(model.run_).predict(ASKED[:2])
    found, ends = model.predict(ASKED), model.predict_interval(ASKED)
    assert (found.shape, found.dtype, ends.shape) == ((3,), np.float64, (3, 2))
    np.testing.assert_allclose(found[:2], [answer.value for answer in expected], rtol=1e-9)
    np.testing.assert_allclose(ends[:2], [(answer.low, answer.high) for answer in expected], rtol=1e-9)
    assert found[2] == pytest.approx(np.mean(NUMBERS))
    assert ends[2].tolist() == [-np.inf, np.inf]
    assert is_regressor(model)
    assert model.run_.task.shape == "regression"


def test_intervals_reach_to_both_sides_where_enough_texts_were_held_out(quick):
    texts = [f"a loaf of {n} crumbs" for n in range(240)]
    model = TextRegressor(**quick).fit(texts, [n / 10 for n in range(240)])
    low, high = model.predict_interval(texts[:5]).T
    assert np.isfinite(low).all()
    np.testing.assert_allclose((low + high) / 2, model.predict(texts[:5]))
    assert (high > low).all()


@pytest.mark.parametrize(
    "make",
    [np.array, pd.Series, lambda numbers: pd.Series(numbers, dtype="Float64"), lambda numbers: np.array(numbers, "f4")],
)
def test_numbers_in_any_form_train_the_same(model, quick, loaves, make):
    again = TextRegressor(**quick).fit(loaves, make(NUMBERS))
    np.testing.assert_allclose(again.predict(ASKED), model.predict(ASKED), rtol=1e-5)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (None, "requires y to be passed"),
        (["good"] * 40, "could not convert string to float"),
        ([float("nan")] * 40, "y contains NaN"),
        ([float("inf"), *NUMBERS[1:]], "y contains infinity"),
        (NUMBERS[:-1], "inconsistent numbers of samples"),
        (np.ones((40, 2)), "should be a 1d array"),
    ],
)
def test_what_is_no_number_is_refused_in_the_words_of_scikit_learn(quick, loaves, y, said):
    with pytest.raises(ValueError, match=said):
        TextRegressor(**quick).fit(loaves, y)


def test_what_a_run_refuses_is_an_input_error(quick, loaves):
    with pytest.raises(InputError, match="learning_rate"):
        TextRegressor(**quick, learning_rate=-1.0).fit(loaves, NUMBERS)


def test_it_is_pickled_cloned_scored_and_searched(model, quick, loaves):
    again = pickle.loads(pickle.dumps(model))  # noqa: S301  (our own)
    np.testing.assert_array_equal(again.predict(ASKED), model.predict(ASKED))
    np.testing.assert_array_equal(again.predict_interval(ASKED), model.predict_interval(ASKED))
    assert clone(model).get_params() == model.get_params()
    assert model.score(loaves, NUMBERS) <= 1
    assert np.isfinite(cross_val_score(TextRegressor(**quick), loaves, NUMBERS, cv=2, error_score="raise")).all()
    search = GridSearchCV(TextRegressor(**quick), {"epochs": [1, 2]}, cv=2, error_score="raise")
    assert search.fit(loaves, NUMBERS).predict(ASKED).shape == (3,)


def test_columns_and_groups_are_as_of_classes(quick, loaves):
    table = pd.DataFrame({"title": loaves, "text": loaves[::-1]})
    model = TextRegressor(**quick, text=["title", "text"])
    model.fit(table, NUMBERS, groups=[n // 4 for n in range(40)])
    assert model.run_.text_columns == ("title", "text")
    assert model.predict(table).shape == (40,)
