"""What is chosen is chosen on validation texts: test labels have no say in it."""

import numpy as np
import pytest

from tunelet._evidence import Classified, gather_evidence
from tunelet.data import Examples
from tunelet.evaluation import Predictions, train_baseline
from tunelet.recipe import EvaluationSettings

NAMES = ("bad", "good")
WORDS = {0: ["dull", "poor", "slow", "weak"], 1: ["bright", "fine", "quick", "warm"]}


def part(seed: int, n: int, noise: float = 0.2) -> tuple[Examples, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    said = np.where(rng.random(n) < noise, 1 - labels, labels)
    texts = tuple(f"{rng.choice(WORDS[int(label)])} film {rng.integers(1000)}" for label in said)
    return Examples(tuple(map(str, range(n))), texts, tuple(NAMES[label] for label in labels)), labels


def classified(seed: int, n: int, labels: np.ndarray | None = None) -> Classified:
    """What a model that is too sure of itself makes of a part."""
    examples, own = part(seed, n)
    labels = own if labels is None else labels
    logits = np.random.default_rng(seed + 1).normal(0, 1, n) + 1.5 * (2 * own - 1)
    good = 1 / (1 + np.exp(-3 * logits))
    predictions = Predictions(examples.ids, NAMES, labels, np.stack([1 - good, good], axis=1))
    return Classified(examples, np.arange(n) % 40 + 3, predictions)


def evidence(test: Classified | None, aim: str = "f1") -> dict:
    train, labels = part(1, 200)
    settings = EvaluationSettings(resamples=100, threshold=aim)
    return gather_evidence(train, labels, classified(2, 150), test, settings, seed=1, model="encoder").record


@pytest.mark.parametrize("aim", ["f1", "precision:0.9", "cost:1:5"])
def test_no_test_label_moves_anything_that_is_chosen(aim):
    labels = classified(3, 120).predictions.labels
    one = evidence(classified(3, 120), aim)
    other = evidence(classified(3, 120, np.random.default_rng(0).permutation(labels)), aim)
    assert one["temperature"]["value"] == other["temperature"]["value"]
    assert one["threshold"]["value"] == other["threshold"]["value"]
    assert one["baseline"]["strength"] == other["baseline"]["strength"]
    assert one["temperature"]["after"] != other["temperature"]["after"]  # what is reported does follow the test
    assert one["threshold"]["at_threshold"] != other["threshold"]["at_threshold"]


def test_where_validation_texts_are_reported_the_record_says_so():
    alone, beside = evidence(None), evidence(classified(3, 120))
    assert (alone["evaluated_on"], alone["temperature"]["cross_fitted"]) == ("validation", True)
    assert (beside["evaluated_on"], beside["temperature"]["cross_fitted"]) == ("test", False)
    assert alone["temperature"]["value"] > 1  # too sure: the temperature says less


def test_the_baseline_takes_the_strength_that_validation_texts_like_best():
    train, labels = part(1, 200, noise=0.4)
    # Texts that it knows reward a free model; others, with labels as noisy, a bound one.
    others, truth = part(9, 400, noise=0.4)
    free = train_baseline(train.texts, labels, train.texts, labels, 2).strength
    bound = train_baseline(train.texts, labels, others.texts, truth, 2).strength
    assert free > bound
