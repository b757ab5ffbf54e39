"""Soft labels: of each text the probability of every class, or how many people chose it.

They stand in one column, as a mapping from names to numbers or as a list of numbers, or in several columns of one
pattern, such as `p_joy` and `p_anger`. A text counts as one of its likeliest class, so that splits, baselines and
metrics are those of one label a text; what is trained for are the probabilities.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.data._examples import Examples
from tunelet.data._label_space import OneLabel
from tunelet.data._labels import label_name, ordered
from tunelet.data._raw import RawTable
from tunelet.data._shape import is_null, is_number
from tunelet.data._unicode import as_seen
from tunelet.errors import DataError

_PATTERNS = ("p_*", "prob_*", "probability_*")
_ROUNDED = 0.02  # by which probabilities may miss 1
_LOOKED_AT = 1000  # rows

Shares = Mapping[str, float]


class SoftLabels(OneLabel):
    """One label a text, the likeliest: int64 [n]; and the probability of each, float32 [n, names]."""

    def read(
        self,
        table: RawTable,
        column: str,
        *,
        renamed: Mapping[str, str],
        missing: Collection[str],
    ) -> tuple[list[str | None], list[str]]:
        """As described in `LabelSpace`: the likeliest label of each row."""
        rows = self.shares(table, column, renamed=renamed)
        labels = [None if row is None else _likeliest(row) for row in rows]
        names = ordered({name for row in rows if row is not None for name in row})
        notes = [f"labels: each row gives {counted(len(names), 'label')} a probability; the likeliest is its label"]
        votes = sum(abs(_total(values) - 1) > _ROUNDED for values in _numbers_of(table, column))
        if votes:
            rows_have = counted(votes, "row")
            notes.append(f"labels: the numbers of {rows_have} do not sum to 1, and are divided by their sum")
        return labels, notes

    def shares(self, table: RawTable, column: str, *, renamed: Mapping[str, str]) -> list[Shares | None]:
        """As described in `LabelSpace`."""
        class_names = table.class_names.get(column, ())
        new = {as_seen(name): as_seen(other) for name, other in renamed.items()}
        rows: list[Shares | None] = []
        for at, value in enumerate(table.columns.get(column, [None] * len(table))):
            numbers = _numbers(value, column, table.number(at))
            total = 0.0 if numbers is None else sum(numbers.values())
            if numbers is None or total <= 0:
                rows.append(None)
                continue
            row: dict[str, float] = {}
            for key, number in numbers.items():
                name = label_name(key, class_names)
                if name is not None:
                    name = new.get(name, name)
                    row[name] = row.get(name, 0.0) + number / total
            rows.append(row)
        return rows

    def named_by(self, examples: Examples) -> Self:
        """The same shape with the names of every label that has a probability above 0."""
        return replace(self, names=ordered(name for row in examples.shares for name, share in row.items() if share > 0))

    def respelt(self, examples: Examples, names: Mapping[str, str]) -> Examples:
        """As described in `LabelSpace`, the probabilities of labels that become one added up."""
        rows: list[Shares] = []
        for shares in examples.shares:
            row: dict[str, float] = {}
            for name, share in shares.items():
                row[names.get(name, name)] = row.get(names.get(name, name), 0.0) + share
            rows.append(row)
        return replace(super().respelt(examples, names), shares=tuple(rows))

    def without(self, examples: Examples, names: Collection[str]) -> Examples:
        """As described in `LabelSpace`; what a text's label leaves over goes to its others."""
        left = super().without(examples, names)
        rows = ({name: share for name, share in row.items() if name not in names} for row in left.shares)
        return replace(left, shares=tuple(rows))

    def targets(self, examples: Examples) -> NDArray[np.float32] | None:
        """As described in `LabelSpace`."""
        if not examples.shares:
            return None
        place = {name: at for at, name in enumerate(self.names)}
        found = np.zeros((len(examples), len(self.names)))
        for row, shares in enumerate(examples.shares):
            for name, share in shares.items():
                if name in place:
                    found[row, place[name]] = share
        found /= found.sum(axis=1, keepdims=True)
        return found.astype(np.float32)


def has_shares(values: Sequence[object]) -> bool:
    """Whether the values of a column say how probable each label is: mappings of numbers, or lists that sum to 1."""
    held = [value for value in values if not is_null(value)][:_LOOKED_AT]
    if held and all(isinstance(value, Mapping) for value in held):
        items = [item for value in held if isinstance(value, Mapping) for item in value.values() if not is_null(item)]
        return bool(items) and all(map(_is_share, items))
    rows = [value for value in map(_listed, held) if value is not None]
    if not rows or len(rows) < len(held) or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        return False
    if not all(_is_share(item) for row in rows for item in row):
        return False
    # Lists of whole numbers are several labels a text, if not each is 1 for one label and 0 for the others.
    return any(isinstance(item, float) and not item.is_integer() for row in rows for item in row) and all(
        abs(sum(map(float, row)) - 1) <= _ROUNDED for row in rows
    )


def pattern_of(table: RawTable) -> str:
    """The pattern of at least two columns whose numbers are probabilities that sum to 1; "" where there are none."""
    for pattern in _PATTERNS:
        columns = matching_columns(table.columns, pattern)
        if len(columns) < 2:
            continue
        rows = list(zip(*(table.columns[name][:_LOOKED_AT] for name in columns.values()), strict=True))
        whole = [row for row in rows if not any(is_null(value) for value in row)]
        if whole and all(
            all(_is_share(value) for value in row) and abs(sum(map(float, row)) - 1) <= _ROUNDED for row in whole
        ):
            return pattern
    return ""


def with_pattern(table: RawTable, pattern: str) -> RawTable:
    """The table with one column of mappings, called as the pattern, in the place of the columns that match it.

    The label of each is what stands for "*" in its name.
    """
    columns = matching_columns(table.columns, pattern)
    if pattern in table.columns or not columns:
        return table
    rows = zip(*(table.columns[name] for name in columns.values()), strict=True)
    mappings = [None if all(map(is_null, row)) else dict(zip(columns, map(_zero, row), strict=True)) for row in rows]
    others = {name: values for name, values in table.columns.items() if name not in columns.values()}
    return replace(table, columns={**others, pattern: mappings})


def is_pattern(name: object) -> bool:
    """Whether a name of a column stands for several."""
    return isinstance(name, str) and name.count("*") == 1


def matching_columns(columns: Iterable[str], pattern: str) -> dict[str, str]:
    """Label -> column, of the columns that match a pattern."""
    begin, star, end = pattern.partition("*")
    if not star:
        return {}
    matching = [name for name in columns if name.startswith(begin) and name[len(begin) :].endswith(end)]
    return {name[len(begin) : len(name) - len(end)]: name for name in matching if len(name) > len(begin) + len(end)}


def _zero(value: object) -> object:
    return 0.0 if is_null(value) else value


def _numbers_of(table: RawTable, column: str) -> list[Mapping[object, float]]:
    values = table.columns.get(column, ())
    found = (_numbers(value, column, table.number(at)) for at, value in enumerate(values))
    return [numbers for numbers in found if numbers]


def _numbers(value: object, column: str, row: int) -> dict[object, float] | None:
    """Label -> number of one row, a list's labels being its places; None: the row says nothing."""
    if is_null(value):
        return None
    listed = _listed(value)
    entries: Any = value.items() if isinstance(value, Mapping) else enumerate(listed or ())
    found = {}
    for name, item in entries:
        if is_null(item):
            continue
        if not _is_share(item):
            raise DataError(
                f"column {column!r}: row {row:,} has {item!r} for label {name!r}, expected a number of 0 or more",
                "correct it, or name another column: label='COL'",
            )
        found[name] = float(item)
    return found or None


def _listed(value: object) -> list[Any] | None:
    if hasattr(value, "tolist"):
        value = value.tolist()
    return list(value) if isinstance(value, list | tuple) else None


def _is_share(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, str):
        return is_number(value) and _is_share(float(value))
    return isinstance(value, int | float) and math.isfinite(value) and value >= 0


def _total(numbers: Mapping[object, float]) -> float:
    return sum(numbers.values())


def _likeliest(row: Shares) -> str:
    return max(ordered(row), key=lambda name: row[name])
