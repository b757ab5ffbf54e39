"""A trained linear model on TF-IDF of words and of characters, whatever its scores stand for."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunelet.data import chunks
from tunelet.evaluation._ngrams import Known, Ngrams, side_by_side

_TEXTS, _CHARACTERS = 4096, 2**22  # whose features are in memory together


@dataclass(frozen=True, eq=False)
class TrainedWords:
    """A trained model. It computes with its stored attributes alone, so a copy gives the same bits.

    Attributes:
        kinds: the features, one kind after the other.
        coefficients: float32 [outputs, features], or [1, features] where all outputs share them.
        intercepts: float32 [outputs].
        strength: that was chosen.
        seconds: that training took, the choice of the strength included.
    """

    kinds: tuple[Ngrams, ...]
    coefficients: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    strength: float
    seconds: float

    @classmethod
    def of(
        cls,
        known: Sequence[Known],
        weight: NDArray[np.float64],
        bias: NDArray[np.float64],
        *,
        strength: float,
        begin: float,
    ) -> Self:
        """From what was fitted since `begin`, which `time.perf_counter` gave."""
        return cls(
            kinds=tuple(kind.ngrams() for kind in known),
            coefficients=weight.astype(np.float32),
            intercepts=bias.astype(np.float32),
            strength=strength,
            seconds=time.perf_counter() - begin,
        )

    @property
    def features(self) -> int:
        """The number of words, pairs of words and runs of characters that it knows."""
        return sum(len(kind.terms) for kind in self.kinds)

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Each output for each text, float64 [n, outputs]."""
        weights = self.coefficients.T.astype(np.float64)
        scores = np.empty((len(texts), len(self.intercepts)))
        end = 0
        for some in chunks(texts, most=_TEXTS, characters=_CHARACTERS):
            begin, end = end, end + len(some)
            scores[begin:end] = side_by_side([kind.features(some) for kind in self.kinds]) @ weights + self.intercepts
        return scores
