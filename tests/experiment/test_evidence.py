"""What is chosen is chosen on validation texts: test labels have no say in it."""

import numpy as np
import pytest

from tunelet.data import Examples
from tunelet.evaluation import Predictions, choose_threshold, measure, train_baseline, with_temperature
from tunelet.experiment._evidence import Classified, Evidence, Rival, gather_evidence
from tunelet.recipe import EvaluationSettings
from tunelet.run import Findings

NAMES = ("bad", "good")
WORDS = {0: ["dull", "poor", "slow", "weak"], 1: ["bright", "fine", "quick", "warm"]}


def part(seed: int, n: int, noise: float = 0.2) -> tuple[Examples, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    said = np.where(rng.random(n) < noise, 1 - labels, labels)
    texts = tuple(f"{rng.choice(WORDS[int(label)])} film {rng.integers(1000)}" for label in said)
    return Examples(tuple(map(str, range(n))), texts, tuple(NAMES[label] for label in labels)), labels


def classified(seed: int, n: int, labels: np.ndarray | None = None, sure: float = 3.0) -> Classified:
    """What a model that is too sure of itself makes of a part."""
    examples, own = part(seed, n)
    labels = own if labels is None else labels
    logits = np.random.default_rng(seed + 1).normal(0, 1, n) + 1.5 * (2 * own - 1)
    good = 1 / (1 + np.exp(-sure * logits))
    predictions = Predictions(examples.ids, NAMES, labels, np.stack([1 - good, good], axis=1))
    return Classified(examples, np.arange(n) % 40 + 3, predictions)


def gathered(test: Classified | None, aim: str = "f1", sure: float = 3.0) -> Evidence:
    validation = classified(2, 150, sure=sure)
    settings = EvaluationSettings(resamples=100, threshold=aim)
    return gather_evidence(validation, test, [baseline(validation, test)], settings, seed=1, model="encoder")


def baseline(validation: Classified, test: Classified | None) -> Rival:
    """TF-IDF, as a run has it: what it is, and what it makes of the texts that are reported on."""
    train, labels = part(1, 200)
    held_out, reported = validation.predictions, (test or validation).predictions
    made = train_baseline(train.texts, labels, validation.examples.texts, held_out.labels, len(NAMES))
    probabilities = made.probabilities((test or validation).examples.texts)
    found = Predictions(reported.ids, NAMES, reported.labels, probabilities)
    return Rival("baseline", "TF-IDF", made.features, made.strength, made.seconds, found)


def evidence(test: Classified | None, aim: str = "f1") -> Findings:
    return gathered(test, aim).findings


@pytest.mark.parametrize("aim", ["f1", "precision:0.9", "cost:1:5"])
def test_no_test_label_moves_anything_that_is_chosen(aim):
    labels = classified(3, 120).predictions.labels
    one = evidence(classified(3, 120), aim)
    other = evidence(classified(3, 120, np.random.default_rng(0).permutation(labels)), aim)
    assert one.temperature.value == other.temperature.value
    assert one.threshold.value == other.threshold.value
    assert one.baseline.strength == other.baseline.strength
    assert one.temperature.after != other.temperature.after  # what is reported does follow the test
    assert one.threshold.at_threshold != other.threshold.at_threshold


def test_where_validation_texts_are_reported_the_record_says_so():
    alone, beside = evidence(None), evidence(classified(3, 120))
    assert (alone.evaluated_on, alone.temperature.cross_fitted) == ("validation", True)
    assert (beside.evaluated_on, beside.temperature.cross_fitted) == ("test", False)
    assert alone.temperature.value > 1  # too sure: the temperature says less


def test_the_baseline_takes_the_strength_that_validation_texts_like_best():
    train, labels = part(1, 200, noise=0.4)
    # Texts that it knows reward a free model; others, with labels as noisy, a bound one.
    others, truth = part(9, 400, noise=0.4)
    free = train_baseline(train.texts, labels, train.texts, labels, 2).strength
    bound = train_baseline(train.texts, labels, others.texts, truth, 2).strength
    assert free > bound


def test_where_the_temperature_is_applied_everything_is_about_what_predict_gives():
    found = gathered(classified(3, 120, sure=12.0), sure=12.0)
    temperature = found.findings.temperature
    assert temperature.applied
    assert found.temperature.used == temperature.value
    given = with_temperature(classified(3, 120, sure=12.0).predictions, temperature.value)
    np.testing.assert_array_equal(found.test.predictions.probabilities, given.probabilities)
    assert found.findings.reliability == temperature.reliability != temperature.reliability_before
    chosen = with_temperature(classified(2, 150, sure=12.0).predictions, temperature.value)
    threshold = choose_threshold(chosen.labels == 1, chosen.probabilities[:, 1], "f1")
    assert found.findings.threshold.value == threshold.value
    loss = measure(given, resamples=0).values["log_loss"]
    baseline = found.findings.baseline
    difference = baseline.pair.differences["log_loss"]
    assert difference == pytest.approx(loss - baseline.metrics.log_loss)
