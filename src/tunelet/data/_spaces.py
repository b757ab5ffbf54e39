"""The shapes of labels by the names that recipes have for them."""

from collections.abc import Sequence

from tunelet.data._label_space import LabelSpace, OneLabel, Ratings, SeveralLabels, TaskName
from tunelet.data._numbers import Numbers
from tunelet.errors import DataError

SPACES: dict[TaskName, type[LabelSpace]] = {
    "multiclass": OneLabel,
    "multilabel": SeveralLabels,
    "ordinal": Ratings,
    "regression": Numbers,
}


def label_space(task: TaskName, names: Sequence[str] = (), separator: str = "") -> LabelSpace:
    """The labels of a task. Raises DataError where a name holds the separator, which then separates nothing."""
    space = SPACES[task](tuple(names), separator)
    if separator and (holding := [name for name in names if separator in name]):
        raise DataError(
            f"the label {holding[0]!r} holds {separator!r}, which stands between labels", "choose another separator"
        )
    return space
