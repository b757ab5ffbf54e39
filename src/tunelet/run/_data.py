"""`data.json`: what was read, dropped and split."""

from collections.abc import Mapping

from tunelet._choice import Choice
from tunelet._record import FileRecord, Record
from tunelet.data import LabelSpace, TaskName, label_space


class SplitRecord(Record):
    """The texts of a split.

    Attributes:
        rows: texts.
        labels: label -> texts that have it.
        sha256: of the texts and their labels.
    """

    rows: int
    labels: Mapping[str, int]
    sha256: str


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
        dropped: reason -> rows.
        notes, warnings: sentences.
        parts: split ("train", "validation", "test") -> its texts.
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
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    parts: Mapping[str, SplitRecord]
    tokens: TokensRecord
    unlabelled: UnlabelledRecord | None
    task: Choice[TaskName] = Choice("multiclass", "one label a text")
    separator: str = ""

    @property
    def space(self) -> LabelSpace:
        """The labels, to encode those of other texts."""
        return label_space(self.task.value, self.label_names, self.separator)
