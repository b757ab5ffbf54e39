"""The baseline of any label shape: TF-IDF of words and of characters, and a linear model of the shape's own.

As the baseline of classes (`_baseline`) it needs seconds and is hard to beat. Which linear model it is, is the solver's
matter: one-vs-rest logistic regression, cumulative logistic regression or ridge regression.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import copies
from tunelet.evaluation._baseline import OutOfFold
from tunelet.evaluation._linear import Linear
from tunelet.evaluation._ngrams import Corpus, Known, known_features, side_by_side
from tunelet.evaluation._solver import Fold, Solver, best_fit, inner_splits, some_rows
from tunelet.evaluation._trained_words import TrainedWords

Floats = NDArray[np.float64]


class WordsBaseline(TrainedWords):
    """A trained baseline of labels, ratings or numbers."""

    def logits(self, texts: Sequence[str]) -> Floats:
        """Float64 [n, outputs]: logits of labels, cumulative logits of ratings, or numbers [n, 1]."""
        return self.scores(texts)


def train_words(
    solver: Solver, texts: Sequence[str], targets: Any, validation_texts: Sequence[str], validation_targets: Any
) -> WordsBaseline:
    """Train on the texts that the encoder is trained on; the strength is chosen on the validation texts.

    Args:
        solver: of this shape.
        texts: [n].
        targets: of them, as the solver has them, [n, ...].
        validation_texts, validation_targets: to choose on.
    """
    begin = time.perf_counter()
    everything = np.arange(len(texts))
    known = Corpus(texts).learn(everything)
    train = known_features(known, everything)
    held_out = side_by_side([kind.ngrams().features(validation_texts) for kind in known])
    rows = some_rows(solver, everything, seed=0)
    strength, _ = best_fit(solver, [Fold(train[rows], targets[rows], held_out, validation_targets)], solver.of_words)
    return _baseline(known, solver.fit(train, targets, strength), strength, begin)


def cross_validated_words(
    solver: Solver, texts: Sequence[str], targets: Any, *, corpus: Corpus | None = None, seed: int
) -> WordsBaseline:
    """Train on all texts; the strength is chosen by cross-validation on them, copies of a text in the same fold.

    Args:
        solver, texts, targets: as `train_words` has them.
        corpus: of these texts, where their words are counted already.
        seed: of the folds.
    """
    begin = time.perf_counter()
    everything, corpus = np.arange(len(texts)), corpus or Corpus(texts)
    strength = _chosen_strength(solver, corpus, texts, targets, everything, seed)
    known = corpus.learn(everything)
    return _baseline(known, solver.fit(known_features(known, everything), targets, strength), strength, begin)


def words_by_fold(
    solver: Solver,
    texts: Sequence[str],
    targets: Any,
    folds: Sequence[NDArray[np.int64]],
    others: Sequence[str] = (),
    *,
    strength: float | None = None,
    corpus: Corpus | None = None,
    seed: int,
) -> OutOfFold:
    """Logits of each text by a baseline that has not seen its fold, neither for its words nor to choose its strength.

    Args:
        solver, texts, targets, seed: as `cross_validated_words` has them.
        folds: the rows that each fold holds out, as `tunelet.data.folds` gives them.
        others: further texts [m], which each baseline answers in turn, and from which none learns.
        strength: of all folds; None: each fold's own texts choose it.
        corpus: of texts and others, where their words are counted already.
    """
    corpus, everything = corpus or Corpus(texts, others), np.arange(len(texts))
    more = np.arange(len(texts), len(texts) + len(others))
    of_texts, answers = [], []
    for held_out in folds:
        rest = np.setdiff1d(everything, held_out)
        chosen = _chosen_strength(solver, corpus, texts, targets, rest, seed) if strength is None else strength
        known = corpus.learn(rest)
        linear = solver.fit(known_features(known, rest), targets[rest], chosen)
        of_texts.append(linear.logits(known_features(known, held_out)))
        if len(more):
            answers.append(linear.logits(known_features(known, more)))
    logits = np.empty((len(texts), of_texts[0].shape[1]))
    logits[np.concatenate(folds)] = np.concatenate(of_texts)
    return OutOfFold(logits, tuple(answers))


def _chosen_strength(
    solver: Solver, corpus: Corpus, texts: Sequence[str], targets: Any, rows: NDArray[np.int64], seed: int
) -> float:
    """The strength that these rows' own folds prefer."""
    rows = some_rows(solver, rows, seed=seed)
    groups = copies([texts[row] for row in rows])
    if len(groups) < 2:
        return solver.of_words[len(solver.of_words) // 2]  # there is nothing to choose by
    folds = []
    for inner in inner_splits(solver, groups, targets[rows], seed=seed):
        rest, held_out = (rows[chosen] for chosen in inner)
        known = corpus.learn(rest)
        folds.append(
            Fold(known_features(known, rest), targets[rest], known_features(known, held_out), targets[held_out])
        )
    return best_fit(solver, folds, solver.of_words)[0]


def _baseline(known: Sequence[Known], linear: Linear, strength: float, begin: float) -> WordsBaseline:
    return WordsBaseline.of(known, linear.weight, linear.bias, strength=strength, begin=begin)
