"""Baselines of every shape learn words, choose by texts they have not seen, and compute the same from their parts."""

import numpy as np
import pytest

from tunelet.data import deal
from tunelet.evaluation import (
    LabelSolver,
    RatingSolver,
    RidgeSolver,
    WordsBaseline,
    cross_validated_multilabel_baseline,
    cross_validated_words,
    rating_probabilities,
    train_multilabel_baseline,
    train_words,
    words_by_fold,
)

WORDS = ("acting", "plot", "music", "camera")
RATES = ("awful", "weak", "fine", "good", "superb")


def labelled(n, *, seed=0):
    """Texts that name some of four things, and which."""
    rng = np.random.default_rng(seed)
    labels = rng.random((n, 4)) < np.array([0.5, 0.4, 0.2, 0.1])
    names = [" ".join(word for word, there in zip(WORDS, row, strict=True) if there) for row in labels]
    return [f"the {name} of number {number}" for number, name in enumerate(names)], labels


def rated(n, *, seed=0):
    """Texts with two words that say how good it is; their sum makes the rating, from 0 to 4."""
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 5, (n, 2))
    ratings = words.sum(axis=1) // 2
    return [f"{RATES[one]} and {RATES[two]}, number {at}" for at, (one, two) in enumerate(words)], ratings


def test_labels_are_learnt_with_thresholds_chosen_on_unseen_texts():
    texts, labels = labelled(240)
    others, truth = labelled(80, seed=1)
    for baseline in (
        cross_validated_multilabel_baseline(texts, labels, seed=0),
        train_multilabel_baseline(texts, labels, *labelled(80, seed=2)),
    ):
        found = baseline.probabilities(others) >= baseline.thresholds
        assert (found == truth).mean() > 0.95
        assert baseline.thresholds.shape == (4,)
        assert baseline.words.coefficients.shape == (4, baseline.words.features)


def test_ratings_are_learnt_question_by_question():
    texts, ratings = rated(240)
    others, truth = rated(80, seed=1)
    baseline = train_words(RatingSolver(5), texts, ratings, *rated(80, seed=2))
    chances = rating_probabilities(baseline.logits(others))
    assert baseline.coefficients.shape == (4, baseline.features)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    answers = (chances.cumsum(axis=1) >= 0.5).argmax(axis=1)
    assert np.abs(answers - truth).mean() < 0.35


def test_numbers_are_learnt():
    texts, ratings = rated(240)
    others, truth = rated(80, seed=1)
    baseline = cross_validated_words(RidgeSolver(), texts, 100.0 * ratings, seed=0)
    assert np.abs(baseline.logits(others)[:, 0] - 100 * truth).mean() < 40


@pytest.mark.parametrize(
    "solver", [LabelSolver(), RatingSolver(5), RidgeSolver()], ids=["labels", "ratings", "numbers"]
)
def test_out_of_fold_answers_of_a_fold_do_not_depend_on_its_targets(solver):
    if isinstance(solver, LabelSolver):
        texts, targets = labelled(60)
    else:
        texts, targets = rated(60)
    folds = deal([[row] for row in range(60)], solver.strata(targets), count=3, seed=0)
    found = words_by_fold(solver, texts, targets, folds, ["acting superb"], strength=1.0, seed=0)
    turned = targets.copy()
    turned[folds[0]] = turned[folds[0]][::-1]
    again = words_by_fold(solver, texts, turned, folds, ["acting superb"], strength=1.0, seed=0)
    np.testing.assert_array_equal(found.logits[folds[0]], again.logits[folds[0]])
    assert len(found.others) == 3
    assert found.others[0].shape == (1, found.logits.shape[1])


def test_a_copy_of_the_parts_gives_the_same_bits():
    texts, labels = labelled(80)
    words = train_words(LabelSolver(), texts, labels, *labelled(40, seed=2))
    copy = WordsBaseline(words.kinds, words.coefficients.copy(), words.intercepts.copy(), words.strength, 0.0)
    np.testing.assert_array_equal(copy.logits(texts), words.logits(texts))


def test_labels_that_no_text_has_or_all_have_get_a_constant_probability():
    texts, labels = labelled(60)
    labels[:, 0], labels[:, 1] = True, False
    baseline = cross_validated_multilabel_baseline(texts, labels, seed=0)
    chances = baseline.probabilities(["acting", "nothing at all"])
    assert chances[0, 0] == chances[1, 0] > 0.95
    assert chances[0, 1] == chances[1, 1] < 0.05


@pytest.mark.parametrize("n", [1, 2, 3])
def test_very_few_texts_give_a_baseline(n):
    texts, labels = labelled(n)
    assert cross_validated_multilabel_baseline(texts, labels, seed=0).probabilities(texts).shape == (n, 4)
    ratings = np.arange(n) % 3
    assert cross_validated_words(RatingSolver(3), texts, ratings, seed=0).logits(texts).shape == (n, 2)
    assert cross_validated_words(RidgeSolver(), texts, ratings.astype(float), seed=0).logits(texts).shape == (n, 1)
