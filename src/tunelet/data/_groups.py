"""What a split moves as a whole, so that nothing leaks: copies of a text, rows of one author, and whatever these link.

Notable: chance goes by content. Groups are put in order by a hash of their texts and the seed, not by where they stand,
so that the same texts in another order are split in the same way, and further ones change little.
"""

from collections.abc import Hashable, Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from tunelet.data._duplicates import fingerprints
from tunelet.data._examples import Examples

_WORD = 2**64 - 1
_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def groups_of(keys: Iterable[Hashable]) -> list[list[int]]:
    """The rows of each key, ascending; keys in the order of their first row."""
    groups: dict[Hashable, list[int]] = {}
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def copies(texts: Sequence[str]) -> list[list[int]]:
    """The rows of each distinct text: those whose texts are equal under `normalise`."""
    return groups_of(fingerprints(texts).tolist())


def units(examples: Examples) -> list[list[int]]:
    """The rows that must be on the same side of every split.

    Rows are linked that are copies of one text (equal under `normalise`), near copies, or of one group; a unit is what
    is linked, be it through others.
    """
    if not (examples.groups or examples.near):
        return groups_of(examples.keys.tolist())
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(examples)
    linked: list[tuple[int, int]] = []
    named = groups_of(group or row for row, group in enumerate(examples.groups))  # no group: a row of its own
    for rows in chain(groups_of(examples.keys.tolist()), groups_of(examples.near), named):
        linked += ((rows[0], row) for row in rows[1:])
    if not linked:
        return [[row] for row in range(n)]
    first, other = np.array(linked, dtype=np.int64).T
    graph = coo_array((np.ones(len(first), dtype=bool), (first, other)), shape=(n, n))
    return groups_of(connected_components(graph, directed=False)[1].tolist())


def keys_of(members: Sequence[Sequence[int]], keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A key of each group of rows that does not depend on their order: the least of its rows' keys, uint64 [groups]."""
    rows = np.fromiter(chain.from_iterable(members), dtype=np.int64)
    begins = np.cumsum([0, *(len(group) for group in members[:-1])])
    least: NDArray[np.uint64] = np.minimum.reduceat(keys[rows], begins)
    return least


def shuffled(keys: NDArray[np.uint64], seed: int) -> NDArray[np.int64]:
    """A random order that follows from keys and seed alone, int64 [n]; equal keys stay in their order.

    The keys are mixed with the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
    """
    mixed = keys + np.uint64(_GOLDEN * (seed + 1) & _WORD)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_FIRST)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_SECOND)
    order: NDArray[np.int64] = np.argsort(mixed ^ (mixed >> np.uint64(31)), kind="stable")
    return order
