"""A model's predictions for labelled texts, checked once at the start, and which label is the positive one.

Notable: probabilities from float32 logits miss a sum of 1 by some 1e-7, which scikit-learn takes for a mistake. They
are divided by their sum here, in float64, so that every later figure uses the same numbers. Rows that already sum to 1
stay as they are, so writing and reading predictions changes nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tunelet._choice import Choice
from tunelet.errors import DataError, RecipeError

SUM_TOLERANCE = 1e-2  # bfloat16 probabilities miss 1 by up to about 0.4 %
SUM_EXACT = 1e-9
POSITIVE_NAMES = (
    "positive", "pos", "yes", "y", "true", "t", "1", "+", "+1", "good", "spam", "toxic", "hate", "hateful", "offensive",
    "abusive", "fraud", "relevant", "match", "duplicate", "sarcastic", "clickbait", "fake",
)  # fmt: skip
NEGATION = re.compile(r"^(?:not|non|no)[\s_-]+")


@dataclass(frozen=True, eq=False)
class Predictions:
    """n labelled texts, and the probability of every label for each.

    Args:
        ids: the texts' identifiers [n].
        label_names: the names of the classes, in the order of the probabilities' columns; at least two.
        labels: the true classes, int64 [n], indices into `label_names`.
        probabilities: float64 [n, classes]; rows sum to 1.

    Raises:
        DataError: the shapes do not fit together, or rows are no probabilities.
    """

    ids: tuple[str, ...]
    label_names: tuple[str, ...]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    def __post_init__(self) -> None:
        labels = np.asarray(self.labels)
        probabilities = np.asarray(self.probabilities, dtype=np.float64)
        n, classes = len(self.ids), len(self.label_names)
        if classes < 2 or len(set(self.label_names)) != classes:
            raise DataError(
                f"predictions need at least two different label names, found {list(self.label_names)}",
                "pass the name of each class once, such as ('negative', 'positive')",
            )
        if labels.shape != (n,) or probabilities.shape != (n, classes):
            raise DataError(
                f"{n} ids and {classes} label names need labels [{n}] and probabilities [{n}, {classes}], "
                f"found {list(labels.shape)} and {list(probabilities.shape)}",
                "pass one label and one row of probabilities a text, one column a label name",
            )
        if n and (labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes):
            raise DataError(
                f"labels must be whole numbers from 0 to {classes - 1}, indices into the label names",
                "pass label_names.index(name) for each label",
            )
        sums = probabilities.sum(axis=1, keepdims=True)
        # Written so that NaN, for which every comparison is false, is refused too.
        if not ((probabilities >= 0).all() and (np.abs(sums - 1) <= SUM_TOLERANCE).all()):
            raise DataError(
                "probabilities must be finite, not negative, and sum to 1 in every row",
                "pass the softmax of the logits",
            )
        off = np.abs(sums - 1) > SUM_EXACT
        object.__setattr__(self, "labels", labels.astype(np.int64))
        object.__setattr__(self, "probabilities", np.where(off, probabilities / sums, probabilities))

    def __len__(self) -> int:
        return len(self.ids)

    def with_probabilities(self, probabilities: NDArray[np.float64]) -> "Predictions":
        """Other probabilities [n, classes] for the same texts."""
        return replace(self, probabilities=probabilities)

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each text, int64 [n]; the first of equals."""
        most_probable: NDArray[np.int64] = np.argmax(self.probabilities, axis=1)
        return most_probable

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of the predicted class, float64 [n]."""
        highest: NDArray[np.float64] = np.max(self.probabilities, axis=1)
        return highest


def positive_label(label_names: Sequence[str]) -> Choice[int] | None:
    """Which of two labels precision, recall, F1, ROC AUC and average precision speak of; None for more classes.

    In this order: the larger of two numbers ("0" and "1", but also the "1" and "2" of star-like codes); a name that is
    commonly the positive one; the name that the other one negates ("billing" of "not billing"); the last name.

    Returns:
        The index into `label_names`, with its reason.
    """
    if len(label_names) != 2:
        return None
    names = [name.strip().casefold() for name in label_names]
    try:
        numbers = [float(name) for name in names]
    except ValueError:
        pass
    else:
        if numbers[0] != numbers[1]:
            return Choice(int(numbers[1] > numbers[0]), "the larger of the two numbers")
    for known in POSITIVE_NAMES:
        if known in names:
            return Choice(names.index(known), f"{known!r} is a usual name of the positive class")
    for index, other in enumerate(names):
        if NEGATION.sub("", other) == names[1 - index]:
            return Choice(1 - index, f"{label_names[index]!r} negates it")
    return Choice(1, "the last of the two names in order")


def positive_index(label_names: Sequence[str], positive: str | None) -> int | None:
    """The index of the label `positive`, or without one of the label that `positive_label` recognises.

    Args:
        label_names: of the classes.
        positive: a label as it is in the data, upper and lower case alike; None or empty: to be recognised.

    Raises:
        RecipeError: `positive` is none of the labels.
    """
    if not positive:
        recognised = positive_label(label_names)
        return recognised.value if recognised else None
    for same in (str, lambda name: name.strip().casefold()):
        matching = [index for index, name in enumerate(label_names) if same(name) == same(positive)]
        if len(matching) == 1:
            return matching[0]
    shown = ", ".join(map(repr, label_names[:12])) + (", ..." if len(label_names) > 12 else "")
    raise RecipeError(
        f"evaluation.positive: {positive!r} is none of the labels: {shown}",
        f"settings={{'evaluation.positive': {label_names[-1]!r}}}",
    )
