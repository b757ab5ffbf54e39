"""Which shape the labels of a column have, with the reason: asked for, or recognised by lists and by separators.

A separator is one only where the parts between it recur, alone and in other combinations, as the names of labels do:
"red, white" in a column of colours, but not "Smith, Jr." in one of names, nor the commas of 3,5 and 4,5.
"""

from collections import Counter
from collections.abc import Sequence

from tunelet._choice import Choice
from tunelet._words import counted
from tunelet.data._columns import plain_name
from tunelet.data._label_space import SEPARATORS, LabelSpace, OneLabel, SeveralLabels, several
from tunelet.data._labels import label_name
from tunelet.data._shape import is_number
from tunelet.data._soft import SoftLabels, has_shares
from tunelet.data._spaces import SPACES
from tunelet.data._spellings import some
from tunelet.errors import DataError

_LONGEST = 60  # characters of a label among several
_MOST = 1_000  # labels among which a text has several
_RECUR = 0.95  # share of the parts, by rows, that occur in more than one combination
_ONE = "one label a text"
_RATED = {"rating", "ratings", "stars", "score", "scores", "grade", "grades"}
_MOST_RATINGS = 20


def recognise_labels(
    values: Sequence[object], *, task: str = "auto", separator: str = "", class_names: Sequence[str] = ()
) -> Choice[LabelSpace]:
    """The shape of a column's labels, without their names.

    Args:
        values: raw, of the training rows [n].
        task: as recipes name it; "auto": to be recognised.
        separator: that stands between several labels of a text; "": to be recognised.
        class_names: that the source declares for integers.

    Raises:
        DataError: several labels a text are asked for, and nothing separates them.
    """
    if task in ("auto", "multiclass") and has_shares(values):
        return Choice(SoftLabels(), "its rows say how probable each label is")
    for known, shape in SPACES.items():
        if task == known and known != "multilabel":
            return Choice(shape(), "asked for")
    lists = [several(value, "") or [] for value in values if _is_list(value)]
    if any(len(parts) > 1 for parts in lists) or (lists and task == "multilabel"):
        names = {name for parts in lists for part in parts if (name := label_name(part, class_names))}
        between = separator or next((mark for mark in (*SEPARATORS, "\x1f") if not any(mark in n for n in names)), "\n")
        return Choice(SeveralLabels(separator=between), "its rows are lists")
    texts = Counter(value.strip() for value in values if isinstance(value, str) and value.strip())
    if task == "multilabel":
        between = separator or _commonest(texts)
        return Choice(SeveralLabels(separator=between), f"asked for; labels are separated by {between!r}")
    for mark in (separator,) if separator else SEPARATORS:
        if found := _combined(texts, mark):
            rows, names = found
            reason = (
                f"{counted(rows, 'row')} hold {mark!r}, and the {counted(len(names), 'label')} between recur alone and "
                f"in combinations: {some(sorted(names), 3)}"
            )
            return Choice(SeveralLabels(separator=mark), reason)
    return Choice(OneLabel(), _ONE)


def ordered_note(labels: Sequence[str | None], column: str) -> list[str]:
    """A note where labels are whole numbers in a column that is called as ratings are, and are taken for classes."""
    distinct = {label for label in labels if label is not None}
    rated = set(plain_name(column).split("_")) & _RATED
    if not rated or not 3 <= len(distinct) <= _MOST_RATINGS or not all(label.isdecimal() for label in distinct):
        return []
    numbers = counted(len(distinct), "number")
    where = f"labels: {numbers} in column {column!r} are taken for classes"
    return [f"{where}; where their order counts, --set data.task=ordinal (or regression, for the numbers themselves)"]


def _is_list(value: object) -> bool:
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        return False
    return isinstance(value, list | tuple | set | frozenset) or getattr(value, "ndim", 0) == 1


def _combined(texts: Counter[str], mark: str) -> tuple[int, set[str]] | None:
    """The rows that hold a separator and the labels between; None where it separates nothing that recurs."""
    combinations = {text: parts for text in texts if mark in text and len(parts := _parts(text, mark)) > 1}
    if len(combinations) < 2 or (mark == "," and all(is_number(text.replace(",", ".")) for text in combinations)):
        return None
    held_by = Counter(part for parts in combinations.values() for part in parts)
    held_by.update(text.strip(mark) for text in texts if text not in combinations)
    rows = Counter[str]()
    for text, parts in combinations.items():
        if any(len(part) > _LONGEST for part in parts):
            return None
        rows.update(dict.fromkeys(parts, texts[text]))
    recurring = sum(number for part, number in rows.items() if held_by[part] > 1)
    if recurring < _RECUR * rows.total() or len(held_by) > min(_MOST, max(len(texts), 3)):
        return None
    return sum(texts[text] for text in combinations), set(held_by)


def _parts(text: str, mark: str) -> set[str]:
    return {part.strip() for part in text.split(mark)} - {""}


def _commonest(texts: Counter[str]) -> str:
    """The separator in most rows. Raises DataError where none is in any."""
    rows = {mark: sum(number for text, number in texts.items() if mark in text) for mark in SEPARATORS}
    mark = max(rows, key=lambda mark: rows[mark])
    if not rows[mark]:
        raise DataError(
            f"data.task is multilabel, but no label holds {', '.join(map(repr, SEPARATORS))}",
            "name what stands between labels: settings={'data.label_separator': '/'}",
        )
    return mark
