"""What a split moves as a whole, so that nothing leaks: copies of a text, rows of one author, and whatever these link.

Notable: chance goes by content. Groups are put in order by a hash of their texts and the seed, not by where they stand,
so that the same texts in another order are split in the same way, and further ones change little.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from tunelet.data._duplicates import codes_of, fingerprints
from tunelet.data._examples import Examples

_WORD = 2**64 - 1
_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


class Groups(Sequence[list[int]]):
    """Rows in groups: a list of rows for each, made when it is asked for, so that a row takes eight bytes.

    Args:
        rows: all rows, group by group, int64 [n].
        sizes: rows of each group, int64 [groups].
    """

    def __init__(self, rows: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        self.rows, self.sizes = rows, sizes
        self._ends = np.cumsum(sizes)

    def __len__(self) -> int:
        return len(self.sizes)

    @overload
    def __getitem__(self, at: SupportsIndex) -> list[int]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[int]]: ...
    def __getitem__(self, at: SupportsIndex | slice) -> list[int] | list[list[int]]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        end = int(self._ends[at])
        rows: list[int] = self.rows[end - int(self.sizes[at]) : end].tolist()
        return rows

    def __iter__(self) -> Iterator[list[int]]:
        begin = 0
        for end in self._ends.tolist():
            yield self.rows[begin:end].tolist()
            begin = end

    def __eq__(self, other: object) -> bool:
        return list(self) == other

    __hash__ = None  # type: ignore[assignment]

    def least(self, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Of each group the least key of its rows, uint64 [groups]; `keys` are those of all rows, uint64 [n]."""
        least: NDArray[np.uint64] = np.minimum.reduceat(keys[self.rows], self._ends - self.sizes)
        return least


def groups_of(keys: Iterable[Hashable] | NDArray[Any]) -> Groups:
    """The rows of each key, ascending; keys in the order of their first row."""
    if not isinstance(keys, np.ndarray):
        known: dict[Hashable, int] = {}
        keys = np.fromiter((known.setdefault(key, len(known)) for key in keys), dtype=np.int64)
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    group = rank[place]
    return Groups(np.argsort(group, kind="stable"), np.bincount(group, minlength=len(first)))


def copies(texts: Sequence[str]) -> Groups:
    """The rows of each distinct text: those whose texts are equal under `normalise`."""
    return groups_of(fingerprints(texts))


def units(examples: Examples) -> Groups:
    """The rows that must be on the same side of every split.

    Rows are linked that are copies of one text (equal under `normalise`), near copies, or of one group; a unit is what
    is linked, be it through others.
    """
    if not (examples.groups or examples.near):
        return groups_of(examples.keys)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(examples)
    of_rows = [examples.keys]
    if examples.near:
        of_rows.append(np.asarray(examples.near))
    if examples.groups:  # no group: a row of its own
        of_rows.append(codes_of([group or f"\0{row}" for row, group in enumerate(examples.groups)]))
    firsts = []
    for keys in of_rows:
        _, first, place = np.unique(keys, return_index=True, return_inverse=True)
        firsts.append(first[place])
    links = np.concatenate(firsts), np.tile(np.arange(n), len(firsts))
    graph = coo_array((np.ones(len(links[0]), dtype=bool), links), shape=(n, n))
    return groups_of(connected_components(graph, directed=False)[1])


def keys_of(members: Sequence[Sequence[int]], keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A key of each group of rows that does not depend on their order: the least of its rows' keys, uint64 [groups]."""
    if not isinstance(members, Groups):
        sizes = np.fromiter(map(len, members), dtype=np.int64, count=len(members))
        members = Groups(np.fromiter(chain.from_iterable(members), dtype=np.int64), sizes)
    return members.least(keys)


def shuffled(keys: NDArray[np.uint64], seed: int) -> NDArray[np.int64]:
    """A random order that follows from keys and seed alone, int64 [n]; equal keys stay in their order.

    The keys are mixed with the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
    """
    mixed = keys + np.uint64(_GOLDEN * (seed + 1) & _WORD)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_FIRST)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_SECOND)
    order: NDArray[np.int64] = np.argsort(mixed ^ (mixed >> np.uint64(31)), kind="stable")
    return order
