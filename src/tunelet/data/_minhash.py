"""MinHash with bands (Broder 1997; Leskovec, Rajaraman and Ullman 2020, chapter 3): which texts may be alike.

Of 128 random orders of all shingles, two texts have the same first shingle in a share of about their Jaccard
similarity; the orders are those of the library `datasketch`. Four of them are a band; texts are compared where they
agree in a band. At a similarity of 0.6 they do so in one of the 32 bands with probability 0.99, at 0.7 with 0.9998, at
0.1 with 0.003.

Notable: a text keeps 32 bits a band, 128 bytes however long it is, and buckets are found by sorting these. The
library's own index keeps some ten thousand bytes a text in dictionaries, which two million texts have no room for.
"""

from collections.abc import Iterator
from itertools import compress, pairwise

import numpy as np
from numpy.typing import NDArray

from tunelet.data._shingles import Shingles

BANDS, _ROWS = 32, 4
_NEAREST = 4  # texts next to each other in a bucket that are compared: large buckets cost no more than small ones
_SEED = 20250101  # of the orders: the same texts are found whenever they are looked for
_AT_ONCE = 2048  # shingles of a text, each of which is placed in all orders in memory
_MIX = np.uint64(0x9E3779B97F4A7C15)


def band_keys(shingled: Shingles, wanted: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Of each text one number a band, uint32 [n, BANDS]; equal where all four first shingles of the band are.

    Args:
        shingled: n texts.
        wanted: which of them are looked at, bool [n]; the others have zeros.
    """
    keys = np.zeros((len(shingled.starts), BANDS), dtype=np.uint32)
    if not wanted.any():
        return keys
    from datasketch import MinHash

    values = (shingled.values >> np.uint64(32)).tolist()  # the library reads 32 bits of a hash
    first = np.empty((int(wanted.sum()), BANDS * _ROWS), dtype=np.uint32)
    sketch = MinHash(num_perm=BANDS * _ROWS, seed=_SEED, hashfunc=int, scheme="affine32")
    for row, (start, end) in enumerate(compress(pairwise([*shingled.starts.tolist(), len(values)]), wanted)):
        sketch.clear()
        for begin in range(start, end, _AT_ONCE):
            sketch.update_batch(values[begin : min(begin + _AT_ONCE, end)])
        first[row] = sketch.hashvalues
    mixed = np.zeros((len(first), BANDS), dtype=np.uint64)
    for row in range(_ROWS):
        mixed = (mixed ^ first[:, row::_ROWS]) * _MIX
        mixed ^= mixed >> np.uint64(29)
    keys[wanted] = mixed >> np.uint64(32)
    return keys


def candidates(keys: NDArray[np.uint32], rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Band by band the pairs of texts that agree in it.

    Args:
        keys: of all texts, [n, BANDS].
        rows: those that are compared, ascending [m].

    Yields:
        pairs of rows, the lower first, int64 [p, 2]. In a bucket of many each text is paired with the first, and with
            those next to it.
    """
    for band in range(keys.shape[1]):
        of_band = keys[rows, band]
        order = np.argsort(of_band, kind="stable")
        ranked = of_band[order]
        begins = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(ranked) else np.empty(0, np.int64)
        firsts = np.repeat(begins, np.diff(np.r_[begins, len(ranked)]))  # where the bucket of each place begins
        places = np.arange(len(ranked))
        far = places[places - firsts > _NEAREST]
        lower, upper = [firsts[far]], [far]
        for lag in range(1, _NEAREST + 1):
            beside = places[lag:][places[lag:] - firsts[lag:] >= lag]
            lower.append(beside - lag)
            upper.append(beside)
        yield rows[order[np.stack([np.concatenate(lower), np.concatenate(upper)], axis=1)]]
