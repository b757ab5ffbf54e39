"""What scikit-learn hands to an estimator, X and y, as texts and label names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.data import is_null, label_name, look
from tunelet.errors import TuneletError

_LIST = "pass a text for each row: a list, a Series or an array of strings, or a DataFrame with text='COL'"


class InputError(TuneletError, ValueError):
    """X, y or a parameter cannot be used; scikit-learn expects a ValueError."""


def text_columns(X: Any, named: str | Sequence[str] | None) -> dict[str, list[str]]:  # noqa: N803
    """Column -> its texts, one a row; a missing value is "". One column, called "text" where it has no name.

    Args:
        X: an iterable of strings, an array [n] or [n, 1] of them, or a DataFrame.
        named: columns of a DataFrame; None: it has but one.

    Raises:
        InputError: anything else; the row is named.
    """
    if hasattr(X, "tocsr"):
        raise InputError("X: expected texts, found a sparse matrix", _LIST)
    if not isinstance(X, Iterable) and hasattr(X, "__array__"):
        X = np.asarray(X)  # noqa: N806
    if isinstance(X, str | bytes | Mapping) or not isinstance(X, Iterable):
        raise InputError(f"X: expected an iterable of texts, found {type(X).__name__}", _LIST)
    if hasattr(X, "columns") or hasattr(X, "column_names"):
        return {str(name): _texts(_column(X, name), f" of column {str(name)!r}") for name in _names(X, named)}
    shape = getattr(X, "shape", None)
    if shape is not None and len(shape) == 2 and shape[1] == 1:
        X = np.asarray(X)[:, 0]  # noqa: N806
    elif shape is not None and len(shape) != 1:
        raise InputError(f"X: expected one text a row, found an array of shape {tuple(shape)}", _LIST)
    return {"text": _texts(X, "")}


def _names(frame: Any, named: str | Sequence[str] | None) -> list[Any]:
    held = list(getattr(frame, "column_names", frame.columns))  # of an Arrow table, the columns are what it holds
    wanted = [named] if isinstance(named, str) else list(named or ())
    if not wanted and len(held) != 1:
        raise InputError(
            f"X has {counted(len(held), 'column')}: {', '.join(map(repr, held))}", "name that of the texts: text='COL'"
        )
    if missing := [name for name in wanted if name not in held]:
        raise InputError(
            f"X has no column {missing[0]!r}, found {', '.join(map(repr, held))}", "name another: text='COL'"
        )
    return wanted or held


def _column(frame: Any, name: Any) -> Any:
    column = frame[name]
    if getattr(column, "ndim", 1) != 1:
        raise InputError(f"X has two columns named {name!r}", "rename one of them")
    return column


def _texts(values: Iterable[Any], where: str) -> list[str]:
    texts = []
    for row, value in enumerate(values.to_pylist() if hasattr(values, "to_pylist") else values):
        if not isinstance(value, str) and not is_null(value):
            raise InputError(f"X: row {row}{where}: expected a string, found {type(value).__name__}", _LIST)
        texts.append(value if isinstance(value, str) else "")
    if not texts:
        raise InputError("X: expected texts, found 0 sample(s)", _LIST)
    return texts


@dataclass(frozen=True, eq=False)
class Targets:
    """The classes of a training, and the class of each text.

    Attributes:
        classes: sorted, of the type that they came in [k].
        indices: of each text, int64 [n].
        names: of the classes, as the run calls them [k].
    """

    classes: NDArray[Any]
    indices: NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    def of(cls, y: Any) -> "Targets":
        """Raises ValueError in scikit-learn's words where y is no column of classes: missing, mixed, measurements."""
        from sklearn.utils.multiclass import check_classification_targets
        from sklearn.utils.validation import column_or_1d

        if y is None:
            raise InputError("this classifier requires y to be passed, but the target y is None", "pass fit(X, y)")
        y = column_or_1d(y, warn=True)
        if any(is_null(value) and not isinstance(value, str) for value in y.tolist()):
            raise InputError("Input y contains NaN or None", "leave out the texts without a label")
        if len(kinds := {_kind(value) for value in y.tolist()}) > 1:
            raise InputError(f"y: labels of several types: {', '.join(sorted(kinds))}", "pass labels of one type")
        check_classification_targets(y)
        classes, indices = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise InputError("y holds one class, expected two or more", "pass texts of every class")
        return cls(classes, indices.astype(np.int64), _names_of(classes))

    @property
    def labels(self) -> list[str]:
        """The name of the class of each text."""
        return [self.names[index] for index in self.indices]

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of the texts that each class has [k]."""
        return np.bincount(self.indices, minlength=len(self.classes)) / len(self.indices)


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
