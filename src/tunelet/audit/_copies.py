"""Texts that are alike: within the training texts, with contradicting labels, and between parts.

Notable: all parts are searched together, once; a text of training and one of the test part that are near copies are
found as two of training are.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.audit._part import ExampleRecord, Part
from tunelet.data import (
    FEWEST_WORDS,
    SIMILAR,
    UNFOLLOWED,
    Copies,
    Follower,
    Joined,
    codes_of,
    exact_keys,
    kept_copies,
    similarity,
)

_EXAMPLES = 5
_BEFORE = 40  # characters that are shown before the first difference


Kind = Literal["exact", "normalised", "near"]
"""How alike two texts are: equal; equal but for case, space, markup and punctuation; but for a few words."""


class PairRecord(Record):
    """Two texts that are alike.

    Attributes:
        kind: how alike.
        similarity: Jaccard similarity of their shingles; 1.0 where all words are the same.
        first, second: the texts.
    """

    kind: Kind
    similarity: float
    first: ExampleRecord
    second: ExampleRecord


class CopiesRecord(Record):
    """Training texts that are alike.

    Attributes:
        exact, normalised, near: texts that repeat an earlier one, each counted once, as the closest kind.
        groups: groups of texts that are alike.
        largest: texts of the largest group.
        similarity: Jaccard similarity of shingles from which on texts are near copies.
        fewest_words: that a text has which can be a near copy.
        contradicting: texts in groups whose texts have different labels.
        contradicting_groups: how many such groups there are.
        examples: pairs, and contradictions: pairs of different labels.
    """

    exact: int
    normalised: int
    near: int
    groups: int
    largest: int
    similarity: float
    fewest_words: int
    contradicting: int
    contradicting_groups: int
    examples: tuple[PairRecord, ...]
    contradictions: tuple[PairRecord, ...]


class OverlapRecord(Record):
    """Texts of one part that are in another, too.

    Attributes:
        part: whose texts are counted.
        other: the part that has them, too.
        exact, normalised, near: texts, each counted once, as the closest kind.
        examples: pairs.
    """

    part: str
    other: str
    exact: int
    normalised: int
    near: int
    examples: tuple[PairRecord, ...]


@dataclass(frozen=True, eq=False)
class Alike:
    """Which texts of all parts together are alike.

    Attributes:
        parts: name -> the part.
        begins: name -> where the rows of the part begin among all N rows.
        exact: of each text the first equal one, int64 [N].
        found: copies and near copies of the N texts.
    """

    parts: Mapping[str, Part]
    begins: Mapping[str, int]
    exact: NDArray[np.int64]
    found: Copies

    @classmethod
    def of(cls, parts: Mapping[str, Part], found: Copies | None = None, follow: Follower = UNFOLLOWED) -> "Alike":
        """Search the texts of all parts; `found` is what was found in them before."""
        texts = Joined(part.examples.texts for part in parts.values())
        sizes = [len(part.examples) for part in parts.values()]
        begins = dict(zip(parts, np.cumsum([0, *sizes]).tolist(), strict=False))
        _, first, place = np.unique(exact_keys(texts), return_index=True, return_inverse=True)
        return cls(parts, begins, first[place], found or kept_copies(texts, follow))

    def rows(self, name: str) -> NDArray[np.int64]:
        """The rows of a part among all rows, int64 [n]; none where there is no such part."""
        if name not in self.parts:
            return np.empty(0, dtype=np.int64)
        return self.begins[name] + np.arange(len(self.parts[name].examples))

    def place(self, row: int) -> tuple[Part, int]:
        """The part of a row, and where in it the row is."""
        name = max((begin, name) for name, begin in self.begins.items() if begin <= row)[1]
        return self.parts[name], row - self.begins[name]

    def keys(self) -> "dict[Kind, NDArray[np.int64]]":
        """Kind -> of each text the first one that is as much alike, int64 [N]; each kind includes those before it."""
        return {"exact": self.exact, "normalised": self.found.same, "near": self.found.groups}

    def pair(self, first: int, second: int) -> PairRecord:
        """Two rows that are alike, as they are shown."""
        kind = next(kind for kind, keys in self.keys().items() if keys[first] == keys[second])
        (one, at), (other, beside) = self.place(first), self.place(second)
        texts = one.examples.texts[at], other.examples.texts[beside]
        near = kind == "near"
        start = _difference(*texts) if near else 0
        return PairRecord(
            kind=kind,
            similarity=similarity(*texts) if near else 1.0,
            first=one.example(at, start=start),
            second=other.example(beside, start=start),
        )


def of_each_kind(pairs: Sequence[PairRecord], most: int) -> list[PairRecord]:
    """Pairs to show: so many of each kind, in their order."""
    seen = Counter[Kind]()
    shown = []
    for pair in pairs:
        seen[pair.kind] += 1
        if seen[pair.kind] <= most:
            shown.append(pair)
    return shown


def _difference(one: str, other: str) -> int:
    """Where two texts, their white space single, are to be shown from, so that their first difference is seen."""
    both = zip(" ".join(one.split()), " ".join(other.split()), strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], both))
    return max(0, same - _BEFORE) if same > 2 * _BEFORE else 0


def repeats(alike: Alike) -> dict[Kind, NDArray[np.bool_]]:
    """Kind -> which training texts repeat an earlier one of them so, and no more closely, bool [n]."""
    rows = alike.rows("train")
    return _kinds([_again(keys[rows]) for keys in alike.keys().values()])


def contradicting(alike: Alike) -> NDArray[np.bool_]:
    """Which training texts have one that is alike with another label, bool [n]."""
    rows = alike.rows("train")
    labels = codes_of(alike.parts["train"].examples.labels)
    groups = np.unique(alike.found.groups[rows], return_inverse=True)[1]
    low, high = np.full(len(rows), len(rows)), np.full(len(rows), -1)
    np.minimum.at(low, groups, labels)
    np.maximum.at(high, groups, labels)
    marked: NDArray[np.bool_] = (low != high)[groups]
    return marked


def copies_record(alike: Alike) -> CopiesRecord:
    """What is alike within the training texts."""
    rows, counts = alike.rows("train"), repeats(alike)
    groups = alike.found.groups[rows]
    ids, sizes = np.unique(groups, return_counts=True)
    marked = contradicting(alike)
    several = ids[sizes > 1]
    examples = [_repeated(alike, alike.keys()[kind], mark) for kind, mark in counts.items()]
    return CopiesRecord(
        exact=int(counts["exact"].sum()),
        normalised=int(counts["normalised"].sum()),
        near=int(counts["near"].sum()),
        groups=len(several),
        largest=int(sizes.max(initial=0)),
        similarity=SIMILAR,
        fewest_words=FEWEST_WORDS,
        contradicting=int(marked.sum()),
        contradicting_groups=len(np.unique(groups[marked])),
        examples=tuple(pair for pairs in examples for pair in pairs),
        contradictions=tuple(_contradictions(alike, np.unique(groups[marked])[:_EXAMPLES])),
    )


def overlap(alike: Alike, part: str, other: str) -> dict[Kind, NDArray[np.bool_]]:
    """Kind -> which texts of a part are in the other one so, and no more closely, bool [n]."""
    mine, theirs = alike.rows(part), alike.rows(other)
    return _kinds([np.isin(keys[mine], keys[theirs]) for keys in alike.keys().values()])


def overlaps(alike: Alike) -> tuple[OverlapRecord, ...]:
    """Training texts in the validation and the test part, validation texts in the test part."""
    records = []
    for part, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
        if part not in alike.parts or other not in alike.parts:
            continue
        found = overlap(alike, part, other)
        pairs = [_across(alike, part, other, alike.keys()[kind], mark) for kind, mark in found.items()]
        records.append(
            OverlapRecord(
                part=part,
                other=other,
                exact=int(found["exact"].sum()),
                normalised=int(found["normalised"].sum()),
                near=int(found["near"].sum()),
                examples=tuple(pair for some in pairs for pair in some),
            )
        )
    return tuple(records)


def _kinds(widening: Sequence[NDArray[np.bool_]]) -> dict[Kind, NDArray[np.bool_]]:
    """Each kind without what is of a closer one."""
    exact, normalised, near = widening
    return {"exact": exact, "normalised": normalised & ~exact, "near": near & ~normalised & ~exact}


def _again(keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys occur before, bool [n]."""
    again = np.ones(len(keys), dtype=bool)
    again[np.unique(keys, return_index=True)[1]] = False
    return again


def _repeated(alike: Alike, keys: NDArray[np.int64], mark: NDArray[np.bool_]) -> Iterator[PairRecord]:
    """Some marked training texts, each with the first training text of its key."""
    rows = alike.rows("train")
    for row in rows[mark][:_EXAMPLES].tolist():
        yield alike.pair(int(rows[np.argmax(keys[rows] == keys[row])]), row)


def _contradictions(alike: Alike, groups: NDArray[np.int64]) -> Iterator[PairRecord]:
    """Of each group the first text and the first one with another label."""
    rows, labels = alike.rows("train"), alike.parts["train"].examples.labels
    for group in groups.tolist():
        members = np.flatnonzero(alike.found.groups[rows] == group).tolist()
        other = next(at for at in members if labels[at] != labels[members[0]])
        yield alike.pair(int(rows[members[0]]), int(rows[other]))


def _across(
    alike: Alike, part: str, other: str, keys: NDArray[np.int64], mark: NDArray[np.bool_]
) -> Iterator[PairRecord]:
    """Some marked texts of a part, each with the first text of the other one that has its key."""
    theirs = alike.rows(other)
    for row in alike.rows(part)[mark][:_EXAMPLES].tolist():
        yield alike.pair(row, int(theirs[keys[theirs] == keys[row]][0]))
