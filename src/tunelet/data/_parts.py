"""The parts of the data while rows are left out of them: the texts, where these come from, and what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.data._dropped import Dropped, Origin
from tunelet.data._examples import Examples
from tunelet.data._near_duplicates import Copies
from tunelet.data._reading import NAMED_ROWS


@dataclass
class Parts:
    """The parts as they are after the latest step.

    Attributes:
        parts: "train" always, "validation" and "test" where there are such -> labelled texts.
        origins: of the same parts, where their texts come from.
        copies: among the texts of all parts as they were read, one part after the other.
        dropped: rows by reason. The reasons are keys of `data.json`, in which a split is called a part.
    """

    parts: dict[str, Examples]
    origins: dict[str, Origin]
    copies: Copies
    dropped: Dropped

    @property
    def train(self) -> Examples:
        """The training texts."""
        return self.parts["train"]

    @property
    def validation(self) -> Examples | None:
        """The validation texts; None: there is no such part."""
        return self.parts.get("validation")

    @property
    def test(self) -> Examples | None:
        """The test texts; None: there is no such part."""
        return self.parts.get("test")

    def copy_from_training(self, name: str, rows: NDArray[np.bool_]) -> None:
        """Make a part of these training texts."""
        self.parts[name], self.origins[name] = self.train, self.origins["train"]
        self.keep(name, rows)

    def drop(self, name: str, reasons: Mapping[str, NDArray[np.bool_]]) -> None:
        """Leave out the texts of a part that are marked, bool [n], each for the first reason that marks it."""
        left = np.ones(len(self.parts[name]), dtype=bool)
        for reason, mark in reasons.items():
            numbers = self.origins[name].numbers[mark & left]
            self.dropped.add(reason, len(numbers), numbers[:NAMED_ROWS].tolist())
            left &= ~mark
        self.keep(name, left)

    def keep(self, name: str, marked: NDArray[np.bool_]) -> None:
        """Leave the other texts of a part, bool [n], out without counting them."""
        if not marked.all():
            self.take(name, np.flatnonzero(marked))

    def take(self, name: str, rows: NDArray[np.int64]) -> None:
        """These texts of a part, in this order, are all that stay."""
        self.parts[name], self.origins[name] = self.parts[name].take(rows), self.origins[name].take(rows)
