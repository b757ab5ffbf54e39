"""scikit-learn's own checks of estimators. It has none that make texts, so here the numbers of a row become words."""

import re
import traceback
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import estimator_checks_generator

from command_line import ROOT
from tunelet.sklearn import TextClassifier, TextRegressor
from tunelet.sklearn._estimator import TextEstimator

# ruff: noqa: N803, N806  (X is what scikit-learn calls it)

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "scikit-learn.md").read_text(encoding="utf-8")
DIFFERENT = dict(re.findall(r"^\| `(check_\w+)` \| (.+) \|$", PAGE, re.MULTILINE))
# What a check that fails says, or the line of it that fails: for any other reason it must not.
FAILS = {
    "check_classifiers_train": "does not raise an error when the number of features in predict is different",
    "check_complex_data": r"Complex data not supported\nGot X: row 0: expected a string, found complex",
    "check_estimators_empty_data_messages": r"minimum of .* is required\.\nGot all 12 texts .* are empty",
    "check_fit2d_predict1d": r"Reshape your data\nGot X: row 0: expected a string, found float",
    "check_n_features_in": r'(?m)^assert hasattr\(estimator, "n_features_in_"\)\n',
    "check_n_features_in_after_fitting": "does not set the `n_features_in_` attribute",
}


class TakesNumbers(TextEstimator):
    """Takes the tables of numbers that the checks make, a row as a text."""

    def fit(self, X: Any, y: Any) -> Any:
        return super().fit(as_texts(X), y)

    def _scores(self, X: Any) -> Any:
        return super()._scores(as_texts(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array = True, False
        of_kind = tags.classifier_tags or tags.regressor_tags
        of_kind.poor_score = True  # a tiny random encoder, trained for an epoch
        return tags


class Numbers(TakesNumbers, TextClassifier):
    pass


class NumbersOfNumbers(TakesNumbers, TextRegressor):
    pass


def as_texts(X: Any) -> Any:
    rows = isinstance(X, list) and any(isinstance(row, list) for row in X)
    X = np.asarray(X) if rows or (hasattr(X, "__array__") and not hasattr(X, "tocsr")) else X
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype.kind not in "iufO":
        return X
    return [" ".join(f"{'abcdefghijklmnop'[at % 16]}{value}"[:6] for at, value in enumerate(row)) for row in X]


def checks(estimator: Any) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        return list(estimator_checks_generator(estimator, expected_failed_checks=DIFFERENT, mark=None))


def name_of(check: Any) -> str:
    while hasattr(check, "func"):
        check = check.func
    return check.__name__


NAMES = sorted({name_of(check) for _, check in checks(Numbers())})
# What the two have in common is checked once.
OF_REGRESSORS = sorted({name_of(check) for _, check in checks(NumbersOfNumbers())} - set(NAMES))


@pytest.mark.parametrize(
    ("kind", "name"), [*((Numbers, name) for name in NAMES), *((NumbersOfNumbers, name) for name in OF_REGRESSORS)]
)
@pytest.mark.filterwarnings("ignore")
def test_a_check_of_scikit_learn(kind, name, quick):
    for estimator, check in checks(kind(**quick)):
        if name_of(check) != name:
            continue
        if name in DIFFERENT:
            with pytest.raises(AssertionError) as failed:
                check(estimator)
            lines = [str(frame.line) for frame in traceback.extract_tb(failed.value.__traceback__)]
            assert re.search(FAILS[name], "\n".join([*lines, str(failed.value)])), failed.value
        else:
            check(estimator)


def test_the_page_lists_no_check_that_there_is_not():
    assert set(DIFFERENT) <= set(NAMES)
    assert FAILS.keys() == DIFFERENT.keys()
