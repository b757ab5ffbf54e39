"""What scikit-learn hands to an estimator as X, as texts; `_targets` has y."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tunelet._words import counted
from tunelet.data import is_null
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
