"""A split by content: which text is in which part and which fold, whatever row it stands in."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunelet.data._examples import Examples
from tunelet.data._raw import SPLITS


@dataclass(frozen=True, eq=False)
class Membership:
    """A split that is kept, to be made again with the same texts in another order, or with more of them.

    Attributes:
        keys: of the texts (`Examples.keys`), ascending, each once, uint64 [n].
        parts: of each the part, as its place in `SPLITS`, int8 [n].
        folds: of each the fold that holds it out, from 1; 0: none does, int16 [n].
        source: what the split was taken from, as the user named it; "" for one that was just made.
    """

    keys: NDArray[np.uint64]
    parts: NDArray[np.int8]
    folds: NDArray[np.int16]
    source: str = ""

    @classmethod
    def of(cls, parts: Mapping[str, Examples], folds: Sequence[NDArray[np.int64]]) -> Self:
        """The split of these parts.

        Args:
            parts: "train", "validation", "test", as far as they are apart, with their texts.
            folds: the rows of "train" that are held out in turn.
        """
        keys = np.concatenate([examples.keys for examples in parts.values()])
        numbers = np.concatenate(
            [np.full(len(examples), SPLITS.index(name), dtype=np.int8) for name, examples in parts.items()]
        )
        held_out = [fold_numbers(len(examples), folds if name == "train" else ()) for name, examples in parts.items()]
        keys, first = np.unique(keys, return_index=True)
        return cls(keys, numbers[first], np.concatenate(held_out)[first])

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def fold_count(self) -> int:
        """How many folds there are; 1: rows are held out once, and trained on in the end; 0: none."""
        return int(self.folds.max(initial=0))

    @property
    def sha256(self) -> str:
        """SHA-256 (hex): the same for the same split of the same texts, in whatever order they come."""
        digest = hashlib.sha256()
        for column in (self.keys.astype("<u8"), self.parts, self.folds.astype("<i2")):
            digest.update(column.tobytes())
        return digest.hexdigest()

    def part_of(self, examples: Examples) -> NDArray[np.int8]:
        """The part of each text, as its place in `SPLITS`; -1 for a text that is not known, int8 [n]."""
        known, places = self._places(examples)
        return np.where(known, self.parts[places], np.int8(-1))

    def fold_of(self, examples: Examples) -> NDArray[np.int64]:
        """The fold of each text, from 0; -1 for a text that is not known, or that no fold holds out, int64 [n]."""
        known, places = self._places(examples)
        return np.where(known, self.folds[places].astype(np.int64) - 1, -1)

    def _places(self, examples: Examples) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Whether each text is known, and where it stands."""
        places = np.minimum(np.searchsorted(self.keys, examples.keys), len(self.keys) - 1)
        return self.keys[places] == examples.keys, places


def fold_numbers(n: int, folds: Sequence[NDArray[np.int64]]) -> NDArray[np.int16]:
    """The fold of each row, from 1; 0 for a row that no fold holds out, int16 [n]."""
    numbers = np.zeros(n, dtype=np.int16)
    for number, rows in enumerate(folds, 1):
        numbers[rows] = number
    return numbers
