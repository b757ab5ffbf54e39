"""A run of ratings in order: cumulative logits, the median as the answer, and figures that know distance."""

import json

import numpy as np
import pytest

import tunelet
from several_labels import rated
from tunelet.data import OUTPUTS
from tunelet.errors import DataError
from tunelet.evaluation import OrdinalMetrics, rating_probabilities

RATINGS = ("1", "2", "3", "4", "5")


@pytest.fixture(scope="module")
def run(ratings_run):
    return ratings_run


def test_cumulative_logits_become_probabilities_that_sum_to_1_whatever_their_order():
    logits = np.random.default_rng(0).normal(size=(50, 4)) * 3
    probabilities = OUTPUTS["ordinal"].probabilities(logits)
    assert probabilities.shape == (50, 5)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(probabilities, rating_probabilities(logits))  # of linear models of ratings
    falling = np.sort(logits, axis=1)[:, ::-1]
    above = OUTPUTS["ordinal"].probabilities(falling)[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    np.testing.assert_allclose(above, 1 / (1 + np.exp(-falling)))


def test_it_is_measured_by_distance_and_says_what_its_logits_are(run):
    assert isinstance(run.metrics, OrdinalMetrics)
    assert run.metrics.n == 60
    assert 0 <= run.metrics.mae <= 4
    assert run.label_names == RATINGS
    config = json.loads((run.folder.weights / "config.json").read_text())
    assert list(config["label2id"]) == ["> 1", "> 2", "> 3", "> 4"]
    assert set(run.shaped_evaluation.rivals) <= {"baseline", "probe"}


def test_the_answer_is_the_median_and_other_data_is_measured_alike(run):
    classifier = tunelet.Classifier.load(run)
    texts = [str(row["text"]) for row in rated(20, 5)]
    answers, probabilities = classifier.predict(texts), classifier.probabilities(texts)
    for answer, row in zip(answers, probabilities, strict=True):
        median = RATINGS[int((row.cumsum() >= 0.5 - 1e-9).argmax())]
        assert answer.label == median
        assert answer.probability == answer.probabilities[median]
        assert answer.expected == pytest.approx(row @ np.arange(1, 6))
    assert classifier.logits(texts).shape == (20, 4)
    (empty, unsure) = classifier.predict(["", texts[0]], min_confidence=1.0)
    assert (empty.label, unsure.label) == (None, None)
    with pytest.raises(DataError, match="ratings"):
        classifier.predict(texts, threshold=0.5)
    assert tunelet.evaluate(run, rated(60, 2), label="stars").metrics.mae == run.metrics.mae
    baseline = tunelet.evaluate(run, rated(60, 2), label="stars", baseline=True).metrics
    assert baseline.mae == pytest.approx(run.shaped_evaluation.baseline.metrics.mae)


def test_its_report_and_screen_speak_of_distance(run, tmp_path):
    page = tunelet.report(run, tmp_path / "report").page.read_text()
    assert "mean absolute error" in page
    assert "median" in page


def test_ratings_are_numbers_and_are_proposed_where_a_column_is_called_so():
    reading = tunelet.read(rated(20, 1), label="stars")
    assert reading.labels.value.task == "multiclass"
    assert any("data.task=ordinal" in note for note in reading.notes)
    assert not any("ordinal" in note for note in tunelet.read(rated(20, 1), label="stars", task="ordinal").notes)
    words = [{"text": f"text {number}", "stars": ("good", "bad")[number % 2]} for number in range(8)]
    with pytest.raises(DataError, match="expected numbers") as raised:
        tunelet.read(words, label="stars", task="ordinal")
    assert "label_names" in raised.value.hint
