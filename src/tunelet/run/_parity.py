"""What an export came to beside the run that it was made of, as `export.json` has it."""

from pydantic import Field

from tunelet._record import Interval, Record, Value


class FigureRecord(Record):
    """The figure that decides, on labelled texts.

    Attributes:
        name: of the metric, such as "accuracy".
        words: what screens call it.
        export, source: its value for both; None: it is undefined.
        difference, difference_ci: the export's less its source's, with 95 % interval; None: it is undefined, or nothing
            differs.
    """

    name: str
    words: str
    export: Value
    source: Value
    difference: Value
    difference_ci: Interval


class ParityRecord(Record):
    """An export, run back on texts against what it was made of.

    Attributes:
        source: which texts.
        texts: how many.
        longer: of these, texts that are too long and that this form cuts elsewhere; the largest differences are of the
            others.
        largest_difference: of a probability, or of a number.
        largest_shift: of the log-odds of two labels, which shows where probabilities near 0 or 1 hide a difference. No
            probability can be off by more than a quarter of it. Of several labels a text it is the log-odds of each, of
            ratings those of lying above one, of numbers four times the difference as a share of their spread.
        agreement: share of all texts to which both give the same label.
        figure: that decides, of the export and of its source on these texts; None: they have no labels.
        bytes, reference_bytes: of the weights of both.
        texts_per_second, reference_texts_per_second: of both, on these texts, one after the other.
        tolerance: the most that was allowed: of a quarter of the shift, or for int8 of the share of labels that change.
    """

    source: str
    texts: int = Field(ge=1)
    longer: int
    largest_difference: Value
    largest_shift: Value
    agreement: float
    figure: FigureRecord | None
    bytes: int
    reference_bytes: int
    texts_per_second: float
    reference_texts_per_second: float
    tolerance: float
