"""The baseline that keeps us honest: TF-IDF of words and of characters, and logistic regression, by scikit-learn.

It needs seconds, and on many tasks it is hard to beat (Wang and Manning 2012). Its one setting, the strength of the
regularisation, is chosen on the validation texts by log loss, as an encoder's best epoch is.
"""

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_STRENGTHS = (1.0, 10.0, 100.0)  # C of scikit-learn, larger is freer
_WORD = r"(?u)\b\w+\b"
_FEATURES = 100_000  # of each kind at most: the commonest


@dataclass(frozen=True, eq=False)
class Ngrams:
    """Runs of words or of characters, and how much each counts.

    Attributes:
        analyzer: "word", "char_wb" (characters within words) or "char", as scikit-learn has it.
        shortest, longest: how many of them a run has.
        terms: the runs that are known, in the order of the features.
        weights: inverse document frequency of each, float32 [terms].
    """

    analyzer: Literal["word", "char", "char_wb"]
    shortest: int
    longest: int
    terms: tuple[str, ...]
    weights: NDArray[np.float32]

    def features(self, texts: Sequence[str]) -> Any:
        """A sparse float32 matrix [n, terms]: (1 + log count) x weight, each row of length 1, or empty."""
        from sklearn.preprocessing import normalize

        found = self._counter.transform(texts)
        found.data = (1 + np.log(found.data)) * self.weights[found.indices]
        return normalize(found, copy=False)

    @cached_property
    def _counter(self) -> Any:
        from sklearn.feature_extraction.text import CountVectorizer

        return CountVectorizer(**_arguments(self.analyzer, self.shortest, self.longest), vocabulary=self.terms)


@dataclass(frozen=True, eq=False)
class Baseline:
    """A trained baseline: what is stored of it is all that it computes with, so a copy gives the same bits.

    Attributes:
        kinds: the features, one kind after the other.
        coefficients: float32 [classes, features], or [1, features] for the second of two classes.
        intercepts: float32 [classes] or [1].
        strength: the C that was chosen.
        seconds: of training, the choice included.
    """

    kinds: tuple[Ngrams, ...]
    coefficients: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    strength: float
    seconds: float

    @property
    def features(self) -> int:
        """How many words, pairs of words and runs of characters it knows."""
        return sum(len(kind.terms) for kind in self.kinds)

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Of each class for each text, float64 [n, classes]."""
        found = _matrix(self.kinds, texts) @ self.coefficients.T.astype(np.float64) + self.intercepts
        if found.shape[1] == 1:
            found = np.concatenate([np.zeros_like(found), found], axis=1)
        logits: NDArray[np.float64] = found
        return logits

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probability of each class for each text, float64 [n, classes]."""
        from scipy.special import softmax

        found: NDArray[np.float64] = softmax(self.logits(texts), axis=1)
        return found


def _matrix(kinds: Sequence[Ngrams], texts: Sequence[str]) -> Any:
    """All features side by side, sparse float32 [n, features]."""
    from scipy.sparse import hstack

    return hstack([kind.features(texts) for kind in kinds], format="csr")


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
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    begin = time.perf_counter()
    kinds = _kinds(texts)
    known, held_out = _matrix(kinds, texts), _matrix(kinds, validation_texts)
    best, least = None, np.inf
    for strength in _STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
        with warnings.catch_warnings():  # where it stops short of the optimum it is a baseline all the same
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(known, labels)
        loss = log_loss(validation_labels, model.predict_proba(held_out), labels=np.arange(classes))
        if loss < least:
            best, least = model, loss
    assert best is not None  # noqa: S101
    return Baseline(
        kinds=kinds,
        coefficients=best.coef_.astype(np.float32),
        intercepts=best.intercept_.astype(np.float32),
        strength=float(best.C),
        seconds=time.perf_counter() - begin,
    )


def _kinds(texts: Sequence[str]) -> tuple[Ngrams, ...]:
    """Words, word pairs and runs of characters; characters alone where no text has a word."""
    rare = 2 if len(texts) >= 200 else 1  # in so few texts everything is rare
    try:
        return _ngrams(texts, "word", 1, 2, rare), _ngrams(texts, "char_wb", 3, 4, rare)
    except ValueError:  # an empty vocabulary
        return (_ngrams(texts, "char", 1, 2, 1),)


def _ngrams(
    texts: Sequence[str], analyzer: Literal["word", "char", "char_wb"], shortest: int, longest: int, rare: int
) -> Ngrams:
    from sklearn.feature_extraction.text import TfidfVectorizer

    fitted = TfidfVectorizer(**_arguments(analyzer, shortest, longest), min_df=rare, max_features=_FEATURES).fit(texts)
    terms = tuple(map(str, fitted.get_feature_names_out()))
    return Ngrams(analyzer, shortest, longest, terms, fitted.idf_.astype(np.float32))


def _arguments(analyzer: str, shortest: int, longest: int) -> dict[str, Any]:
    """How scikit-learn cuts texts into terms."""
    words = {"token_pattern": _WORD} if analyzer == "word" else {}
    return {"analyzer": analyzer, "ngram_range": (shortest, longest), "dtype": np.float32, **words}
