"""`Examples`: texts with their labels, which everything in this room takes and gives."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tunelet.data._duplicates import fingerprints

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np


@dataclass(frozen=True)
class Examples:
    """Texts in the order of their source, with their labels.

    >>> examples = tunelet.read("later.csv").splits["train"]
    >>> len(examples), examples.ids[0], examples.labels[0]
    (20, '0', 'negative')

    Attributes:
        ids: the source's id column where it has one without repeats, else the row number from 0, as text [n].
        texts: the texts [n].
        labels: label names, never integers [n]; empty where no labels are read.
        groups: what no split may divide, such as authors, "" for none [n]; empty where no such column is named.
        times: seconds since 1970, or the numbers that stand for a time [n]; empty where no such column is named.
        near: a number for each group of near copies, the same for all of a group [n]; empty where there are none.
        shares: where labels are soft, the probability of each label by name [n], the likeliest being the text's label;
            empty where labels are sure.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...] = ()
    times: tuple[float, ...] = ()
    near: tuple[int, ...] = ()
    shares: "tuple[Mapping[str, float], ...]" = ()

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: "Sequence[int] | np.ndarray") -> "Examples":
        """These rows, in this order."""
        indices = [int(row) for row in rows]
        return Examples(
            ids=tuple(self.ids[row] for row in indices),
            texts=tuple(self.texts[row] for row in indices),
            labels=tuple(self.labels[row] for row in indices) if self.labels else (),
            groups=tuple(self.groups[row] for row in indices) if self.groups else (),
            times=tuple(self.times[row] for row in indices) if self.times else (),
            near=tuple(self.near[row] for row in indices) if self.near else (),
            shares=tuple(self.shares[row] for row in indices) if self.shares else (),
        )

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
