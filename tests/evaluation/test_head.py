"""Probes of every shape: scikit-learn's optimum, in the encoder's own units, chosen without the fold they answer."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression, Ridge

from tunelet.data import deal
from tunelet.evaluation import LabelSolver, RatingSolver, RidgeSolver, head_costs, head_out_of_fold, train_head


def made(n=120, width=6, *, seed=0):
    """Features, and labels, ratings and numbers that follow from them but for noise."""
    rng = np.random.default_rng(seed)
    features = (3 + 2 * rng.normal(size=(n, width))).astype(np.float32)
    scores = (features - 3) @ rng.normal(size=(width, 3)) + rng.normal(size=(n, 3))
    ratings = np.digitize(scores[:, 0], [-3, 0, 3])
    return features, scores > np.array([0.0, 2.0, 4.0]), ratings, scores[:, 0] * 7 + 100


def test_labels_have_scikit_learns_logistic_regressions():
    features, labels, _, _ = made()
    fitted = LabelSolver().fit(features, labels, 10.0)
    for label in range(3):
        model = LogisticRegression(C=10.0, tol=1e-8, max_iter=2000).fit(features.astype(float), labels[:, label])
        np.testing.assert_allclose(fitted.weight[label], model.coef_[0], atol=0.02)


def test_of_words_and_of_vectors_labels_have_the_same_regressions():
    features, labels, _, _ = made(300)
    features = np.abs(features) * (np.random.default_rng(0).random(features.shape) < 0.5)
    features = (features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1)).astype(np.float32)
    dense, sparse = (LabelSolver().fit(each, labels, 10.0) for each in (features, csr_array(features)))
    np.testing.assert_allclose(sparse.logits(features), dense.logits(features), atol=0.05)


def test_two_ratings_have_a_logistic_regression_and_more_share_its_weights():
    features, labels, ratings, _ = made()
    model = LogisticRegression(C=10.0, tol=1e-8, max_iter=2000).fit(features.astype(float), labels[:, 0])
    fitted = RatingSolver(2).fit(features, labels[:, 0].astype(int), 10.0)
    np.testing.assert_allclose(fitted.weight[0], model.coef_[0], atol=0.03)
    four = RatingSolver(4).fit(features, ratings, 10.0)
    assert four.weight.shape == (1, 6)
    assert (np.diff(four.bias) < 0).all()
    assert four.logits(features).shape == (120, 3)


def test_numbers_have_scikit_learns_ridge_whatever_their_unit():
    features, _, _, numbers = made()
    fitted = RidgeSolver().fit(features, numbers, 0.5)
    model = Ridge(alpha=2.0).fit(features.astype(float), numbers)
    np.testing.assert_allclose(fitted.logits(features)[:, 0], model.predict(features.astype(float)), rtol=1e-5)
    scaled = RidgeSolver().fit(features, 1000 * numbers, 0.5)
    np.testing.assert_allclose(scaled.weight, 1000 * fitted.weight, rtol=1e-4)


CASES = [(LabelSolver(), 1, 3), (RatingSolver(4), 2, 3), (RidgeSolver(), 3, 1)]


@pytest.mark.parametrize(("solver", "which", "outputs"), CASES, ids=["labels", "ratings", "numbers"])
def test_a_head_predicts_in_the_encoders_own_units_and_folds_are_answered_unseen(solver, which, outputs):
    features, *targets = made(200)
    target = targets[which - 1]
    probe = train_head(solver, features, target, seed=0)
    assert probe.weight.shape == (outputs, 6)
    constant = np.tile(probe.logits(features).mean(axis=0), (200, 1))
    assert solver.costs(probe.logits(features), target).mean() < solver.costs(constant, target).mean()
    folds = deal([[row] for row in range(200)], solver.strata(target), count=4, seed=0)
    logits = head_out_of_fold(solver, features, target, folds, seed=0)
    turned = target.copy()
    turned[folds[1]] = turned[folds[1]][::-1]
    again = head_out_of_fold(solver, features, turned, folds, seed=0)
    np.testing.assert_array_equal(logits[folds[1]], again[folds[1]])
    assert head_costs(solver, features, target, folds).shape == (200,)


def test_constant_targets_give_a_constant():
    features, *_ = made(30)
    probe = train_head(RidgeSolver(), features, np.full(30, 5.0), seed=0)
    np.testing.assert_allclose(probe.logits(features), 5.0)
    labels = train_head(LabelSolver(), features, np.zeros((30, 2), dtype=bool), seed=0).logits(features)
    np.testing.assert_allclose(labels, labels[:1].repeat(30, axis=0))
    ratings = train_head(RatingSolver(3), features, np.zeros(30, dtype=int), seed=0).logits(features)
    assert (ratings < 0).all()
