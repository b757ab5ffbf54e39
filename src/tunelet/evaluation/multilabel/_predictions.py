"""Predictions where a text may have several labels, or none: a probability for each, and from which one on it is given.

Notable: a text without labels is an answer, "none of them", not a gap. Whether a label is given is decided here alone,
by `probabilities >= thresholds`.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tunelet.errors import DataError

HALF = 0.5  # the threshold where none was chosen


@dataclass(frozen=True, eq=False)
class MultilabelPredictions:
    """n texts, the labels that each has, and the probability of every label for each.

    Args:
        ids: the texts' identifiers [n].
        label_names: in the order of the columns; at least one, each different.
        labels: which a text has, bool [n, labels].
        probabilities: float64 [n, labels], each between 0 and 1; rows need not sum to 1.
        thresholds: the probability from which on a label is given, float64 [labels]; above 1 it never is. Where they
            were cross-fitted each text has its own, [n, labels].

    Raises:
        DataError: the shapes do not fit together, or there are no such probabilities or thresholds.
    """

    ids: tuple[str, ...]
    label_names: tuple[str, ...]
    labels: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
    thresholds: NDArray[np.float64]

    def __post_init__(self) -> None:
        labels, thresholds = np.asarray(self.labels), np.asarray(self.thresholds, dtype=np.float64)
        probabilities = np.asarray(self.probabilities, dtype=np.float64)
        n, count = len(self.ids), len(self.label_names)
        if not count or len(set(self.label_names)) != count:
            raise DataError(
                f"predictions need at least one label name, each different, found {list(self.label_names)}",
                "pass the name of each label once, such as ('joy', 'love')",
            )
        fitting = thresholds.shape in {(count,), (n, count)}
        if labels.shape != (n, count) or probabilities.shape != (n, count) or not fitting:
            raise DataError(
                f"{n} ids and {count} label names need labels and probabilities [{n}, {count}] and thresholds "
                f"[{count}], found {list(labels.shape)}, {list(probabilities.shape)} and {list(thresholds.shape)}",
                "pass a row a text and a column a label name",
            )
        if labels.dtype.kind != "b" and not np.isin(labels, (0, 1)).all():
            raise DataError("labels must be true or false, or 1 and 0", "pass for each label whether the text has it")
        # Written so that NaN, for which every comparison is false, is refused too.
        if not ((probabilities >= 0) & (probabilities <= 1)).all():
            raise DataError("probabilities must lie between 0 and 1", "pass the sigmoid of the logits")
        if not ((thresholds >= 0) & (thresholds < np.inf)).all():
            raise DataError("thresholds must be finite and not negative", "pass 0.5 for each label")
        object.__setattr__(self, "labels", labels.astype(np.bool_))
        object.__setattr__(self, "probabilities", probabilities)
        object.__setattr__(self, "thresholds", thresholds)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def predicted(self) -> NDArray[np.bool_]:
        """Which labels each text is given, bool [n, labels]."""
        given: NDArray[np.bool_] = self.probabilities >= self.thresholds
        return given

    def rows(self, chosen: NDArray[np.generic]) -> "MultilabelPredictions":
        """The predictions for some of the texts: rows, or a bool for each [n]."""
        return replace(
            self,
            ids=tuple(np.array(self.ids, dtype=object)[chosen]),
            labels=self.labels[chosen],
            probabilities=self.probabilities[chosen],
            thresholds=self.thresholds if self.thresholds.ndim == 1 else self.thresholds[chosen],
        )

    def with_thresholds(self, thresholds: NDArray[np.float64]) -> "MultilabelPredictions":
        """The same probabilities, labels given from other thresholds on, [labels] or [n, labels]."""
        return replace(self, thresholds=thresholds)

    def with_probabilities(self, probabilities: NDArray[np.float64]) -> "MultilabelPredictions":
        """Other probabilities [n, labels] for the same texts, with the same thresholds."""
        return replace(self, probabilities=probabilities)
