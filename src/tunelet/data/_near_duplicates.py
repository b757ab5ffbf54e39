"""Copies of a text, near ones too: the groups that no split may part, and that no test set may share with training.

Texts are copies where their words are the same without case, spaces, markup and punctuation. They are near copies
where their shingles, as `_shingles` has them, have a Jaccard similarity of 0.6 or more: in a text of 200 words, about
16 of them may be others. What MinHash proposes is decided by the shingles themselves. A text of fewer than 15
words has no near copies, for there another word may be another question.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.data._minhash import BANDS, band_keys, candidates
from tunelet.data._shingles import shingles

SIMILAR = 0.6
"""The Jaccard similarity of shingles from which on two texts are near copies."""

FEWEST_WORDS = 15
"""The number of words from which on a text can have near copies."""

_PAIRS = 4096  # that are compared with each other's shingles in memory


@dataclass(frozen=True, eq=False)
class Copies:
    """Which of n texts are copies of each other.

    Attributes:
        same: of each text the first one of the same words, int64 [n]; the text itself where it is the first.
        groups: of each text the first one of its group, int64 [n]: copies, near copies, and theirs in turn.
        pairs: the near copies by which groups were joined, the lower row first, int64 [p, 2].
        similarity: Jaccard similarity of these pairs, float64 [p].
    """

    same: NDArray[np.int64]
    groups: NDArray[np.int64]
    pairs: NDArray[np.int64]
    similarity: NDArray[np.float64]


def duplicate_groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """The group of each text, int64 [n]: the row of its first member. Copies and near copies share one."""
    return find_copies(texts).groups


def similarity(one: str, other: str) -> float:
    """The Jaccard similarity of the shingles of two texts, from 0 to 1."""
    first, second = _sets([one, other])
    return jaccard(first, second)


def find_copies(texts: Sequence[str]) -> Copies:
    """Copies and near copies among n texts; the same for the same texts in the same order.

    Needs about 150 bytes a text beside the texts themselves.
    """
    empty = np.empty((0, 2), dtype=np.int64)
    if not len(texts):
        return Copies(empty[:, 0], empty[:, 0], empty, np.empty(0))
    keys, long = np.empty(len(texts), dtype=np.uint64), np.empty(len(texts), dtype=bool)
    bands = np.empty((len(texts), BANDS), dtype=np.uint32)
    end = 0
    for part in shingles(texts):
        here = slice(end, end := end + len(part.keys))
        keys[here], long[here] = part.keys, part.words >= FEWEST_WORDS
        bands[here] = band_keys(part, long[here])
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    same = first[place].astype(np.int64)
    rows = np.sort(first)
    forest = _Forest(len(texts))
    pairs, similarity = [], []
    for pair, found in _near(texts, bands, rows[long[rows]], forest):
        pairs.append(pair)
        similarity.append(found)
    return Copies(
        same, forest.roots()[same], np.array(pairs, dtype=np.int64).reshape(-1, 2), np.array(similarity, dtype=float)
    )


def _near(
    texts: Sequence[str], bands: NDArray[np.uint32], rows: NDArray[np.int64], forest: "_Forest"
) -> Iterator[tuple[tuple[int, int], float]]:
    """The pairs that are near copies and join two groups, which become one in the forest."""
    seen = np.empty(0, dtype=np.int64)
    for proposed in candidates(bands, rows):
        codes = np.setdiff1d(proposed[:, 0] * len(texts) + proposed[:, 1], seen)
        refused = []
        for start in range(0, len(codes), _PAIRS):
            roots = forest.roots()
            pairs = np.stack(np.divmod(codes[start : start + _PAIRS], len(texts)), axis=1)
            for pair, found in _similarities(texts, pairs[roots[pairs[:, 0]] != roots[pairs[:, 1]]]):
                if found < SIMILAR:
                    refused.append(pair[0] * len(texts) + pair[1])
                elif forest.join(*pair):
                    yield pair, found
        seen = np.union1d(seen, np.array(refused, dtype=np.int64))


def _similarities(texts: Sequence[str], pairs: NDArray[np.int64]) -> Iterator[tuple[tuple[int, int], float]]:
    rows = np.unique(pairs)
    sets = dict(zip(rows.tolist(), _sets(texts[row] for row in rows), strict=True))
    for lower, upper in pairs.tolist():
        yield (lower, upper), jaccard(sets[lower], sets[upper])


def _sets(texts: Iterable[str]) -> Iterator[NDArray[np.uint64]]:
    for part in shingles(texts):
        yield from part.sets()


def jaccard(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    """Of two sets, each without repeats, the share of their elements that are in both."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


class _Forest:
    """Disjoint sets of the rows from 0 to n - 1, each known by its lowest row."""

    def __init__(self, rows: int) -> None:
        self._parent = np.arange(rows)

    def join(self, one: int, other: int) -> bool:
        """Make two sets one; returns whether they were two."""
        lower, upper = sorted((self._root(one), self._root(other)))
        self._parent[upper] = lower
        return lower != upper

    def roots(self) -> NDArray[np.int64]:
        """The lowest row of each row's set, int64 [n]."""
        while not np.array_equal(above := self._parent[self._parent], self._parent):
            self._parent = above
        return self._parent.copy()

    def _root(self, row: int) -> int:
        while (parent := int(self._parent[row])) != row:
            self._parent[row] = self._parent[parent]
            row = parent
        return row
