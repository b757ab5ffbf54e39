"""Every metric is scikit-learn's; what is undefined is null; JSON is strict."""

import itertools
import json
import math

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as sk

from tunelet._foreign import ForeignFileError
from tunelet._record import parse_record
from tunelet.errors import DataError
from tunelet.evaluation import METRIC_NAMES, Metrics, Predictions, expected_calibration_error, measure


def random_predictions(seed: int, n: int, classes: int, *, decimals: int | None = 1) -> Predictions:
    """Every class occurs at least twice; rounding the logits to `decimals` makes many scores equal."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.tile(np.arange(classes), 2), rng.integers(0, classes, n - 2 * classes)])
    logits = rng.normal(size=(n, classes)) + 1.2 * np.eye(classes)[labels]
    if decimals is not None:
        logits = np.round(logits, decimals)
    exponentials = np.exp(logits)
    # Softmax of equal logits differs in the last bit by the order of the sum: round, so that equal scores are equal.
    probabilities = np.round(exponentials / exponentials.sum(axis=1, keepdims=True), 12 if decimals is None else 3)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    names = tuple(f"class {number:02}" for number in range(classes))
    return Predictions(tuple(map(str, range(n))), names, labels, probabilities)


def of(labels: list[int], probabilities: list[list[float]], names: tuple[str, ...] = ("no", "yes")) -> Predictions:
    return Predictions(tuple(map(str, range(len(labels)))), names, np.array(labels), np.array(probabilities))


def strict_json(metrics: Metrics) -> str:
    return json.dumps(metrics.to_dict(), allow_nan=False)


def plain_ece(predictions: Predictions) -> float:
    """Guo et al. 2017, equation 3, bin by bin as it is printed."""
    confidence = predictions.probabilities.max(axis=1)
    correct = predictions.probabilities.argmax(axis=1) == predictions.labels
    edges = np.linspace(0, 1, 16)
    total = 0.0
    for low, high in itertools.pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return total


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("decimals", [None, 1, 0], ids=["no ties", "some ties", "many ties"])
def test_binary_metrics_are_those_of_scikit_learn(seed: int, decimals: int | None) -> None:
    rng = np.random.default_rng([seed, 1])
    predictions = random_predictions(seed, int(rng.integers(8, 300)), 2, decimals=decimals)
    positive = seed % 2
    labels, predicted = predictions.labels, predictions.probabilities.argmax(axis=1)
    truth, score = (labels == positive).astype(int), predictions.probabilities[:, positive]
    expected = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "precision": sk.precision_score(labels, predicted, pos_label=positive, zero_division=np.nan),
        "recall": sk.recall_score(labels, predicted, pos_label=positive),
        "f1": sk.f1_score(labels, predicted, pos_label=positive),
        "f1_weighted": sk.f1_score(labels, predicted, average="weighted"),
        "f1_macro": sk.f1_score(labels, predicted, average="macro"),
        "roc_auc": sk.roc_auc_score(truth, score),
        "average_precision": sk.average_precision_score(truth, score),
        "log_loss": sk.log_loss(labels, predictions.probabilities, labels=[0, 1]),
        "ece": plain_ece(predictions),
    }
    found = measure(predictions, positive=positive, resamples=0)
    assert tuple(found.values) == METRIC_NAMES
    for name, value in expected.items():
        assert found.values[name] == pytest.approx(value, rel=0, abs=1e-12, nan_ok=True), name
    np.testing.assert_array_equal(found.confusion.counts, sk.confusion_matrix(labels, predicted, labels=[0, 1]))


@pytest.mark.parametrize("classes", range(3, 21))
def test_metrics_of_many_classes_are_the_macro_averages_of_scikit_learn(classes: int) -> None:
    predictions = random_predictions(classes, 40 * classes, classes)
    labels, predicted, p = predictions.labels, predictions.probabilities.argmax(axis=1), predictions.probabilities
    every = range(classes)
    expected = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "precision": sk.precision_score(labels, predicted, average="macro"),
        "recall": sk.recall_score(labels, predicted, average="macro"),
        "f1": sk.f1_score(labels, predicted, average="macro"),
        "f1_weighted": sk.f1_score(labels, predicted, average="weighted"),
        "f1_macro": sk.f1_score(labels, predicted, average="macro"),
        "roc_auc": sk.roc_auc_score(labels, p, multi_class="ovr", average="macro"),
        "average_precision": sk.average_precision_score(labels, p, average="macro"),
        "log_loss": sk.log_loss(labels, p, labels=list(every)),
        "ece": plain_ece(predictions),
    }
    found = measure(predictions, resamples=0)
    for name, value in expected.items():
        assert found.values[name] == pytest.approx(value, rel=0, abs=1e-12), name
    assert found.positive is None
    np.testing.assert_array_equal(found.confusion.counts, sk.confusion_matrix(labels, predicted))
    for label, row in enumerate(found.per_class):
        assert (row.n, row.predicted) == ((labels == label).sum(), (predicted == label).sum())
        assert row.recall == pytest.approx((predicted[labels == label] == label).mean(), abs=1e-12)
        assert row.roc_auc == pytest.approx(sk.roc_auc_score(labels == label, p[:, label]), abs=1e-12)


def test_the_positive_class_is_recognised_by_its_name() -> None:
    predictions = of([0, 0, 1, 1], [[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.9, 0.1]], ("yes", "no"))
    found = measure(predictions, resamples=0)
    assert found.positive == "yes"
    assert found.values["precision"] == pytest.approx(2 / 3)
    assert found.values["recall"] == 1.0


def test_a_class_that_does_not_occur_is_null_and_leaves_the_others_right() -> None:
    full = random_predictions(5, 200, 4)
    rows = full.labels != 2
    predictions = Predictions(
        tuple(np.array(full.ids)[rows]), full.label_names, full.labels[rows], full.probabilities[rows]
    )
    found = measure(predictions, resamples=200)
    labels, predicted, p = predictions.labels, predictions.predicted, predictions.probabilities
    absent, present = found.per_class[2], [0, 1, 3]
    assert absent.n == 0
    assert absent.predicted > 0
    assert absent.precision == 0.0
    assert absent.f1 == 0.0
    assert absent.recall is absent.roc_auc is absent.average_precision is None
    recalls = sk.recall_score(labels, predicted, labels=present, average=None)
    assert found.values["recall"] == pytest.approx(recalls.mean(), abs=1e-12)
    areas = [sk.roc_auc_score(labels == label, p[:, label]) for label in present]
    assert found.values["roc_auc"] == pytest.approx(np.mean(areas), abs=1e-12)
    precisions = [sk.average_precision_score(labels == label, p[:, label]) for label in present]
    assert found.values["average_precision"] == pytest.approx(np.mean(precisions), abs=1e-12)
    assert found.values["f1_macro"] == pytest.approx(sk.f1_score(labels, predicted, average="macro"), abs=1e-12)
    assert found.values["log_loss"] == pytest.approx(sk.log_loss(labels, p, labels=[0, 1, 2, 3]), abs=1e-12)
    assert found.no_interval["recall"] == found.no_interval["roc_auc"] == "fewer than 3 texts of 'class 02'"
    assert all(low <= high for name, (low, high) in found.intervals.items() if name not in found.no_interval)
    assert json.loads(strict_json(found))["per_class"][2]["recall"] is None


@pytest.mark.parametrize(
    ("only", "accuracy", "recall", "average_precision"),
    [(0, 1 / 3, None, None), (1, 2 / 3, 2 / 3, 1.0)],
    ids=["negative texts only", "positive texts only"],
)
def test_one_true_class_leaves_undefined_what_needs_two(
    only: int, accuracy: float, recall: float | None, average_precision: float | None
) -> None:
    flat = json.loads(strict_json(measure(of([only] * 3, [[0.2, 0.8], [0.9, 0.1], [0.3, 0.7]]), resamples=50)))
    assert flat["roc_auc"] is None
    assert flat["roc_auc_ci"] is None
    assert flat["recall"] == recall
    assert (flat["recall_ci"] is None) == (recall is None)
    assert flat["average_precision"] == average_precision
    assert flat["accuracy"] == accuracy
    assert flat["accuracy_ci"] is not None


def test_the_precision_of_a_class_that_is_never_predicted_is_null() -> None:
    found = measure(of([0, 1, 0, 1], [[0.9, 0.1]] * 4), resamples=50)
    flat = json.loads(strict_json(found))
    assert flat["precision"] is None
    assert flat["precision_ci"] is None
    assert flat["recall"] == flat["f1"] == 0.0
    assert flat["roc_auc"] == flat["average_precision"] == 0.5  # constant scores: chance, and the share of positives
    assert flat["roc_auc_ci"] is None  # every draw says 0.5: that is no interval


def test_one_text_that_was_called_positive_says_little_of_the_precision() -> None:
    labels = [0] * 20 + [1] * 20
    probabilities = [[0.9, 0.1]] * 39 + [[0.1, 0.9]]
    found = measure(of(labels, probabilities), resamples=200)
    assert found.intervals["precision"] == pytest.approx(_wilson(1, 1), abs=1e-12)
    assert found.intervals["recall"] == pytest.approx(_wilson(1, 20), abs=1e-12)


@pytest.mark.parametrize("classes", [2, 3, 20])
def test_perfect_probabilities_are_perfect_and_every_figure_keeps_its_doubt(classes: int) -> None:
    labels = list(range(classes)) * 4
    names = tuple(f"class {number:02}" for number in range(classes))
    found = measure(of(labels, np.eye(classes)[labels].tolist(), names), resamples=50)
    for name in METRIC_NAMES:
        best = 0.0 if name in ("log_loss", "ece") else 1.0
        assert found.values[name] == pytest.approx(best, abs=1e-12), name
        low, high = found.intervals[name]
        if name in ("log_loss", "ece"):  # what a mistake costs is not known where there was none
            assert math.isnan(low)
            assert found.no_interval[name]
        else:
            assert 0.4 < low < 0.99, name
            assert high == 1.0, name
            assert name not in found.no_interval
    assert found.intervals["accuracy"] == pytest.approx(_wilson(len(labels), len(labels)), abs=1e-12)
    assert found.per_class[0].intervals["recall"] == pytest.approx(_wilson(4, 4), abs=1e-12)


def _wilson(right: int, n: int) -> tuple[float, float]:
    found = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return found.low, found.high


@pytest.mark.parametrize(("n", "classes"), [(1, 2), (3, 2), (20, 2), (20, 5), (40, 28), (60, 3), (300, 28)])
def test_every_figure_has_an_interval_about_it_or_a_reason_for_none(n: int, classes: int) -> None:
    for seed in range(5):
        rng = np.random.default_rng([n, classes, seed])
        labels = rng.integers(0, classes, n)
        probabilities = rng.dirichlet(np.ones(classes), n) + 3 * np.eye(classes)[labels] * rng.integers(0, 2, (n, 1))
        made = of(list(labels), (probabilities / probabilities.sum(axis=1, keepdims=True)).tolist(),
                  tuple(f"c{number:02}" for number in range(classes)))  # fmt: skip
        flat = json.loads(strict_json(measure(made, resamples=50, seed=seed)))
        for row, names in ((flat, METRIC_NAMES), *((row, ("precision", "recall", "f1", "roc_auc"))
                           for row in flat["per_class"])):  # fmt: skip
            for name in names:
                bounds = row[f"{name}_ci"]
                assert (bounds is None) == (name in row["no_interval"]), name
                if bounds is not None:
                    assert 0 <= bounds[0] < bounds[1], name
                    assert name == "ece" or bounds[0] <= row[name] <= bounds[1], name
                else:
                    assert row["no_interval"][name]


def test_a_named_label_is_measured_against_the_rest() -> None:
    predictions = random_predictions(3, 90, 3)
    found = measure(predictions, positive=1, resamples=50)
    row = found.per_class[1]
    assert found.positive == "class 01"
    for name in ("precision", "recall", "f1", "roc_auc", "average_precision"):
        assert found.values[name] == pytest.approx(getattr(row, name), abs=1e-12)
        assert found.intervals[name] == row.intervals[name]
    macro = measure(predictions, resamples=50)
    assert found.values["f1_macro"] == pytest.approx(macro.values["f1_macro"])
    assert found.intervals["f1_macro"] == macro.intervals["f1_macro"]


def test_certain_mistakes_have_a_finite_loss() -> None:
    found = measure(of([0, 1], [[0.0, 1.0], [1.0, 0.0]]), resamples=20)
    worst = -math.log(np.finfo(np.float64).eps)
    assert found.values["log_loss"] == pytest.approx(worst, abs=1e-12)
    assert found.values["roc_auc"] == 0.0
    assert found.values["ece"] == 1.0
    strict_json(found)


@pytest.mark.parametrize("label", [0, 1])
def test_a_single_text_can_be_measured(label: int) -> None:
    found = measure(of([label], [[0.25, 0.75]]), resamples=20)
    assert found.n == 1
    assert found.values["accuracy"] == label
    low, high = found.intervals["accuracy"]
    assert (low, high) == pytest.approx((0.2065, 1.0) if label else (0.0, 0.7935), abs=1e-4)
    assert found.values["log_loss"] == pytest.approx(-math.log((0.25, 0.75)[label]))
    strict_json(found)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below_it() -> None:
    edges = np.linspace(0, 1, 16)
    confidence = np.array([edges[8], np.nextafter(edges[8], 1)])
    correct = np.array([True, False])
    apart = (abs(1 - confidence[0]) + abs(0 - confidence[1])) / 2
    assert expected_calibration_error(confidence, correct) == pytest.approx(apart, abs=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_metrics_survive_the_way_through_json(classes: int) -> None:
    full = random_predictions(3, 60, classes)
    rows = np.flatnonzero(full.labels != 1)  # so that undefined values make the journey too
    part = Predictions(
        tuple(full.ids[row] for row in rows), full.label_names, full.labels[rows], full.probabilities[rows]
    )
    for predictions in (full, part):
        before = measure(predictions, resamples=100)
        after = parse_record(strict_json(before).encode(), Metrics)
        assert strict_json(after) == strict_json(before)
        assert after == before
        np.testing.assert_array_equal(after.confusion.counts, before.confusion.counts)
        assert after.confusion.counts.dtype == np.int64
        assert after.positive == before.positive
        np.testing.assert_equal(dict(after.values), dict(before.values))
        np.testing.assert_equal(dict(after.intervals), dict(before.intervals))


def test_the_flat_form_has_every_metric_of_the_contract_with_its_interval() -> None:
    flat = measure(random_predictions(0, 120, 2), resamples=50).to_dict()  # enough for every interval
    for name in METRIC_NAMES:
        low, high = flat[f"{name}_ci"]
        assert low <= high
        assert isinstance(flat[name], float)
    assert flat["n"] == 120
    assert flat["confusion"]["labels"] == ["class 00", "class 01"]
    assert np.sum(flat["confusion"]["matrix"]) == 120
    without = measure(random_predictions(0, 50, 2), resamples=0).to_dict()
    assert not [name for name in without if name.endswith("_ci")]
    assert parse_record(json.dumps(without).encode(), Metrics).intervals == {}


def test_damaged_metrics_are_refused_in_one_line() -> None:
    flat = measure(random_predictions(0, 50, 2), resamples=0).to_dict()
    del flat["roc_auc"]
    with pytest.raises(ForeignFileError, match="'roc_auc' is missing") as caught:
        parse_record(json.dumps(flat).encode(), Metrics)
    assert "\n" not in str(caught.value)
    with pytest.raises(ForeignFileError, match="'per_class' should be"):
        parse_record(json.dumps(flat | {"roc_auc": 0.5, "per_class": 3}).encode(), Metrics)
    with pytest.raises(ForeignFileError, match="'roc_auc' should be a finite number"):
        parse_record(json.dumps(flat | {"roc_auc": math.nan}).encode(), Metrics)


def test_what_cannot_be_measured_is_refused() -> None:
    nothing = Predictions((), ("a", "b"), np.zeros(0, dtype=np.int64), np.zeros((0, 2)))
    with pytest.raises(DataError, match="at least one prediction"):
        measure(nothing)
    with pytest.raises(DataError, match="positive class"):
        measure(random_predictions(0, 50, 3), positive=3)
    with pytest.raises(DataError, match="positive class"):
        measure(random_predictions(0, 50, 2), positive=2)
    with pytest.raises(DataError, match="resamples"):
        measure(random_predictions(0, 50, 2), resamples=-1)
