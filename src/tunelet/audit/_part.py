"""A part of the data as an audit sees it: its texts and labels, where they stand, and what stands beside them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.data import Examples

_SHOWN = 160  # characters of a text that is shown


class ExampleRecord(Record):
    """A text that is shown.

    Attributes:
        part: "train", "validation" or "test".
        row: of the text.
        id: as the source has it.
        label: of the text.
        text: its beginning; of near copies the place where they begin to differ.
    """

    part: str
    row: int
    id: str
    label: str
    text: str


class PartRecord(Record):
    """The texts of a part.

    Attributes:
        rows: texts with a label.
        dropped: reason -> rows without a text or a label.
        dropped_rows: reason -> numbers of these rows, as errors have them (a header is row 1): of the first thousand.
        labels: label -> texts that have it.
    """

    rows: int
    dropped: Mapping[str, int]
    dropped_rows: Mapping[str, tuple[int, ...]] = {}
    labels: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Part:
    """One part of the data.

    Attributes:
        name: "train", "validation" or "test".
        examples: its n labelled texts, cleaned.
        rows: of these texts in the source, counted from 0, int64 [n].
        written: the texts before they were cleaned [n]; None: they are not at hand.
        beside: other column -> its values for these texts [n].
        dropped: reason -> rows without a text or a label.
        dropped_rows: reason -> numbers of these rows, as errors have them.
    """

    name: str
    examples: Examples
    rows: NDArray[np.int64]
    written: Iterable[str] | None = None
    beside: Mapping[str, Sequence[object]] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    dropped_rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, examples: Examples) -> "Part":
        """Texts without their source: rows are counted among them."""
        return cls(name, examples, np.arange(len(examples)))

    def example(self, at: int, *, start: int = 0) -> ExampleRecord:
        """The text at this place as it is shown, white space single: from its `start`-th character on."""
        whole = self.examples.texts[at]
        text = " ".join((whole if start else whole[: 4 * _SHOWN]).split())
        if start:
            text = f"\u2026 {text[start:].partition(' ')[2] or text[start:]}"
        return ExampleRecord(
            part=self.name,
            row=int(self.rows[at]) + 1,
            id=self.examples.ids[at],
            label=self.examples.labels[at],
            text=text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()} \u2026",
        )
