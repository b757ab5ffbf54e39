"""What predictions need beside a model: names of labels and columns, how texts are cleaned, and the threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

from tunelet.data import OUTPUTS, Output, TaskName


@dataclass(frozen=True)
class Task:
    """What texts are to be given, as a run was trained for it and an export carries it on.

    Attributes:
        label_names: in the order of the probabilities.
        text_columns: the columns of the training data whose texts were read, together where there are several.
        label_column: the column of the labels; None: the training data had no columns.
        clean_markup: whether markup is taken out of texts.
        positive: the label that a threshold is for; None: there are more than two.
        threshold: of the probability of the positive label, chosen on validation texts; None: there is none.
        shape: of the labels, as recipes name it.
        separator: what stands between several labels of a text.
        thresholds: of several labels a text, the probability from which on each is given, chosen likewise.
        reach: of numbers, how far the interval of each goes to both sides, found likewise; None: without an end.
    """

    label_names: tuple[str, ...]
    text_columns: tuple[str, ...]
    label_column: str | None
    clean_markup: bool
    positive: str | None
    threshold: float | None
    shape: TaskName = "multiclass"
    separator: str = ""
    thresholds: tuple[float, ...] = ()
    reach: float | None = None

    @property
    def output(self) -> Output:
        """How probabilities follow from logits."""
        return OUTPUTS[self.shape]

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the logits are called, one by one; of ratings in order there is one fewer than labels."""
        return self.output.names(self.label_names)

    @property
    def several_fields(self) -> bool:
        """Whether texts of several columns are read together."""
        return len(self.text_columns) > 1

    @property
    def trained_columns(self) -> dict[str, str | Sequence[str]]:
        """Role ("text", "label") -> the columns of the training data, as they were called there."""
        columns: str | Sequence[str] = self.text_columns if self.several_fields else self.text_columns[0]
        found: dict[str, str | Sequence[str]] = {"text": columns}
        return found | ({} if self.label_column is None else {"label": self.label_column})
