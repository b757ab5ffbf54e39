"""Curves of labels: areas are scikit-learn's, macro and micro averages stand first."""

import numpy as np
import pytest
from sklearn import metrics as sk

from shaped_predictions import ids, multilabel
from tunelet.evaluation import MultilabelPredictions, label_curves


def test_areas_of_labels_and_averages_are_scikit_learns():
    predictions = multilabel(150, 4, seed=1, decimals=2)
    labels, scores = predictions.labels, predictions.probabilities
    macro, micro, *rest = label_curves(predictions)
    assert (macro.average, micro.average) == ("macro", "micro")
    assert [entry.label for entry in rest] == list(predictions.label_names)
    for entry, how in ((macro, "macro"), (micro, "micro")):
        assert entry.roc.area == pytest.approx(sk.roc_auc_score(labels, scores, average=how))
        assert entry.precision_recall.area == pytest.approx(sk.average_precision_score(labels, scores, average=how))
    for label, entry in enumerate(rest):
        assert entry.roc.area == pytest.approx(sk.roc_auc_score(labels[:, label], scores[:, label]))
        assert entry.share == labels[:, label].mean()


def test_the_area_under_the_mean_precision_recall_curve_is_the_mean_of_the_areas():
    (macro, *_) = label_curves(multilabel(60, 3, seed=2))
    curve = macro.precision_recall
    steps = np.diff(curve.x) @ np.array(curve.y[1:])
    assert steps == pytest.approx(curve.area, abs=1e-4)


def test_labels_without_texts_have_no_curve_and_of_many_the_worst_are_kept():
    count = 30
    rng = np.random.default_rng(0)
    labels = rng.random((80, count)) < 0.3
    labels[:, 0] = False
    scores = np.clip(0.5 * labels * np.linspace(0, 1, count) + 0.5 * rng.random((80, count)), 0, 1)
    names = tuple(f"{number:02}" for number in range(count))
    curves = label_curves(MultilabelPredictions(ids(80), names, labels, scores, np.full(count, 0.5)))
    kept = [entry.label for entry in curves[2:]]
    assert len(kept) == 20
    assert "00" not in kept
    assert names[-1] not in kept
    nothing = MultilabelPredictions(ids(3), ("a",), np.zeros((3, 1)), np.zeros((3, 1)), np.full(1, 0.5))
    assert all(entry.roc is None and entry.precision_recall is None for entry in label_curves(nothing))
