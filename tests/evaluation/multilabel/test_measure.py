"""Metrics of several labels a text are scikit-learn's; no order matters; nothing crashes or becomes NaN."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from shaped_predictions import check_reasons, ids, multilabel, strict
from tunelet._record import parse_record
from tunelet.errors import DataError
from tunelet.evaluation import MultilabelMetrics, MultilabelPredictions, _bootstrap, measure
from tunelet.evaluation.multilabel._draws import paired_draws


def of(labels, probabilities, thresholds=None):
    labels, probabilities = np.array(labels, dtype=bool), np.array(probabilities, dtype=float)
    names = tuple("abcdefgh"[: labels.shape[1]])
    thresholds = np.full(len(names), 0.5) if thresholds is None else np.array(thresholds)
    return MultilabelPredictions(ids(len(labels)), names, labels, probabilities, thresholds)


@pytest.mark.parametrize("decimals", [None, 1], ids=["all scores differ", "many scores are equal"])
def test_every_metric_is_scikit_learns(decimals):
    predictions = multilabel(200, 5, seed=1, decimals=decimals)
    labels, predicted, chances = predictions.labels, predictions.predicted, predictions.probabilities
    metrics = measure(predictions, resamples=0)
    expected = {
        "f1_macro": sk.f1_score(labels, predicted, average="macro", zero_division=np.nan),
        "f1_micro": sk.f1_score(labels, predicted, average="micro"),
        "f1_samples": sk.f1_score(labels, predicted, average="samples", zero_division=1.0),
        "precision_micro": sk.precision_score(labels, predicted, average="micro"),
        "recall_micro": sk.recall_score(labels, predicted, average="micro"),
        "subset_accuracy": sk.accuracy_score(labels, predicted),
        "hamming_loss": sk.hamming_loss(labels, predicted),
        "average_precision": sk.average_precision_score(labels, chances, average="macro"),
        "roc_auc": sk.roc_auc_score(labels, chances, average="macro"),
        "log_loss": sk.log_loss(labels.ravel(), chances.ravel()),
    }
    for name, value in expected.items():
        assert metrics.value(name) == pytest.approx(value, abs=1e-12), name
    assert [row.n for row in metrics.per_label] == labels.sum(axis=0).tolist()
    assert [row.f1 for row in metrics.per_label] == pytest.approx(sk.f1_score(labels, predicted, average=None))


def test_each_metric_of_a_draw_is_that_of_the_resample_written_out():
    predictions = multilabel(60, 3, seed=2, decimals=1)
    (draws,) = paired_draws([predictions], resamples=6, seed=4)
    (weights,) = _bootstrap.draw_weights(60, 6, 4)
    for number, drawn in enumerate(weights):
        metrics = measure(predictions.rows(np.repeat(np.arange(60), drawn)), resamples=0)
        for name, value in metrics.values.items():
            assert draws.values[name][number] == pytest.approx(value, abs=1e-12, nan_ok=True), name
        for label, row in enumerate(metrics.per_label):
            assert draws.roc_auc[label, number] == pytest.approx(row.values["roc_auc"], abs=1e-12, nan_ok=True)


def test_every_figure_has_an_interval_that_holds_it_and_json_gives_the_same_record():
    metrics = measure(multilabel(300), resamples=100)
    check_reasons(metrics)
    assert not metrics.no_interval
    assert parse_record(json.dumps(strict(metrics)).encode(), MultilabelMetrics) == metrics


def test_thresholds_decide_which_labels_are_given():
    predictions = of([[1, 0]], [[0.3, 0.3]], [0.3, 0.31])
    assert predictions.predicted.tolist() == [[True, False]]
    never = predictions.with_thresholds(np.array([np.nextafter(1.0, 2.0)] * 2))
    assert not never.predicted.any()


def test_a_text_that_has_no_label_and_is_given_none_counts_as_right():
    metrics = measure(of([[0, 0], [1, 0]], [[0.1, 0.2], [0.9, 0.2]]), resamples=0)
    assert metrics.f1_samples == 1.0
    assert metrics.subset_accuracy == 1.0


def test_a_label_that_never_occurs_is_left_out_of_means_and_is_null_in_its_row():
    metrics = measure(of([[1, 0], [0, 0], [1, 0]], [[0.9, 0.1], [0.2, 0.3], [0.4, 0.2]]), resamples=20)
    absent = metrics.per_label[1]
    assert absent.n == absent.predicted == 0
    assert absent.f1 is absent.roc_auc is absent.average_precision is None
    assert metrics.f1_macro == metrics.per_label[0].f1
    assert "'b'" in metrics.no_interval["f1_macro"]


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [
        ([[1, 0, 1]], [[0.9, 0.1, 0.2]]),
        ([[0, 0]], [[0.0, 0.0]]),
        ([[1]], [[1.0]]),
        ([[0, 0]] * 30, [[0.0, 1.0]] * 30),
        ([[1, 1]] * 30, [[1.0, 1.0]] * 30),
        ([[1, 1]] * 30, [[0.0, 0.0]] * 30),
    ],
    ids=["one text", "one text of no label", "one label", "no label anywhere", "all labels everywhere", "all wrong"],
)
def test_extremes_give_values_or_null_with_a_reason(labels, probabilities):
    metrics = measure(of(labels, probabilities), resamples=20)
    strict(metrics)
    check_reasons(metrics)
    for row in metrics.per_label:
        check_reasons(row)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), n=st.integers(1, 14), count=st.integers(1, 4))
def test_no_data_crash_or_become_nan_and_no_order_of_texts_or_labels_matters(data, n, count):
    cell = st.lists(st.lists(st.booleans(), min_size=count, max_size=count), min_size=n, max_size=n)
    score = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
    scores = st.lists(st.lists(score, min_size=count, max_size=count), min_size=n, max_size=n)
    predictions = of(data.draw(cell), data.draw(scores))
    metrics = measure(predictions, resamples=10)
    strict(metrics)
    check_reasons(metrics)
    texts, columns = np.array(data.draw(st.permutations(range(n)))), np.array(data.draw(st.permutations(range(count))))
    moved = predictions.rows(texts)
    moved = MultilabelPredictions(
        moved.ids, tuple(moved.label_names[at] for at in columns), moved.labels[:, columns],
        moved.probabilities[:, columns], moved.thresholds[columns],
    )  # fmt: skip
    again = measure(moved, resamples=10)
    for name in metrics.metric_names:
        assert again.values[name] == pytest.approx(metrics.values[name], abs=1e-12, nan_ok=True), name
    assert {row.label: row.n for row in again.per_label} == {row.label: row.n for row in metrics.per_label}


@pytest.mark.parametrize(
    ("labels", "probabilities", "thresholds", "complaint"),
    [
        ([[1, 0]], [[0.5]], [0.5, 0.5], "found"),
        ([[1, 0]], [[0.5, 1.5]], [0.5, 0.5], "between 0 and 1"),
        ([[1, 0]], [[0.5, float("nan")]], [0.5, 0.5], "between 0 and 1"),
        ([[1, 0]], [[0.5, 0.5]], [0.5, float("nan")], "thresholds"),
        ([[1, 0]], [[0.5, 0.5]], [0.5], "found"),
        ([[2, 0]], [[0.5, 0.5]], [0.5, 0.5], "true or false"),
    ],
)
def test_parts_that_do_not_fit_are_refused(labels, probabilities, thresholds, complaint):
    with pytest.raises(DataError, match=complaint):
        MultilabelPredictions(("0",), ("a", "b"), np.array(labels), np.array(probabilities), np.array(thresholds))


def test_names_that_repeat_and_no_names_are_refused():
    for names in ((), ("a", "a")):
        shape = (1, len(names))
        with pytest.raises(DataError, match="label name"):
            MultilabelPredictions(("0",), names, np.zeros(shape, bool), np.zeros(shape), np.zeros(len(names)))


def test_no_predictions_are_refused():
    with pytest.raises(DataError, match="at least one"):
        measure(of(np.zeros((0, 2)), np.zeros((0, 2))))
