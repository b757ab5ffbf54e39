"""From raw label values to label names: the same class gets the same name from CSV, Parquet and pandas."""

import re
from collections.abc import Sequence

from tunelet.data._columns import MOST_CLASSES, is_null, is_number
from tunelet.errors import DataError

_INTEGRAL = re.compile(r"([+-]?\d+)\.0+")


def label_name(value: object, class_names: Sequence[str] = ()) -> str | None:
    """The name of a label, or None for a null.

    Integral floats lose their fraction (a column of integers with gaps becomes 1.0 in pandas), booleans are "true" and
    "false", integers are looked up in `class_names` where the source declares them (and -1 there means "none").
    """
    if is_null(value):
        return None
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple | dict | set):
        raise DataError(
            f"a label is a {type(value).__name__}, expected one value per text", "name another: --label COL"
        )
    name = str(value).strip()
    if name in ("True", "False"):
        return name.lower()
    if name in ("nan", "NaN", "<NA>"):
        return None
    if integral := _INTEGRAL.fullmatch(name):
        name = integral[1]
    if class_names and isinstance(value, int | float):
        if name == "-1":
            return None
        if not name.isdecimal() or int(name) >= len(class_names):
            raise DataError(f"label {name} has no name among the {len(class_names)} declared", "correct the data set")
        return class_names[int(name)]
    return name


def refuse_continuous(labels: Sequence[str | None], column: str, *, declared: bool) -> None:
    """A column of measurements, or of something different in every row, is no label column.

    Args:
        labels: label names, nulls included [n].
        column: its name, for the error.
        declared: whether the source itself calls it a class label.
    """
    held = [label for label in labels if label is not None]
    distinct = set(held)
    if declared or len(distinct) < 3:
        return
    numeric = all(map(is_number, distinct))
    all_differ = len(distinct) == len(held)
    # A small file may well hold one text of each of many named classes; measurements seldom repeat even in ten rows.
    few_measured = numeric and all_differ and (len(held) >= 10 or any("." in name for name in held))
    if few_measured or (len(distinct) > MOST_CLASSES and (numeric or all_differ)):
        kind = "numbers" if numeric else "values"
        message = f"column {column!r} holds {len(distinct):,} distinct {kind} in {len(held):,} rows, expected classes"
        advice = "turn numbers into class names first, or " if numeric else ""
        raise DataError(message, f"{advice}name the column of labels: --label COL")


def ordered(labels: Sequence[str]) -> tuple[str, ...]:
    """The distinct label names in the order of class indices: by number when all are numbers, else by name."""
    names = sorted(set(labels))
    return tuple(sorted(names, key=float) if all(map(is_number, names)) else names)
