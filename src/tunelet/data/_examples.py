"""`Examples`: texts with their labels, which everything in this room takes and gives."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tunelet.data._duplicates import exact_keys, fingerprints
from tunelet.data._stored import taken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Examples:
    """Texts in the order of their source, with their labels.

    Many texts lie in a file (`tunelet.data._stored`), and so do their ids: whatever takes them goes through them, or
    asks for single rows, and keeps no list of all.

    >>> examples = tunelet.read("later.csv").splits["train"]
    >>> len(examples), examples.ids[0], examples.labels[0]
    (20, '0', 'negative')

    Attributes:
        ids: the source's id column where it has one without repeats, else the row number from 0, as text [n].
        texts: the texts [n].
        labels: label names, never integers [n]; empty where no labels are read. Equal ones are one string in memory.
        groups: what no split may divide, such as authors, "" for none [n]; empty where no such column is named.
        times: seconds since 1970, or the numbers that stand for a time [n]; empty where no such column is named.
        near: a number for each group of near copies, the same for all of a group [n]; empty where there are none.
        shares: where labels are soft, the probability of each label by name [n], the likeliest being the text's label;
            empty where labels are sure.
    """

    ids: "Sequence[str]"
    texts: "Sequence[str]"
    labels: tuple[str, ...]
    groups: tuple[str, ...] = ()
    times: tuple[float, ...] = ()
    near: tuple[int, ...] = ()
    shares: "tuple[Mapping[str, float], ...]" = ()

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: "Sequence[int] | np.ndarray") -> "Examples":
        """These rows, in this order."""
        rows = np.asarray(rows, dtype=np.int64)
        indices = rows.tolist()
        examples = Examples(
            ids=taken(self.ids, rows),
            texts=taken(self.texts, rows),
            labels=tuple(self.labels[row] for row in indices) if self.labels else (),
            groups=tuple(self.groups[row] for row in indices) if self.groups else (),
            times=tuple(self.times[row] for row in indices) if self.times else (),
            near=tuple(self.near[row] for row in indices) if self.near else (),
            shares=tuple(self.shares[row] for row in indices) if self.shares else (),
        )
        if "keys" in self.__dict__:  # what was computed once is not computed anew
            examples.__dict__["keys"] = self.keys[rows]
        return examples

    def relabelled(self, labels: tuple[str, ...]) -> "Examples":
        """The same texts with other labels [n]."""
        return self._with_keys(replace(self, labels=labels))

    def bound(self, near: tuple[int, ...]) -> "Examples":
        """The same texts with their groups of near copies [n]."""
        return self._with_keys(replace(self, near=near))

    def _with_keys(self, same: "Examples") -> "Examples":
        if "keys" in self.__dict__:
            same.__dict__["keys"] = self.keys
        return same

    @cached_property
    def keys(self) -> "np.ndarray":
        """The texts as numbers, uint64 [n]: equal for copies (equal under `normalise`)."""
        return fingerprints(self.texts)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of texts and labels in their order; ids do not count."""
        digest = hashlib.sha256()
        for column in (self.texts, self.labels):
            digest.update(f"{len(column)};".encode())
            for value in column:
                content = value.encode()
                digest.update(f"{len(content)}:".encode())
                digest.update(content)
        return digest.hexdigest()


def oldest_first(examples: Examples) -> "np.ndarray":
    """The rows with the copies of each text from the oldest on, wherever these stand, int64 [n]; no others move."""
    order = np.arange(len(examples))
    columns = [column for column in (examples.times, examples.groups) if column]
    if columns:
        _, place, counts = np.unique(examples.keys, return_inverse=True, return_counts=True)
        copies = np.flatnonzero(counts[place] > 1)
        exact = dict(zip(copies.tolist(), exact_keys(examples.take(copies).texts).tolist(), strict=True))
        order[copies] = sorted(exact, key=lambda row: (*(column[row] for column in columns), exact[row]))
    return order
