"""The baseline of several labels a text: TF-IDF, one-vs-rest logistic regression, and thresholds of its own.

Without thresholds chosen for F1 it would be no baseline: at one half it gives rare labels to hardly any text. They are
chosen as the model's are, on texts that it has not seen: the validation texts, or out of fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.data import copies, deal
from tunelet.evaluation._ngrams import Corpus
from tunelet.evaluation._words_baseline import WordsBaseline, cross_validated_words, train_words, words_by_fold
from tunelet.evaluation.multilabel._linear import LabelSolver
from tunelet.evaluation.multilabel._predictions import HALF, MultilabelPredictions
from tunelet.evaluation.multilabel._thresholds import choose_thresholds

Floats = NDArray[np.float64]
_MANY = 5_000  # texts beyond which three folds are enough to choose thresholds on


@dataclass(frozen=True, eq=False)
class MultilabelBaseline:
    """A trained baseline with its thresholds.

    Attributes:
        words: TF-IDF with a row of weights for each label.
        thresholds: float64 [labels], from which probability on a label is given.
    """

    words: WordsBaseline
    thresholds: Floats

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Probability of each label for each text, float64 [n, labels]."""
        return _probabilities(self.words.logits(texts))


def train_multilabel_baseline(
    texts: Sequence[str],
    labels: NDArray[np.bool_],
    validation_texts: Sequence[str],
    validation_labels: NDArray[np.bool_],
    *,
    aim: str = "f1",
) -> MultilabelBaseline:
    """Train on the texts that the encoder is trained on; strength and thresholds are chosen on the validation texts.

    Args:
        texts: [n].
        labels: bool [n, labels].
        validation_texts, validation_labels: to choose on.
        aim: of the thresholds, as `choose_thresholds` has it.
    """
    words = train_words(LabelSolver(), texts, labels, validation_texts, validation_labels)
    return MultilabelBaseline(words, _thresholds(words.logits(validation_texts), validation_labels, aim))


def cross_validated_multilabel_baseline(
    texts: Sequence[str], labels: NDArray[np.bool_], *, aim: str = "f1", seed: int
) -> MultilabelBaseline:
    """Train on all texts; strength and thresholds are chosen by cross-validation on them, copies in the same fold.

    Args:
        texts, labels, aim: as `train_multilabel_baseline` has them.
        seed: of the folds.
    """
    solver, groups = LabelSolver(), copies(texts)
    corpus = Corpus(texts)
    words = cross_validated_words(solver, texts, labels, corpus=corpus, seed=seed)
    if len(groups) < 2:
        return MultilabelBaseline(words, np.full(labels.shape[1], HALF))
    folds = deal(groups, solver.strata(labels), count=3 if len(texts) > _MANY else 5, seed=seed)
    unseen = words_by_fold(solver, texts, labels, folds, strength=words.strength, corpus=corpus, seed=seed).logits
    return MultilabelBaseline(words, _thresholds(unseen, labels, aim))


def _thresholds(logits: Floats, labels: NDArray[np.bool_], aim: str) -> Floats:
    names, ids = (tuple(map(str, range(count))) for count in reversed(labels.shape))
    half = np.full(len(names), HALF)
    return choose_thresholds(MultilabelPredictions(ids, names, labels, _probabilities(logits), half), aim).values


def _probabilities(logits: Floats) -> Floats:
    from scipy.special import expit

    probabilities: Floats = expit(logits)
    return probabilities
