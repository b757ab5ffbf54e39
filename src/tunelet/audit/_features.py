"""Texts as TF-IDF of words and pairs of words, fast enough for a hundred thousand of them.

Words are hashed as near copies have them and fall into 2^20 features (Weinberger et al. 2009); those that occur in two
texts or more are kept, the 100,000 commonest at most.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import Shingles, shingles

_BITS = 20
_MOST = 100_000
_PAIR = np.uint64(0x9E3779B97F4A7C15)


def features(texts: Sequence[str]) -> Any:
    """A sparse float32 matrix [n, features]: (1 + log count) x inverse document frequency, rows of length 1."""
    from scipy.sparse import csr_array
    from sklearn.preprocessing import normalize

    parts = [_counted(part) for part in shingles(texts)]
    texts_with = np.zeros(2**_BITS, dtype=np.int64)
    for columns, _, _ in parts:
        texts_with += np.bincount(columns, minlength=len(texts_with))
    kept = np.flatnonzero(texts_with > 1)
    if len(kept) > _MOST:
        kept = np.sort(kept[np.argsort(-texts_with[kept], kind="stable")[:_MOST]])
    place = np.full(2**_BITS, -1, dtype=np.int32)
    place[kept] = np.arange(len(kept))
    for at, part in enumerate(parts):  # one by one, so that nothing is held twice for long
        parts[at] = _only(place, *part)
    if not len(kept):  # no word stands in two texts
        return csr_array((len(texts), 0), dtype=np.float32)
    ends = np.cumsum(np.concatenate([sizes for _, _, sizes in parts]))
    starts = np.concatenate([[0], ends]).astype(np.int32)  # what scikit-learn reads
    indices, weights = np.empty(int(ends[-1]), dtype=np.int32), np.empty(int(ends[-1]), dtype=np.float32)
    end = int(ends[-1])
    while parts:  # from the last to the first, each gone once it is laid down
        columns, counts, _ = parts.pop()
        indices[end - len(columns) : end], weights[end - len(columns) : end] = columns, counts
        end -= len(columns)
    rarity = 1 + np.log((len(texts) + 1) / (texts_with[kept] + 1))
    np.log(weights, out=weights)
    weights += 1
    weights *= rarity.astype(np.float32)[indices]
    return normalize(csr_array((weights, indices, starts), shape=(len(texts), len(kept))), copy=False)


def _only(
    place: NDArray[np.int32], columns: NDArray[np.int32], counts: NDArray[np.float32], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int64]]:
    """What `_counted` returns, without the features that have no place, and with the places of the others."""
    there = place[columns] >= 0
    rows = np.repeat(np.arange(len(sizes)), sizes)[there]
    return place[columns[there]], counts[there], np.bincount(rows, minlength=len(sizes))


def _counted(part: Shingles) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int64]]:
    """Feature and count of each distinct word and pair of words, text by text, and how many each text has."""
    texts = len(part.words)
    of_text = np.repeat(np.arange(texts), part.words + 2)  # two markers and then the words
    at = np.flatnonzero(np.arange(len(of_text)) - np.repeat(part.starts, part.words + 2) >= 2)
    words, before = part.line[at], part.line[at - 1]
    pairs = (before * _PAIR + words) * _PAIR  # the first word of a text makes a pair with a marker
    hashes = np.concatenate([words * _PAIR, pairs]) >> np.uint64(64 - _BITS)
    codes = np.concatenate([of_text[at], of_text[at]]) * 2**_BITS + hashes.astype(np.int64)
    distinct, counts = np.unique(codes, return_counts=True)
    sizes = np.bincount(distinct >> _BITS, minlength=texts)
    return (distinct & (2**_BITS - 1)).astype(np.int32), counts.astype(np.float32), sizes
