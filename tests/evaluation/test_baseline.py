"""TF-IDF without validation texts: its strength and its out-of-fold logits come from the training texts alone."""

import numpy as np
import pytest
from scipy.special import softmax

from tunelet.data import Examples, folds
from tunelet.evaluation import baseline_out_of_fold, baselines_by_fold, cross_validated_baseline
from tunelet.evaluation._ngrams import Corpus, side_by_side

pytestmark = pytest.mark.slow

WORDS = ["warm", "rye", "loaf", "cold", "burnt", "roll", "plain", "toast", "fresh", "stale", "sweet", "Zwölf", "шесть"]


def texts_and_labels(n, classes, seed=0):
    random = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    return [f"{WORDS[label]} {' '.join(random.choice(WORDS, 4))} {row}" for row, label in enumerate(labels)], labels


def folds_of(texts, labels):
    examples = Examples(tuple(map(str, range(len(texts)))), tuple(texts), tuple(map(str, labels)))
    return folds(examples, count=5, seed=0)


@pytest.mark.parametrize("classes", [2, 3])
def test_out_of_fold_logits_are_those_of_a_baseline_trained_on_the_other_folds(classes):
    texts, labels = texts_and_labels(260, classes)  # with 224 texts a rare term is one that occurs once
    cut = folds_of(texts, labels)
    found = baseline_out_of_fold(texts, labels, classes, cut, seed=0)
    for held_out in cut[:2]:
        rest = np.setdiff1d(np.arange(len(texts)), held_out)
        alone = cross_validated_baseline([texts[row] for row in rest], labels[rest], classes, seed=0)
        logits = alone.logits([texts[row] for row in held_out])
        np.testing.assert_allclose(softmax(found[held_out], axis=1), softmax(logits, axis=1), atol=1e-4)


def test_what_a_part_of_the_texts_teaches_is_what_it_would_teach_alone():
    texts, _ = texts_and_labels(250, 3)
    rows = np.arange(0, 230)
    known = Corpus(texts).learn(rows)
    alone = Corpus([texts[row] for row in rows]).learn(rows)
    for one, other in zip(known, alone, strict=True):
        assert one.ngrams().terms == other.ngrams().terms
        np.testing.assert_array_equal(one.weights, other.weights)
    counted = side_by_side([kind.features(np.arange(230, 250)) for kind in known])
    cut_again = side_by_side([kind.ngrams().features(texts[230:]) for kind in known])
    np.testing.assert_allclose(counted.toarray(), cut_again.toarray(), atol=1e-7)


def test_each_folds_baseline_answers_other_texts_as_if_they_had_not_been_there():
    texts, labels = texts_and_labels(60, 3)
    others = ["warm rye", "nothing known", "шесть", ""]
    cut = folds_of(texts, labels)
    found = baselines_by_fold(texts, labels, 3, cut, others, seed=0)
    np.testing.assert_array_equal(found.logits, baseline_out_of_fold(texts, labels, 3, cut, seed=0))
    assert len(found.others) == len(cut)
    for held_out, logits in zip(cut[:2], found.others, strict=False):
        rest = np.setdiff1d(np.arange(len(texts)), held_out)
        alone = cross_validated_baseline([texts[row] for row in rest], labels[rest], 3, seed=0).logits(others)
        np.testing.assert_allclose(softmax(logits, axis=1), softmax(alone, axis=1), atol=1e-4)


def test_out_of_fold_nothing_can_be_learnt_from_random_labels():
    texts, _ = texts_and_labels(200, 2)
    labels = np.random.default_rng(3).permutation(np.arange(200) % 2)
    logits = baseline_out_of_fold(texts, labels, 2, folds_of(texts, labels), seed=0)
    assert abs((logits.argmax(axis=1) == labels).mean() - 0.5) < 0.13


@pytest.mark.parametrize(
    "texts", [["a b", "c d", "a e", "c f"], ["!?", "?!", "!!!", "? ?"], ["one", "ONE", "two", "2"]]
)
def test_two_texts_a_class_are_enough(texts):
    labels = np.array([0, 1, 0, 1])
    assert np.isfinite(cross_validated_baseline(texts, labels, 2, seed=0).logits(texts)).all()
    assert np.isfinite(baseline_out_of_fold(texts, labels, 2, folds_of(texts, labels), seed=0)).all()
