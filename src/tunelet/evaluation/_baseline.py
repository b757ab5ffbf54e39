"""The baseline that keeps us honest: TF-IDF of words and of characters, and logistic regression, by scikit-learn.

It needs seconds, and on many tasks it is hard to beat (Wang and Manning 2012). Its one setting, the strength of the
regularisation, is chosen by log loss: on the validation texts, as an encoder's best epoch is, or by cross-validation
where all labelled texts are for training.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.data import copies
from tunelet.evaluation._linear import FeatureSplit, Linear, choose_strength, fit_linear, splits_to_choose_by
from tunelet.evaluation._ngrams import Corpus, Known, known_features, side_by_side
from tunelet.evaluation._trained_words import TrainedWords

_STRENGTHS = (1.0, 10.0, 100.0)  # C of scikit-learn, larger is freer


class Baseline(TrainedWords):
    """A trained baseline of classes; of two classes it has one row of coefficients, for the second."""

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Logit of each class for each text, float64 [n, classes]."""
        scores = self.scores(texts)
        if scores.shape[1] == 1:
            scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
        return scores

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probability of each class for each text, float64 [n, classes]."""
        from scipy.special import softmax

        probabilities: NDArray[np.float64] = softmax(self.logits(texts), axis=1)
        return probabilities


def train_baseline(
    texts: Sequence[str],
    labels: np.ndarray,
    validation_texts: Sequence[str],
    validation_labels: np.ndarray,
    classes: int,
) -> Baseline:
    """Train on the texts that the encoder is trained on.

    Args:
        texts: [n].
        labels: int64 [n]; every class from 0 to `classes` - 1 occurs.
        validation_texts, validation_labels: to choose the regularisation on.
        classes: how many.
    """
    begin = time.perf_counter()
    everything = np.arange(len(texts))
    known = Corpus(texts).learn(everything)
    train = known_features(known, everything)
    held_out = side_by_side([kind.ngrams().features(validation_texts) for kind in known])
    strength = choose_strength([FeatureSplit(train, labels, held_out, validation_labels)], classes, _STRENGTHS)
    return _baseline(known, fit_linear(train, labels, classes, strength), strength, begin)


def cross_validated_baseline(texts: Sequence[str], labels: np.ndarray, classes: int, *, seed: int) -> Baseline:
    """Train on all texts; the strength is chosen by cross-validation on them, copies of a text in the same fold.

    Args:
        texts: [n].
        labels: int64 [n]. A class without a text gets a small constant probability.
        classes: how many.
        seed: of the folds.
    """
    begin = time.perf_counter()
    everything, corpus = np.arange(len(texts)), Corpus(texts)
    known = corpus.learn(everything)
    linear, strength = _cross_validated(corpus, texts, labels, everything, classes, seed)
    return _baseline(known, linear, strength, begin)


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Logits of baselines, one for each fold, that was trained on the other folds.

    Attributes:
        logits: of each text by the baseline that has not seen it, float64 [n, classes].
        others: of other texts by each baseline in turn, float64 [m, classes]; empty where there are no other texts.
    """

    logits: NDArray[np.float64]
    others: tuple[NDArray[np.float64], ...]


def baseline_out_of_fold(
    texts: Sequence[str],
    labels: np.ndarray,
    classes: int,
    folds: Sequence[NDArray[np.int64]],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Logits of each text by a baseline that has not seen its fold, neither for its words nor to choose its strength.

    Args:
        texts, labels, classes, seed: as `cross_validated_baseline` has them.
        folds: the rows that each fold holds out, as `tunelet.data.folds` gives them.

    Returns:
        float64 [n, classes].
    """
    return baselines_by_fold(texts, labels, classes, folds, seed=seed).logits


def baselines_by_fold(
    texts: Sequence[str],
    labels: np.ndarray,
    classes: int,
    folds: Sequence[NDArray[np.int64]],
    others: Sequence[str] = (),
    *,
    seed: int,
) -> OutOfFold:
    """As `baseline_out_of_fold`, with each baseline's logits for other texts [m], from which no baseline learns."""
    corpus, logits = Corpus(texts, others), np.empty((len(texts), classes))
    rows, answers = np.arange(len(texts), len(texts) + len(others)), []
    for held_out in folds:
        rest = np.setdiff1d(np.arange(len(texts)), held_out)
        linear, _ = _cross_validated(corpus, texts, labels, rest, classes, seed)
        known = corpus.learn(rest)
        logits[held_out] = linear.logits(known_features(known, held_out))
        if len(rows):
            answers.append(linear.logits(known_features(known, rows)))
    return OutOfFold(logits, tuple(answers))


def _cross_validated(
    corpus: Corpus, texts: Sequence[str], labels: np.ndarray, rows: NDArray[np.int64], classes: int, seed: int
) -> tuple[Linear, float]:
    """Logistic regression on these rows, and the strength that their own folds prefer."""
    groups = copies([texts[row] for row in rows])
    strength = _STRENGTHS[1]  # where there is nothing to choose by
    if len(groups) > 1:
        splits = []
        for inner in splits_to_choose_by(groups, labels[rows], seed=seed):
            rest, held_out = (rows[chosen] for chosen in inner)
            known = corpus.learn(rest)
            splits.append(
                FeatureSplit(
                    known_features(known, rest), labels[rest], known_features(known, held_out), labels[held_out]
                )
            )
        strength = choose_strength(splits, classes, _STRENGTHS)
    features = known_features(corpus.learn(rows), rows)
    return fit_linear(features, labels[rows], classes, strength), strength


def _baseline(known: Sequence[Known], linear: Linear, strength: float, begin: float) -> Baseline:
    weight, bias = linear.weight, linear.bias
    if len(bias) == 2:  # of two classes, one row of differences is enough
        weight, bias = weight[1:] - weight[:1], bias[1:] - bias[:1]
    return Baseline.of(known, weight, bias, strength=strength, begin=begin)
