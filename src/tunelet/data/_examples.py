"""The two nouns of this room: `Examples` (texts with their labels) and `Reading` (what a source held, and why so)."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tunelet._choice import Choice
from tunelet.errors import DataError

if TYPE_CHECKING:
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
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: "Sequence[int] | np.ndarray") -> "Examples":
        """These rows, in this order."""
        indices = [int(row) for row in rows]
        return Examples(
            ids=tuple(self.ids[row] for row in indices),
            texts=tuple(self.texts[row] for row in indices),
            labels=tuple(self.labels[row] for row in indices) if self.labels else (),
        )

    def without_labels(self, labels: Collection[str]) -> "Examples":
        """Those whose label is none of these."""
        left_out = set(labels)
        return self.take([row for row, label in enumerate(self.labels) if label not in left_out]) if left_out else self

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


@dataclass(frozen=True)
class Reading:
    """What a data source holds: its splits, and every decision with its reason.

    >>> reading = tunelet.read("sample")
    >>> sorted(reading.splits), reading.label_column.value
    (['test', 'train'], 'label')

    Attributes:
        source: what the user typed, or "DataFrame", "list", "Dataset".
        format: how it was stored, for example "CSV, comma, header" or "aclImdb folder".
        splits: always "train" (a single file is "train"); "validation" and "test" where the source has them.
        text_column: the column of the texts ("title + body" where several are read together).
        label_column: the column of the labels; None where no labels are read.
        dropped: split -> reason -> rows, for example {"train": {"empty text": 3, "no label": 1}}.
        notes: sentences about how the source was read, for the screen, each with what to type for another reading.
        text_columns: the names behind `text_column`.
        rows: split -> where its texts stand among the rows of the source, counted from 0, int64 [n].
    """

    source: str
    format: str
    splits: Mapping[str, Examples]
    text_column: Choice[str]
    label_column: Choice[str] | None
    dropped: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    rows: Mapping[str, "np.ndarray"] = field(default_factory=dict)

    @property
    def parts(self) -> Mapping[str, Examples]:
        """The splits, under the name that `data.json` has for them."""
        return self.splits

    def held_out(self) -> str:
        """The split to measure on: test, else validation, else all there is.

        Raises:
            DataError: there is a test split, but none of its rows has a label.
        """
        if "test" in self.dropped and "test" not in self.splits:
            raise DataError(f"{self.source}: no row of the test part has a label", "name other data to measure on")
        return next(split for split in ("test", "validation", "train") if split in self.splits)
