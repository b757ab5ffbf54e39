"""Slices hold every text once; the errors shown are the most confident ones; the baseline learns."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tunelet.evaluation import Predictions, by_length, confident_errors, train_baseline


def predictions(n: int, seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    labels = rng.integers(0, 2, n)
    return Predictions(tuple(map(str, range(n))), ("no", "yes"), labels, np.stack([1 - score, score], axis=1))


@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=200))
def test_slices_part_the_texts_by_length(lengths):
    found = by_length(predictions(len(lengths)), np.array(lengths))
    assert sum(each.n for each in found) == len(lengths)
    assert all(one.longest < other.shortest for one, other in itertools.pairwise(found))
    assert (found[0].shortest, found[-1].longest) == (min(lengths), max(lengths))


def test_accuracy_by_length_is_that_of_the_slice():
    made, lengths = predictions(400), np.random.default_rng(1).integers(1, 512, 400)
    right = made.predicted == made.labels
    for each in by_length(made, lengths):
        inside = (lengths >= each.shortest) & (lengths <= each.longest)
        assert each.accuracy == right[inside].mean()
        assert each.accuracy_ci[0] <= each.accuracy <= each.accuracy_ci[1]


def test_errors_are_wrong_and_fall_in_confidence():
    made = predictions(300)
    rows = confident_errors(made, 12)
    assert len(rows) == 12
    assert (made.predicted[rows] != made.labels[rows]).all()
    assert (np.diff(made.confidence[rows]) <= 0).all()
    wrong = made.predicted != made.labels
    assert made.confidence[rows[-1]] >= np.sort(made.confidence[wrong])[-12]
    assert len(confident_errors(made, 0)) == 0


def test_the_baseline_learns_words_and_chooses_on_validation_texts():
    rng = np.random.default_rng(0)
    words = {0: ["dull", "poor", "slow"], 1: ["bright", "fine", "quick"], 2: ["salt", "bread", "oil"]}

    def texts(n: int) -> tuple[list[str], np.ndarray]:
        labels = np.arange(n) % 3
        return [" ".join([*rng.choice(words[int(label)], 2), "and", "some", "more"]) for label in labels], labels

    train, train_labels = texts(60)
    held_out, held_out_labels = texts(30)
    found = train_baseline(train, train_labels, held_out, held_out_labels, 3)
    probabilities = found.probabilities(held_out)
    assert probabilities.shape == (30, 3)
    assert (probabilities.argmax(axis=1) == held_out_labels).mean() > 0.95
    assert found.features > 9
