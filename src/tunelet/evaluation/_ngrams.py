"""TF-IDF of runs of words and of characters, as scikit-learn computes it; texts are cut and counted once.

What some of the texts teach (which terms are known, and how rare each is) then follows from rows and columns of the
counts, so that cross-validation costs little more than one training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_WORD = r"(?u)\b\w+\b"
_TERMS = 100_000  # of each kind at most: the commonest
_FEW = 200  # texts below which a term that occurs in a single one is known, too


@dataclass(frozen=True)
class Kind:
    """Runs of words or of characters.

    Attributes:
        analyzer: "word", "char_wb" (characters within words) or "char", as scikit-learn has it.
        shortest, longest: how many of them a run has.
    """

    analyzer: Literal["word", "char", "char_wb"]
    shortest: int
    longest: int

    def counter(self, **settings: Any) -> Any:
        """scikit-learn's counter of these runs."""
        from sklearn.feature_extraction.text import CountVectorizer

        words = {"token_pattern": _WORD} if self.analyzer == "word" else {}
        return CountVectorizer(
            analyzer=self.analyzer, ngram_range=(self.shortest, self.longest), dtype=np.float32, **words, **settings
        )


_WORDS, _PIECES, _CHARACTERS = Kind("word", 1, 2), Kind("char_wb", 3, 4), Kind("char", 1, 2)


@dataclass(frozen=True, eq=False)
class Ngrams:
    """The runs that are known, and how much each counts.

    Attributes:
        analyzer, shortest, longest: as `Kind` has them.
        terms: in the order of the features.
        weights: inverse document frequency of each, float32 [terms].
    """

    analyzer: Literal["word", "char", "char_wb"]
    shortest: int
    longest: int
    terms: tuple[str, ...]
    weights: NDArray[np.float32]

    def features(self, texts: Sequence[str]) -> Any:
        """A sparse float32 matrix [n, terms]: (1 + log count) x weight, each row of length 1, or empty."""
        return _weighed(self._counter.transform(texts), self.weights)

    @cached_property
    def columns(self) -> dict[str, int]:
        """Term -> its column among the features."""
        return {term: column for column, term in enumerate(self.terms)}

    @cached_property
    def _counter(self) -> Any:
        return Kind(self.analyzer, self.shortest, self.longest).counter(vocabulary=self.terms)


@dataclass(frozen=True, eq=False)
class Known:
    """The terms of a kind that some of the texts teach: columns of the counts, int64 [m], and weights [m]."""

    counted: "_Counted"
    columns: NDArray[np.int64]
    weights: NDArray[np.float32]

    def features(self, rows: NDArray[np.int64]) -> Any:
        """As `Ngrams.features`, for rows of the corpus, whose counts are there already."""
        return _weighed(self.counted.counts[rows][:, self.columns], self.weights)

    def ngrams(self) -> Ngrams:
        """The same terms and weights by themselves, for texts that are not in the corpus."""
        kind, terms = self.counted.kind, self.counted.terms
        return Ngrams(kind.analyzer, kind.shortest, kind.longest, tuple(terms[self.columns].tolist()), self.weights)


class Corpus:
    """n texts, and m other ones as the rows from n on, in which the terms of each kind are counted once."""

    def __init__(self, texts: Sequence[str], others: Sequence[str] = ()) -> None:
        """Take the texts; they are counted when they are first needed.

        Args:
            texts: [n], whose terms are the features.
            others: [m], which add no terms.
        """
        self._texts, self._others = list(texts), list(others)

    def __len__(self) -> int:
        return len(self._texts)

    def learn(self, rows: NDArray[np.int64]) -> tuple[Known, ...]:
        """What these texts teach: words, word pairs and runs of characters; characters alone where none has a word."""
        rare = 2 if len(rows) >= _FEW else 1
        kinds = tuple(counted.known(rows, rare) for counted in self._usual)
        return kinds if all(len(kind.columns) for kind in kinds) else (self._characters.known(rows, 1),)

    @cached_property
    def _usual(self) -> tuple["_Counted", ...]:
        return _Counted.of(_WORDS, self._texts, self._others), _Counted.of(_PIECES, self._texts, self._others)

    @cached_property
    def _characters(self) -> "_Counted":
        return _Counted.of(_CHARACTERS, self._texts, self._others)


def side_by_side(features: Sequence[Any]) -> Any:
    """All kinds of features as one sparse float32 matrix."""
    from scipy.sparse import hstack

    return hstack(features, format="csr")


def known_features(known: Sequence[Known], rows: NDArray[np.int64]) -> Any:
    """All kinds of features of rows of the corpus, as one sparse float32 matrix."""
    return side_by_side([kind.features(rows) for kind in known])


@dataclass(frozen=True, eq=False)
class _Counted:
    """How often each term, in rising order, occurs in each text: sparse float32 [n + m, terms]."""

    kind: Kind
    terms: NDArray[np.object_]
    counts: Any

    @classmethod
    def of(cls, kind: Kind, texts: Sequence[str], others: Sequence[str]) -> "_Counted":
        """Count the terms of the texts, in the texts and in the others."""
        from scipy.sparse import csr_array, vstack

        counter = kind.counter()
        try:
            counts = counter.fit_transform(texts)
        except ValueError:  # no term in any text
            empty = csr_array((len(texts) + len(others), 0), dtype=np.float32)
            return cls(kind, np.empty(0, dtype=object), empty)
        if others:
            counts = vstack([counts, counter.transform(others)])
        return cls(kind, np.array(counter.get_feature_names_out(), dtype=object), csr_array(counts))

    def known(self, rows: NDArray[np.int64], rare: int) -> Known:
        """The terms that occur in at least `rare` of these texts, or the 100,000 commonest of them."""
        counts = self.counts[rows]
        texts_with = np.bincount(counts.indices, minlength=len(self.terms))
        columns = np.flatnonzero(texts_with >= rare)
        if len(columns) > _TERMS:
            occurrences = counts.sum(axis=0)[columns]
            columns = np.sort(columns[np.argsort(-occurrences, kind="stable")[:_TERMS]])
        share = np.float32(len(rows) + 1) / (texts_with[columns] + 1).astype(np.float32)
        return Known(self, columns, np.log(share) + np.float32(1))


def _weighed(counts: Any, weights: NDArray[np.float32]) -> Any:
    from sklearn.preprocessing import normalize

    counts.data = (1 + np.log(counts.data)) * weights[counts.indices]
    return normalize(counts, copy=False)
