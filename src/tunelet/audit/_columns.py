"""Other columns that predict the label by themselves: a leak, where they are not there when a model is used.

Each column is judged alone and out of fold: a text's label is predicted as the commonest one that its value has in the
other folds. Numbers are cut into ten ranges of equally many texts.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record, Value
from tunelet.data import codes_of, is_null, taken

_FOLDS = 5
_RANGES = 10
_ALL_DIFFER = 0.5  # share of distinct values from which on a column names rows
_TEXT = 60  # mean characters of what is a text
_MOST_ROWS = 200_000  # of more rows so many are drawn
_NOTICEABLE, _ERRORS = 0.05, 3.0  # how far above the commonest label: accuracy, and in standard errors


class ColumnRecord(Record):
    """Another column, and how well it predicts the label by itself.

    Attributes:
        name: of the column.
        kind: "category", "number" (cut into ten ranges), or why it was not tried: "identifier" (nearly all values
            differ), "text", "constant".
        texts: that it was judged by, drawn at random where they are not all.
        values: distinct ones among them.
        accuracy: of predicting each text's label by the commonest one of its value in other folds; None: not tried.
        commonest: share of the commonest label.
        information: mutual information of value and label as a share of the label's entropy; None: not tried.
        predicts: whether the accuracy is more than 5 points, and three standard errors, above the commonest label's.
    """

    name: str
    texts: int | None = None
    kind: Literal["category", "number", "identifier", "text", "constant"]
    values: int
    accuracy: Value
    commonest: float
    information: Value
    predicts: bool


def columns(beside: Mapping[str, Sequence[object]], labels: Sequence[str], *, seed: int) -> tuple[ColumnRecord, ...]:
    """How well each column predicts the label, the best first.

    Args:
        beside: column -> values [n].
        labels: [n].
        seed: of the folds.
    """
    indices = codes_of(labels)
    chance = np.random.default_rng(seed)
    if len(labels) > _MOST_ROWS:
        rows = np.sort(chance.permutation(len(labels))[:_MOST_ROWS])
        indices, beside = indices[rows], {name: taken(values, rows) for name, values in beside.items()}
    counts = np.bincount(indices)
    fold = chance.permutation(len(indices)) % _FOLDS
    records = [_column(name, values, indices, counts, fold) for name, values in beside.items()]
    return tuple(sorted(records, key=lambda record: -(record.accuracy or 0)))


def _column(
    name: str, values: Sequence[object], labels: NDArray[np.int64], counts: NDArray[np.int64], fold: NDArray[np.int64]
) -> ColumnRecord:
    shown = ["" if is_null(value) else _shown(value) for value in values]
    distinct = len(set(shown))
    commonest = float(counts.max() / counts.sum())
    kind = "category"
    numbers = _numbers(values)
    if distinct < 2:
        kind = "constant"
    elif numbers is not None and distinct > 2 * _RANGES:
        kind = "identifier" if _counts_rows(numbers) else "number"
    elif distinct > _ALL_DIFFER * len(values):
        kind = "text" if sum(map(len, shown)) > _TEXT * len(shown) else "identifier"
    if kind not in ("category", "number"):
        return ColumnRecord.model_validate(
            {"name": name, "texts": len(values), "kind": kind, "values": distinct}
            | {"accuracy": None, "commonest": commonest}
            | {"information": None, "predicts": False}
        )
    codes = _ranges(numbers) if kind == "number" and numbers is not None else codes_of(shown)
    accuracy = _accuracy(codes, labels, len(counts), fold)
    error = np.sqrt(max(accuracy * (1 - accuracy), 1 / len(labels)) / len(labels))
    return ColumnRecord.model_validate(
        {"name": name, "texts": len(values), "kind": kind, "values": distinct}
        | {"accuracy": accuracy, "commonest": commonest}
        | {"information": _information(codes, labels)}
        | {"predicts": bool(accuracy - commonest > max(_NOTICEABLE, _ERRORS * error))}
    )


def _accuracy(codes: NDArray[np.int64], labels: NDArray[np.int64], classes: int, fold: NDArray[np.int64]) -> float:
    table = np.zeros((_FOLDS, int(codes.max()) + 1, classes), dtype=np.int64)
    np.add.at(table, (fold, codes, labels), 1)
    others = table.sum(axis=0) - table  # of each fold: values by labels in the others
    fallback = others.sum(axis=1).argmax(axis=1)
    guess = np.where(others.sum(axis=2) > 0, others.argmax(axis=2), fallback[:, None])
    return float((guess[fold, codes] == labels).mean())


def _information(codes: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """Mutual information as a share of the label's entropy; 1: the value says which label it is."""
    from scipy.stats import entropy
    from sklearn.metrics import mutual_info_score

    whole = float(entropy(np.bincount(labels)))
    return min(1.0, float(mutual_info_score(codes, labels)) / whole) if whole else 0.0


def _numbers(values: Sequence[object]) -> NDArray[np.float64] | None:
    """The values as numbers, nulls as NaN; None where one of them is none."""
    numbers = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        if is_null(value):
            continue
        try:
            numbers[row] = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            return None
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _counts_rows(numbers: NDArray[np.float64]) -> bool:
    """Whether whole numbers hardly repeat: those of rows, users or articles, which say nothing about new ones."""
    there = numbers[~np.isnan(numbers)]
    whole = bool((there == np.round(there)).all())
    return whole and len(np.unique(there)) > 0.9 * len(numbers)


def _ranges(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """The range of each number, from 1 on; 0: there is none."""
    edges = np.unique(np.nanquantile(numbers, np.linspace(0, 1, _RANGES + 1)[1:-1]))
    return np.where(np.isnan(numbers), 0, np.searchsorted(edges, numbers, side="right") + 1).astype(np.int64)


def _shown(value: object) -> str:
    try:
        return str(value)
    except (RecursionError, ValueError):
        return type(value).__name__
