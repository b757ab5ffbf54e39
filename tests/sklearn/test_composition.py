"""The estimator in the hands of scikit-learn's own: pipelines, cross-validation, searches, votes, other processes."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tunelet.sklearn import TextClassifier

pytestmark = pytest.mark.slow

LABELS = ["good", "bad"] * 12


def loud(texts):
    return [text.upper() for text in texts]


def test_a_clone_has_the_parameters_and_no_fit(fitted, quick):
    other = clone(fitted)
    assert other.get_params() == fitted.get_params()
    assert not hasattr(other, "classes_")
    assert other.set_params(epochs=3, random_state=2).get_params()["epochs"] == 3
    assert repr(clone(TextClassifier(epochs=2))) == "TextClassifier(epochs=2)"


def test_a_grid_over_a_pipeline_finds_its_best_and_answers_with_it(quick, texts):
    steps = [("cleaning", FunctionTransformer(loud)), ("classifier", TextClassifier(**quick))]
    search = GridSearchCV(Pipeline(steps), {"classifier__epochs": [1, 2]}, cv=2, error_score="raise")
    search.fit(np.array(texts), LABELS)
    best = search.best_estimator_
    assert best[-1].run_.recipe.training.epochs == search.best_params_["classifier__epochs"]
    assert search.predict(texts).tolist() == best[-1].predict(loud(texts)).tolist()
    assert search.classes_.tolist() == ["bad", "good"]


def test_folds_run_in_processes_of_their_own_and_bring_their_fits_back(quick, texts):
    model = TextClassifier(**quick)
    done = cross_validate(
        model, texts, LABELS, cv=2, n_jobs=2, return_estimator=True, error_score="raise",
        scoring=["accuracy", "roc_auc", "neg_log_loss"],
    )  # fmt: skip
    assert np.isfinite([done[f"test_{name}"] for name in ("accuracy", "roc_auc", "neg_log_loss")]).all()
    assert all(set(each.predict(texts)) <= {"good", "bad"} for each in done["estimator"])
    here = cross_validate(model, texts, LABELS, cv=2, scoring="neg_log_loss", error_score="raise")
    np.testing.assert_allclose(here["test_score"], done["test_neg_log_loss"], rtol=1e-6)


def test_it_votes_with_others_and_is_predicted_out_of_fold(quick, texts):
    words = make_pipeline(CountVectorizer(), LogisticRegression())
    vote = VotingClassifier([("encoder", TextClassifier(**quick)), ("words", words)], voting="soft")
    proba = cross_val_predict(vote, texts, LABELS, cv=2, method="predict_proba")
    np.testing.assert_allclose(proba.sum(axis=1), 1)
