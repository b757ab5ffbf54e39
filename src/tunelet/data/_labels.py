"""From raw label values to label names: the same class gets the same name from CSV, Parquet, Excel and pandas."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from tunelet._words import counted
from tunelet.data._raw import RawTable
from tunelet.data._shape import MOST_CLASSES, is_null, is_number
from tunelet.data._spellings import some
from tunelet.data._unicode import as_seen, well_formed
from tunelet.errors import DataError

_KNOWN = 2**16  # names that are kept once
_INTEGRAL = re.compile(r"([+-]?\d+)\.0+")
# Words that may mean that there is no label, but are classes often enough to stay so until the user says otherwise.
_DOUBTFUL = {
    "-",
    "--",
    "\u2013",
    "\u2014",
    "?",
    "??",
    ".",
    "*",
    "na",
    "n.a.",
    "none",
    "nil",
    "undefined",
    "(none)",
    "(empty)",
    "(blank)",
    "blank",
    "tbd",
    "unlabeled",
    "unlabelled",
}


def labels_of(
    table: RawTable, column: str, *, renamed: Mapping[str, str], missing: Collection[str]
) -> tuple[list[str | None], list[str]]:
    """The labels of a table.

    Args:
        table: one split of a source.
        column: of the labels; where the split lacks it, all labels are missing.
        renamed: new names for label values.
        missing: words that stand for no label, in any case; those that are renamed are classes.

    Returns:
        label names [n], None where there is none; notes on labels that are not read as they are written.
    """
    class_names = table.class_names.get(column, ())
    values = table.columns.get(column, [None] * len(table))
    named = _Names(class_names)
    written = [named.of(value) for value in values]
    absent = set() if class_names else {as_seen(word).casefold() for word in missing}
    names = {as_seen(name): as_seen(well_formed(new)) for name, new in renamed.items()}
    unlabelled, labels = Counter[str](), list[str | None]()
    for name in written:
        if name is not None and name not in names and name.casefold() in absent:
            unlabelled[name] += 1
            name = None
        labels.append(None if name is None else names.get(name, name))
    notes = _tidied(values, written)
    if not class_names:
        notes += _on_missing(unlabelled, Counter(name for name in written if name and name not in names))
    return labels, notes


class _Names:
    """`label_name` of values that recur: equal names are one string in memory."""

    def __init__(self, class_names: Sequence[str]) -> None:
        self._class_names = class_names
        self._known: dict[str, str | None] = {}
        self._names: dict[str, str] = {}

    def of(self, value: object) -> str | None:
        """The name of a label, or None for a null."""
        if isinstance(value, str) and value in self._known:
            return self._known[value]
        name = label_name(value, self._class_names)
        if len(self._known) < _KNOWN and len(self._names) < _KNOWN:
            name = None if name is None else self._names.setdefault(name, name)
            if isinstance(value, str):
                self._known[value] = name
        return name if name is None else self._names.get(name, name)


def label_name(value: object, class_names: Sequence[str] = ()) -> str | None:
    """The name of a label, or None for a null.

    Characters that cannot be seen do not count, nor how much white space there is, nor how an accent is encoded.
    Integral floats lose their fraction (a column of integers with gaps becomes 1.0 in pandas), booleans are "true" and
    "false", integers are looked up in `class_names` where the source declares them (and -1 there means "none").
    """
    if hasattr(value, "tolist"):  # of NumPy
        value = value.tolist()
    while isinstance(value, list | tuple) and len(value) == 1:  # annotation tools write a list: there may be several
        value = value[0]
    if is_null(value) or (isinstance(value, list | tuple) and not value):
        return None
    if isinstance(value, list | tuple | dict | set):
        raise DataError(
            f"a label is a {type(value).__name__}, expected one value per text", "name another: label='COL'"
        )
    name = as_seen(well_formed(str(value)))
    if not name:
        return None
    if name.casefold() in ("true", "false"):  # Python, Excel and JSON each have their own spelling
        return name.casefold()
    if integral := _INTEGRAL.fullmatch(name):
        name = integral[1]
    if class_names and isinstance(value, int | float):
        if name == "-1":
            return None
        if not name.isdecimal() or int(name) >= len(class_names):
            raise DataError(f"label {name} has no name among the {len(class_names)} declared", "correct the data set")
        return class_names[int(name)]
    return name


def never_renamed(table: RawTable, column: str, renamed: Mapping[str, str]) -> list[str]:
    """A note on new names for labels that no row has."""
    if not renamed:
        return []
    held = {label_name(value, table.class_names.get(column, ())) for value in table.columns[column]} - {None}
    absent = [name for name in renamed if as_seen(name) not in held]
    if not absent:
        return []
    return [f"data.label_names: no row has the label {some(absent)}; there are {some(sorted(filter(None, held)))}"]


def refuse_continuous(labels: Sequence[str | None], column: str, *, declared: bool, named: bool = False) -> None:
    """Raise DataError for a column of measurements, or of a different value in every row: it is no label column.

    Args:
        labels: label names, nulls included [n].
        column: its name, for the error.
        declared: whether the source itself calls it a class label.
        named: whether the user does: then many integers, or many names, are classes, as long as some occur twice.
    """
    held = [label for label in labels if label is not None]
    distinct = set(held)
    if declared or len(distinct) < 3:
        return
    numeric = all(map(is_number, distinct))
    all_differ = len(distinct) == len(held)
    # A small file may well hold one text of each of many named classes; measurements seldom repeat even in ten rows.
    few_measured = numeric and all_differ and (len(held) >= 10 or any("." in name for name in held))
    fractions = numeric and not all(re.fullmatch(r"[+-]?\d+", name) for name in distinct)
    many = len(distinct) > MOST_CLASSES and (all_differ or (numeric and (fractions or not named)))
    if few_measured or many:
        kind = "numbers" if numeric else "values"
        message = (
            f"column {column!r} holds {len(distinct):,} distinct {kind} in "
            f"{counted(len(held), 'row')}, expected classes"
        )
        predicted = "to predict the numbers themselves, settings={'data.task': 'regression'}"
        if named:
            advice = predicted if numeric else "give texts of one class the same label"
            raise DataError(message, f"{advice}; or name another column: label='COL'")
        if numeric and not fractions and not all_differ:
            raise DataError(message, f"where they are classes, say so: label={column!r}; {predicted}; else label='COL'")
        advice = f"{predicted}; else " if numeric else ""
        raise DataError(message, f"{advice}name the column of labels: label='COL'")


def _tidied(values: Sequence[object], names: Sequence[str | None]) -> list[str]:
    """A note on labels that held what cannot be seen: it does not count."""
    changed = Counter(
        name for value, name in zip(values, names, strict=True)
        if isinstance(value, str) and name is not None and len(written := value.strip()) > len(name)
        and as_seen(written) == name
    )  # fmt: skip
    if not changed:
        return []
    rows = changed.total()
    rows_hold = "1 row holds" if rows == 1 else f"{counted(rows, 'row')} hold"
    what = "invisible characters, needless white space or accents apart from their letters"
    return [f"labels: {rows_hold} {what}, which do not count: {some(list(changed))}"]


def _on_missing(unlabelled: Counter[str], kept: Counter[str]) -> list[str]:
    """Notes on words that mean "no label" or may do so, each with the setting that reads it the other way."""
    notes = []
    if unlabelled:
        listed = ", ".join(f"{name!r} ({rows:,})" for name, rows in unlabelled.items())
        notes.append(f"labels: read as no label: {listed}; where that is a class, --set data.missing_labels=[]")
    if doubtful := {name: rows for name, rows in kept.items() if name.casefold() in _DOUBTFUL}:
        listed = ", ".join(f"{name!r} ({rows:,})" for name, rows in doubtful.items())
        words = ", ".join(json.dumps(name, ensure_ascii=False) for name in (*unlabelled, *doubtful))
        notes.append(
            f"labels: read as a class: {listed}; where that means no label, --set 'data.missing_labels=[{words}]'"
        )
    return notes


def ordered(labels: Iterable[str]) -> tuple[str, ...]:
    """The distinct label names in the order of class indices: by number when all are numbers, else by name."""
    names = sorted(set(labels))
    return tuple(sorted(names, key=float) if all(map(is_number, names)) else names)
