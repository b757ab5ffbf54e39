"""y as label names for the training, a class for each shape of labels.

One label a text is a class; several are a row of an indicator matrix, or a list of labels; a rating is a number.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.data import TaskName, is_null, is_number, label_name, look
from tunelet.run import Run
from tunelet.sklearn._answers import Answers, ClassAnswers, LabelAnswers, RatingAnswers, is_matrix
from tunelet.sklearn._inputs import InputError

Floats = NDArray[np.float64]
_BINARY = "pass an indicator matrix of 0 and 1 [n, k], or a list of labels for each text"


@dataclass(frozen=True, eq=False)
class Targets(ABC):
    """The labels of a training.

    Attributes:
        classes: sorted, of the type that they came in [k].
        names: of the classes, as the run calls them [k].
        shares: of the texts, that each class has [k]; a text with nothing to read gets these.
        labels: of each text as training data has it [n].
    """

    task: ClassVar[TaskName]

    classes: NDArray[Any]
    names: tuple[str, ...]
    shares: Floats
    labels: list[Any]

    @classmethod
    @abstractmethod
    def of(cls, y: Any) -> Self:
        """Raises ValueError in scikit-learn's words where y has not this shape."""

    @abstractmethod
    def answers(self, run: Run) -> Answers:
        """What becomes of the logits of a run that was trained on them."""

    def columns(self, run: Run) -> NDArray[np.int64]:
        """Where each class stands among the run's labels, whose order is its own; -1: it left out the class."""
        return np.array([run.label_names.index(n) if n in run.label_names else -1 for n in self.names], dtype=np.int64)


class ClassTargets(Targets):
    """One label a text."""

    task: ClassVar[TaskName] = "multiclass"

    @classmethod
    def of(cls, y: Any) -> Self:
        """As described in `Targets`; missing labels, mixed types and measurements are refused."""
        classes, indices = _classes_of(y)
        return cls(classes, (names := _names_of(classes)), _shares(indices, classes), [names[at] for at in indices])

    def answers(self, run: Run) -> Answers:
        """As described in `Targets`."""
        return ClassAnswers(self.columns(run), self.shares, self.classes)


class RatingTargets(ClassTargets):
    """A rating a text, a number."""

    task: ClassVar[TaskName] = "ordinal"

    @classmethod
    def of(cls, y: Any) -> Self:
        """As described in `Targets`; a rating that is no number is refused."""
        from sklearn.utils.validation import column_or_1d

        found = [] if y is None else [label_name(str(value)) for value in column_or_1d(y, warn=True).tolist()]
        if words := [name for name in found if name is None or not is_number(name)]:
            raise InputError(f"y: ratings in order are numbers, found {words[0]}", "pass numbers, or leave out task")
        classes, indices = _classes_of(y, measured=True)
        names = tuple(label_name(str(value)) or "" for value in classes.tolist())
        order = np.argsort([float(name) for name in names], kind="stable")  # classes may be numbers as strings
        classes, names = classes[order], tuple(names[at] for at in order)
        indices = np.argsort(order)[indices]
        return cls(classes, names, _shares(indices, classes), [names[at] for at in indices])

    def answers(self, run: Run) -> Answers:
        """As described in `Targets`."""
        return RatingAnswers(self.columns(run), self.shares, self.classes)


@dataclass(frozen=True, eq=False)
class LabelTargets(Targets):
    """Any number of labels a text.

    Attributes:
        listed: whether y was lists of labels, and no indicator matrix.
    """

    task: ClassVar[TaskName] = "multilabel"

    listed: bool = False

    @classmethod
    def of(cls, y: Any) -> Self:
        """As described in `Targets`; of an indicator matrix the classes are the numbers of columns, or their names."""
        if y is None:
            raise InputError("this classifier requires y to be passed, but the target y is None", "pass fit(X, y)")
        classes, given = _matrix(y) if is_matrix(y) else _binarised(y)
        if len(classes) < 2:
            raise InputError(f"y holds {counted(len(classes), 'label')}, expected two or more", _BINARY)
        names = _names_of(classes)
        labels = [[names[at] for at in np.flatnonzero(row)] for row in given]
        return cls(classes, names, given.mean(axis=0), labels, not is_matrix(y))

    def answers(self, run: Run) -> Answers:
        """As described in `Targets`."""
        own = dict(zip(run.label_names, run.task.thresholds, strict=True))
        thresholds = np.array([own.get(name, np.inf) for name in self.names])
        return LabelAnswers(self.columns(run), self.shares, self.classes, thresholds, self.listed)


TARGETS: dict[str, type[Targets]] = {
    "multiclass": ClassTargets,
    "multilabel": LabelTargets,
    "ordinal": RatingTargets,
}


def targets_of(task: str) -> type[Targets]:
    """By the name of a task, as recipes have it. Raises InputError."""
    if task not in TARGETS:
        raise InputError(f"task={task!r}: expected {', '.join(TARGETS)}", "leave it out for one label a text")
    return TARGETS[task]


def _classes_of(y: Any, *, measured: bool = False) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The distinct labels, sorted, and the index of each text's.

    Args:
        y: one label a text.
        measured: whether numbers with a fraction are labels, too.

    Raises:
        ValueError: missing or mixed labels, or measurements.
    """
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import column_or_1d

    if y is None:
        raise InputError("this classifier requires y to be passed, but the target y is None", "pass fit(X, y)")
    y = column_or_1d(y, warn=True)
    if any(is_null(value) and not isinstance(value, str) for value in y.tolist()):
        raise InputError("Input y contains NaN or None", "leave out the texts without a label")
    if len(kinds := {_kind(value) for value in y.tolist()}) > 1:
        raise InputError(f"y: labels of several types: {', '.join(sorted(kinds))}", "pass labels of one type")
    if not measured:
        check_classification_targets(y)
    classes, indices = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise InputError("y holds one class, expected two or more", "pass texts of every class")
    return classes, indices.astype(np.int64)


def _matrix(y: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The classes of an indicator matrix, and the matrix. Raises InputError where it holds anything but 0 and 1."""
    columns = list(y.columns) if hasattr(y, "columns") else range(y.shape[1])
    values = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    if not np.isin(values, (0, 1)).all():
        raise InputError("y: an indicator matrix holds 0 and 1 alone", _BINARY)
    return np.array(columns), values.astype(np.bool_)


def _binarised(y: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The classes of lists of labels, and their indicator matrix. Raises InputError where y is anything else."""
    from sklearn.preprocessing import MultiLabelBinarizer

    if isinstance(y, str | bytes) or not isinstance(y, Iterable):
        raise InputError(f"y: expected the labels of each text, found {type(y).__name__}", _BINARY)
    listed: Sequence[Any] = [row.tolist() if hasattr(row, "tolist") else row for row in y]
    for number, row in enumerate(listed):
        if isinstance(row, str | bytes) or not isinstance(row, Iterable):
            raise InputError(f"y: row {number}: expected a list of labels, found {type(row).__name__}", _BINARY)
    if len(kinds := {_kind(label) for row in listed for label in row}) > 1:
        raise InputError(f"y: labels of several types: {', '.join(sorted(kinds))}", "pass labels of one type")
    binarizer = MultiLabelBinarizer()
    given: NDArray[Any] = binarizer.fit_transform(listed)
    return binarizer.classes_, given.astype(np.bool_)


def _shares(indices: NDArray[np.int64], classes: NDArray[Any]) -> Floats:
    """The share of the texts that each class has."""
    shares: Floats = np.bincount(indices, minlength=len(classes)) / len(indices)
    return shares


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _names_of(classes: NDArray[Any]) -> tuple[str, ...]:
    """The classes as words, where tunelet reads each as itself and none looks like another; else numbered names."""
    words = [label_name(str(value)) for value in classes.tolist()]
    if None not in words and len({look(word) for word in words if word}) == len(words):
        return tuple(word for word in words if word)
    return tuple(f"class {number}" for number in range(len(classes)))
