"""Thresholds of labels: each its own, few texts borrow, and the optimism of choosing is shown."""

import numpy as np
import pytest
from sklearn import metrics as sk

from shaped_predictions import ids, multilabel
from tunelet.errors import RecipeError
from tunelet.evaluation import (
    MultilabelPredictions,
    choose_thresholds,
    cross_fitted_thresholds,
    measure,
    thresholds_record,
)
from tunelet.evaluation._threshold import choose_threshold


def test_many_texts_leave_each_label_the_best_threshold_of_its_own():
    predictions = multilabel(3000, 3, seed=1)
    chosen = choose_thresholds(predictions)
    for label in range(3):
        truth, scores = predictions.labels[:, label], predictions.probabilities[:, label]
        best = max(sk.f1_score(truth, scores >= cut) for cut in np.quantile(scores, np.linspace(0.2, 0.99, 60)))
        assert sk.f1_score(truth, scores >= chosen.values[label]) >= best - 0.003
        assert chosen.labels[label].own > 0.99


def test_a_label_with_few_texts_lies_between_its_own_best_threshold_and_the_common_one():
    predictions = multilabel(200, 3, seed=2)
    labels = predictions.labels.copy()
    labels[:, 2] = False
    labels[:4, 2] = True
    rare = MultilabelPredictions(
        predictions.ids, predictions.label_names, labels, predictions.probabilities, predictions.thresholds
    )
    chosen = choose_thresholds(rare)
    own = choose_threshold(labels[:, 2], predictions.probabilities[:, 2], "f1").value
    assert chosen.labels[2].own == 0.8
    low, high = sorted([own, chosen.pooled])
    assert low < chosen.values[2] < high
    promised = choose_thresholds(rare, "precision:0.5")
    assert [label.own for label in promised.labels] == [1.0, 1.0, 0.0]
    assert promised.values[2] == promised.pooled


def test_labels_that_never_or_always_occur_get_a_threshold_all_the_same():
    labels = np.array([[True, False]] * 30)
    predictions = MultilabelPredictions(ids(30), ("a", "b"), labels, np.full((30, 2), 0.5), np.full(2, 0.5))
    values = choose_thresholds(predictions).values
    assert np.isfinite(values).all()
    for truth in (np.zeros_like(labels), np.ones_like(labels)):
        same = MultilabelPredictions(ids(30), ("a", "b"), truth, np.full((30, 2), 0.5), np.full(2, 0.5))
        assert choose_thresholds(same).values.tolist() == [0.5, 0.5]


def test_the_record_shows_that_choosing_flatters():
    predictions = multilabel(150, 5, seed=3, sharp=0.7)
    record = thresholds_record(predictions, choose_thresholds(predictions))
    assert record.chosen.f1_macro > record.at_half.f1_macro
    assert record.chosen.f1_macro > record.cross_fitted.f1_macro
    assert [label.label for label in record.labels] == list(predictions.label_names)


def test_cross_fitted_thresholds_of_a_text_do_not_depend_on_its_labels():
    predictions = multilabel(50, 3, seed=4)
    cut = cross_fitted_thresholds(predictions)
    assert cut.thresholds.shape == (50, 3)
    turned = predictions.labels.copy()
    turned[0] = ~turned[0]
    other = MultilabelPredictions(
        predictions.ids, predictions.label_names, turned, predictions.probabilities, predictions.thresholds
    )
    assert (cross_fitted_thresholds(other).thresholds[0] == cut.thresholds[0]).all()
    assert measure(cut, resamples=0).f1_macro is not None


def test_a_precision_can_be_asked_for_and_a_wrong_aim_is_refused():
    predictions = multilabel(300, 2, seed=5)
    chosen = choose_thresholds(predictions, "precision:0.95")
    rows = measure(predictions.with_thresholds(chosen.values), resamples=0).per_label
    assert all(row.precision >= 0.95 for row in rows)
    assert all(label.reached for label in chosen.labels)
    with pytest.raises(RecipeError, match="threshold"):
        choose_thresholds(predictions, "best")


def test_one_text_has_cross_fitted_thresholds():
    assert cross_fitted_thresholds(multilabel(1, 2)).thresholds.tolist() == [[0.5, 0.5]]
