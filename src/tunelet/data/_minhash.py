"""MinHash with bands (Broder 1997; Leskovec, Rajaraman and Ullman 2020, chapter 3): which texts may be alike.

Of 128 random orders of all shingles, two texts have the same first shingle in a share of about their Jaccard
similarity. Four orders are a band; texts are compared where they agree in a band. At a similarity of 0.6 they do so in
one of the 32 bands with probability 0.99, at 0.7 with 0.9998, at 0.1 with 0.003. A text keeps 32 bits a band: 128
bytes, however long it is.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tunelet.data._shingles import Shingles

BANDS, _ROWS = 32, 4
_NEAREST = 4  # texts next to each other in a bucket that are compared: large buckets cost no more than small ones
_SEED = 20250101  # of the orders: the same texts are found whenever they are looked for
_MIX = np.uint64(0x9E3779B97F4A7C15)


def band_keys(shingled: Shingles) -> NDArray[np.uint32]:
    """Of each text one number a band, uint32 [n, BANDS]; equal where all four first shingles of the band are."""
    random = np.random.default_rng(_SEED)
    factors = random.integers(0, 2**31, size=BANDS * _ROWS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    shifts = random.integers(0, 2**32, size=BANDS * _ROWS, dtype=np.uint32)
    values = (shingled.values >> np.uint64(32)).astype(np.uint32)
    places = np.empty_like(values)
    keys = np.empty((len(shingled.starts), BANDS), dtype=np.uint32)
    for band in range(BANDS):
        key = np.zeros(len(keys), dtype=np.uint64)
        for at in range(band * _ROWS, (band + 1) * _ROWS):
            np.multiply(values, factors[at], out=places)  # an odd factor only changes their order
            places += shifts[at]
            key = (key ^ np.minimum.reduceat(places, shingled.starts)) * _MIX
            key ^= key >> np.uint64(29)
        keys[:, band] = (key >> np.uint64(32)).astype(np.uint32)
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
