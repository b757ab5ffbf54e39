"""`Reading`: what a source held, with every decision and its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tunelet._choice import Choice
from tunelet.data._examples import Examples
from tunelet.data._label_space import ONE_LABEL, LabelSpace
from tunelet.errors import DataError

NAMED_ROWS = 1000
"""Of the rows that are left out for one reason, so many are named at most."""

_ONE_LABEL: Choice[LabelSpace] = Choice(ONE_LABEL, "one label a text")


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
        labels: the shape of the labels, their names not yet known.
        marks: "group", "time", "split" -> the column that says so of each row, as far as they were asked for.
        dropped_rows: split -> reason -> the rows that were dropped for it, as errors number them, the first thousand.
        time_kind: what the column of times holds, "dates" or "numbers"; "" without one.
        numbers: split -> the rows of its texts, as errors number them, int64 [n]; a split may be missing.
        beside: the other columns of the training split, name -> values of its texts [n].
    """

    source: str
    format: str
    splits: Mapping[str, Examples]
    text_column: Choice[str]
    label_column: Choice[str] | None
    dropped: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    rows: Mapping[str, np.ndarray] = field(default_factory=dict)
    labels: Choice[LabelSpace] = _ONE_LABEL
    marks: Mapping[str, str] = field(default_factory=dict)
    dropped_rows: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    time_kind: str = ""
    numbers: Mapping[str, np.ndarray] = field(default_factory=dict)
    beside: Mapping[str, Sequence[object]] = field(default_factory=dict)

    @property
    def parts(self) -> Mapping[str, Examples]:
        """The splits, under the name that `data.json` has for them."""
        return self.splits

    def numbers_of(self, split: str) -> np.ndarray:
        """The rows of a split's texts, as errors number them, int64 [n]."""
        numbers = self.numbers.get(split)
        return np.arange(1, len(self.splits[split]) + 1) if numbers is None else numbers

    def held_out(self) -> str:
        """The split to measure on: test, else validation, else all there is.

        Raises:
            DataError: there is a test split, but none of its rows has a label.
        """
        if "test" in self.dropped and "test" not in self.splits:
            raise DataError(f"{self.source}: no row of the test part has a label", "name other data to measure on")
        return next(split for split in ("test", "validation", "train") if split in self.splits)
