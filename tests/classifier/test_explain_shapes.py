"""Explanations of several labels a text and of ratings: whose words they are, and that they sum up."""

import json

import numpy as np
import pytest
import torch

import tunelet
from command_line import call
from several_labels import WORDS, priced, rated, rows
from tunelet import BaselineClassifier, Classifier, LabelsExplanation, NumberExplanation, RatingExplanation
from tunelet.data import OUTPUTS
from tunelet.errors import DataError
from tunelet.explain import explanations_page, quantity_of
from tunelet.run import Task

TEXTS = [row["text"] for row in rows(12, 9)]
RATED = [str(row["text"]) for row in rated(6, 9)]


def total(explanation):
    return sum(word.contribution for word in explanation.words)


@pytest.fixture(scope="module")
def labels(labels_run):
    return Classifier.load(labels_run, device="cpu")


@pytest.fixture(scope="module")
def ratings(ratings_run):
    return Classifier.load(ratings_run, device="cpu")


def test_every_label_that_is_given_is_explained_and_the_likeliest_comes_first(labels):
    for text, found, answer in zip(TEXTS, labels.explain(TEXTS), labels.predict(TEXTS), strict=True):
        assert isinstance(found, LabelsExplanation)
        assert found.labels == answer.labels
        assert found.predicted == answer.label
        likeliest = max(answer.probabilities, key=answer.probabilities.__getitem__)
        assert [each.label for each in found.each] == (list(answer.labels) or [likeliest])
        for each in found.each:
            assert each.probability == answer.probabilities[each.label]
            assert each.completeness_error <= 0.02 or abs(total(each) - each.log_odds + each.reference_log_odds) < 2e-3
            assert [word.text for word in each.words] == text.split()


def test_one_label_is_explained_by_its_own_log_odds(labels):
    (found,) = labels.explain([TEXTS[0]], label="love")
    assert found.label == "love"
    assert found.others == ()
    (probability,) = labels.probabilities([TEXTS[0]])[:, list(WORDS).index("love")]
    assert found.log_odds == pytest.approx(np.log(probability / (1 - probability)), abs=0.05)
    with pytest.raises(DataError, match="no label"):
        labels.explain(TEXTS, label="hate")


def test_a_word_of_a_label_speaks_for_it_in_the_baseline(labels_run):
    baseline = BaselineClassifier.load(labels_run)
    (found,) = baseline.explain(["a happy window by the river"], label="joy")
    strongest = max(found.words, key=lambda word: word.contribution)
    assert strongest.text == "happy"
    assert found.completeness_error < 1e-6
    assert total(found) == pytest.approx(found.log_odds - found.reference_log_odds)


def test_ratings_are_explained_by_their_mean(ratings, ratings_run):
    answers = ratings.predict(RATED)
    for found, answer in zip(ratings.explain(RATED), answers, strict=True):
        assert isinstance(found, RatingExplanation)
        assert found.label == found.predicted == answer.label
        assert found.log_odds is None
        assert found.expected == pytest.approx(answer.expected, abs=0.05)
        assert abs(total(found) - found.expected + found.reference_expected) <= 0.02 * max(
            0.1, abs(found.expected - found.reference_expected)
        )
    (found,) = BaselineClassifier.load(ratings_run).explain(["splendid splendid dismal table"])
    by_word = {word.text: word.contribution for word in found.words}
    assert by_word["splendid"] > 0 > by_word["dismal"]
    assert total(found) == pytest.approx(found.expected - found.reference_expected)
    with pytest.raises(DataError, match="together"):
        ratings.explain(RATED, label="3")


def test_numbers_are_explained_in_their_unit(numbers_run):
    classifier, texts = Classifier.load(numbers_run, device="cpu"), [str(row["text"]) for row in priced(4, 9)]
    for found, answer in zip(classifier.explain(texts), classifier.predict(texts), strict=True):
        assert isinstance(found, NumberExplanation)
        assert (found.label, found.probability) == (answer.label, None)
        assert found.number == pytest.approx(answer.value, rel=1e-3)
        assert total(found) == pytest.approx(found.number - found.reference_number, rel=0.02)
    (found,) = BaselineClassifier.load(numbers_run).explain(["splendid splendid dismal table"])
    by_word = {word.text: word.contribution for word in found.words}
    assert by_word["splendid"] > 0 > by_word["dismal"]
    with pytest.raises(DataError, match="no label"):
        classifier.explain(texts, label="3")


@pytest.mark.parametrize("shape", ["multiclass", "multilabel", "ordinal"])
def test_what_is_explained_is_the_same_in_numpy_and_torch_with_its_gradient(shape):
    names = ("1", "2", "4", "5")
    task = Task(names, ("text",), "label", clean_markup=True, positive=None, threshold=None, shape=shape)
    quantity = quantity_of(task)
    logits = np.random.default_rng(0).normal(size=(6, len(task.outputs)))
    probabilities = OUTPUTS[shape].probabilities(logits)
    for label in range(len(task.outputs)):
        tensor = torch.from_numpy(logits).requires_grad_()
        value = quantity.of_tensor(tensor, label)
        (gradient,) = torch.autograd.grad(value.sum(), tensor)
        np.testing.assert_allclose(quantity.value(logits, label), value.detach().numpy())
        np.testing.assert_allclose(quantity.gradient(logits, label), gradient.numpy(), atol=1e-12)
        p = probabilities[:, label]
        meant = probabilities @ [float(name) for name in names] if shape == "ordinal" else np.log(p / (1 - p))
        np.testing.assert_allclose(quantity.value(logits, label), meant)


def test_a_text_with_nothing_to_read_has_no_words(labels, ratings):
    for classifier in (labels, ratings):
        (found,) = classifier.explain([" "])
        assert (found.label, found.value, found.words, list(found.each)) == (None, None, (), [found])


def test_the_command_shows_every_label_and_prints_one_object(labels_run, ratings_run, labels, capsys, tmp_path):
    text = next(text for text, answer in zip(TEXTS, labels.predict(TEXTS), strict=True) if len(answer.labels) > 1)
    (expected,) = labels.predict([text])
    shown = call(capsys, "explain", str(labels_run.path), text).stdout
    assert shown.count("Log odds") == len(expected.labels)
    (said,) = json.loads(call(capsys, "explain", str(labels_run.path), text, "--json").stdout)["explanations"]
    assert said["labels"] == list(expected.labels)
    assert [each["label"] for each in said["others"]] == list(expected.labels)[1:]
    assert "Expected rating" in call(capsys, "explain", str(ratings_run.path), RATED[0]).stdout
    page = explanations_page(labels.explain([text]), tmp_path / "page.html").read_text()
    assert page.count("<section>") == len(expected.labels)
    tunelet.explanations_page(tunelet.Classifier.load(ratings_run).explain(RATED[:1]), tmp_path / "ratings.html")
    assert "expected rating" in (tmp_path / "ratings.html").read_text()
