"""`data.json`: what was read, dropped and split."""

from collections.abc import Mapping
from typing import Literal

from tunelet._choice import Choice
from tunelet._record import FileRecord, Record
from tunelet.data import LabelSpace, TaskName, label_space


class NumbersRecord(Record):
    """The numbers that are the labels of a split.

    Attributes:
        mean, deviation: of the training texts the unit in which the model was trained.
        least, median, largest: of them.
        distinct: how many of them differ.
    """

    mean: float
    deviation: float
    least: float
    median: float
    largest: float
    distinct: int


class SplitRecord(Record):
    """The texts of a split.

    Attributes:
        rows: texts.
        labels: label -> texts that have it; numbers have no names.
        sha256: of the texts and their labels.
        numbers: what the labels are, where they are numbers; None: they have names.
    """

    rows: int
    labels: Mapping[str, int]
    sha256: str
    numbers: NumbersRecord | None = None


class DivisionRecord(Record):
    """How the rows were split.

    Attributes:
        by: what decided which texts validate: a part of the source's own, a column, an earlier run, time, or chance.
        column: the column that named the parts; run: the run whose split was taken over; "" without one.
        group_column: the column of what no split divides, "" without one; groups: number of its groups.
        time_column: the column of the times; since: the earliest validation text; "" where time did not decide.
        folds: that were held out in turn; 1: rows were held out once, and trained on in the end; 0: they were not.
        sha256: of the split by content: the same for the same texts on the same sides, in whatever order.
    """

    by: Literal["source", "column", "run", "time", "chance"]
    column: str = ""
    run: str = ""
    group_column: str = ""
    groups: int = 0
    time_column: str = ""
    since: str = ""
    folds: int = 0
    sha256: str = ""


class SplitTokens(Record):
    """The tokens of a split.

    Attributes:
        tokens: all of them.
        cut: texts that were too long.
        cut_tokens: tokens of these that are not read, as near as is known; None: the run is older than this figure.
        windows: of all texts together, where they are read in windows.
        unknown_share: of the tokens, those that stand for words that the tokenizer does not know.
    """

    tokens: int
    cut: int
    unknown_share: float
    cut_tokens: int | None = None
    windows: int | None = None


class TokensRecord(Record):
    """How the texts became tokens.

    Attributes:
        max_length: tokens that a text, or a window of it, may have.
        parts: split -> its tokens.
    """

    max_length: int
    parts: Mapping[str, SplitTokens]


class UsedTexts(Record):
    """Texts without labels that were learnt from."""

    rows: int
    tokens: int


class UnlabelledRecord(Record):
    """The texts without labels.

    Attributes:
        source, format, text_column, dropped, notes: as in `DataRecord`.
        rows, sha256: of all that could be drawn.
        used: those that were.
    """

    source: str
    format: str
    text_column: Choice[str]
    dropped: Mapping[str, int]
    notes: tuple[str, ...] = ()
    rows: int
    sha256: str
    used: UsedTexts


class DataRecord(FileRecord):
    """`data.json` of a run.

    Attributes:
        source, test_source: what was named, None where no test data was.
        format: how the source is written.
        text_column: the columns of the texts as one choice; text_columns: one by one.
        label_column: None where the source has no columns.
        label_names: in the order of the probabilities.
        task: the shape of the labels, and why; separator: what stands between several labels of a text.
        labels_left_out: labels with too few texts to learn from.
        dropped: reason -> rows; the reason names the part that they are in, where that is not the training part.
        dropped_rows: reason -> numbers of these rows in the source of their part (a header is row 1), of the first
            thousand where there are more; a reason may be missing.
        notes, warnings: sentences.
        parts: split ("train", "validation", "test") -> its texts.
        split: how they were split; None: an earlier version did not say.
        tokens: of the splits.
        unlabelled: the texts without labels; None: there were none.
    """

    source: str
    format: str
    text_column: Choice[str]
    text_columns: tuple[str, ...]
    label_column: Choice[str] | None
    test_source: str | None
    label_names: tuple[str, ...]
    labels_left_out: tuple[str, ...]
    dropped: Mapping[str, int]
    dropped_rows: Mapping[str, tuple[int, ...]] = {}
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    parts: Mapping[str, SplitRecord]
    split: DivisionRecord | None = None
    tokens: TokensRecord
    unlabelled: UnlabelledRecord | None
    task: Choice[TaskName] = Choice("multiclass", "one label a text")
    separator: str = ""

    @property
    def space(self) -> LabelSpace:
        """The labels, to encode those of other texts."""
        return label_space(self.task.value, self.label_names, self.separator)
