"""Curves are scikit-learn's, and thinning keeps their shape."""

import numpy as np
import pytest
from sklearn import metrics as sk

from tunelet.evaluation import Predictions, curve_records, macro_roc_curve, precision_recall_curve, roc_curve


def random_predictions(seed: int, n: int, classes: int, kinds: int) -> Predictions:
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(classes, 0.7), size=kinds)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    names = tuple(f"class {number:02}" for number in range(classes))
    return Predictions(tuple(map(str, range(n))), names, labels, rows[rng.integers(0, kinds, n)])


def two_classes(truth: list[int], score: list[float]) -> Predictions:
    scores = np.array(score)
    return Predictions(
        tuple(map(str, range(len(truth)))), ("no", "yes"), np.array(truth), np.stack([1 - scores, scores], 1)
    )


@pytest.mark.parametrize("kinds", [4, 1000], ids=["ties", "no ties"])
@pytest.mark.parametrize("classes", [2, 3, 20])
def test_curves_and_areas_are_scikit_learns(classes, kinds):
    predictions = random_predictions(classes, 200, classes, kinds)
    for label in range(classes):
        truth, score = predictions.labels == label, predictions.probabilities[:, label]
        x, y, _ = sk.roc_curve(truth, score)
        found = roc_curve(predictions, label)
        np.testing.assert_allclose((found.x, found.y), (x, y), rtol=0, atol=1e-12)
        assert found.area == pytest.approx(sk.roc_auc_score(truth, score), abs=1e-12)
        precision, recall, _ = sk.precision_recall_curve(truth, score)
        found = precision_recall_curve(predictions, label)
        np.testing.assert_allclose((found.x, found.y), (recall[::-1], precision[::-1]), rtol=0, atol=1e-12)
        assert found.area == pytest.approx(sk.average_precision_score(truth, score), abs=1e-12)


@pytest.mark.parametrize("classes", [3, 7])
def test_the_mean_curve_has_the_macro_average_as_its_area(classes):
    predictions = random_predictions(classes, 300, classes, 1000)
    found = macro_roc_curve(predictions)
    macro = sk.roc_auc_score(predictions.labels, predictions.probabilities, multi_class="ovr", average="macro")
    assert found.area == pytest.approx(macro, abs=1e-12)
    assert sk.auc(found.x, found.y) == pytest.approx(macro, abs=0.02)
    assert (np.diff(found.x) >= 0).all()
    assert (np.diff(found.y) >= -1e-12).all()


@pytest.mark.parametrize(
    ("score", "area"), [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.9, 0.8, 0.2, 0.1], 0.0), ([0.5] * 4, 0.5)]
)
def test_perfect_reversed_and_constant_scores(score, area):
    assert roc_curve(two_classes([0, 0, 1, 1], score), 1).area == area


def test_a_class_that_is_absent_or_alone_has_no_curve():
    alone = two_classes([1, 1, 1], [0.2, 0.6, 0.9])
    assert roc_curve(alone, 1) is None
    assert roc_curve(alone, 0) is None
    assert precision_recall_curve(alone, 0) is None
    assert precision_recall_curve(alone, 1).area == 1.0
    assert macro_roc_curve(alone) is None


def test_a_thinned_curve_keeps_its_ends_and_stays_close():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 20_000)
    score = 1 / (1 + np.exp(-rng.normal(2.0 * truth - 1, 1.5)))
    whole = roc_curve(two_classes(truth.tolist(), score.tolist()), 1)
    thin = whole.thinned(200)
    assert len(thin.x) <= 200 < len(whole.x)
    assert (thin.x[0], thin.y[0], thin.x[-1], thin.y[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert thin.area == whole.area
    assert sk.auc(thin.x, thin.y) == pytest.approx(whole.area, abs=1e-3)


def test_records_hold_the_positive_class_or_each_and_their_mean():
    two = curve_records(random_predictions(0, 50, 2, 50))
    assert [entry.label for entry in two] == ["class 01"]
    many = curve_records(random_predictions(0, 90, 3, 90))
    assert [entry.label for entry in many] == [None, "class 00", "class 01", "class 02"]
    assert many[0].precision_recall is None
