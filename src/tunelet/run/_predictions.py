"""Predictions on disk: one Parquet row a text, with its id, its label and the probability of every label.

Of plain numbers label and prediction are numbers, and the ends of an interval stand in the place of probabilities.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tunelet._writing import write_atomically
from tunelet.data import Examples, LabelSpace, label_space
from tunelet.evaluation import ShapedPredictions, ValuePredictions, predictions_for, task_of

_PREFIX = "probability_"


def write_predictions(
    path: Path, predictions: ShapedPredictions, separator: str = "", folds: NDArray[np.int16] | None = None
) -> None:
    """Columns id, label, predicted and probability_NAME for each label; of numbers id, label, predicted, low, high.

    Args:
        path: of the file.
        predictions: of any shape, of n texts.
        separator: that is written between several labels of a text.
        folds: the fold that held each text out, from 1, which becomes a column, int16 [n]; None: there are none.
    """
    if isinstance(predictions, ValuePredictions):
        answers, sure = _numbers(predictions)
    else:
        answers, sure = _labels(predictions, separator)
    of_folds: dict[str, Any] = {} if folds is None else {"fold": folds}
    table = pa.table({"id": list(predictions.ids), **answers, **of_folds, **sure})
    write_atomically(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))


def _labels(predictions: Any, separator: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns of answers, and of how sure they are."""
    space = label_space(task_of(predictions), predictions.label_names, separator)
    answers = {"label": space.decode(predictions.labels), "predicted": space.decode(predictions.predicted)}
    names = enumerate(predictions.label_names)
    return answers, {f"{_PREFIX}{name}": predictions.probabilities[:, index] for index, name in names}


def _numbers(predictions: ValuePredictions) -> tuple[dict[str, Any], dict[str, Any]]:
    answers = {"label": predictions.targets, "predicted": predictions.values}
    return answers, {} if predictions.low is None else {"low": predictions.low, "high": predictions.high}


def parse_predictions(content: bytes, space: LabelSpace, thresholds: Sequence[float] = ()) -> ShapedPredictions:
    """What `write_predictions` wrote. Raises an error of Arrow's, ValueError or KeyError where it is anything else.

    Args:
        content: of the file.
        space: the labels.
        thresholds: of several labels a text, the probability from which on each is given.
    """
    table = pq.read_table(pa.BufferReader(content))
    if space.continuous:
        return _parsed_numbers(table)
    ids, written = (tuple(str(value) for value in table[name].to_pylist()) for name in ("id", "label"))
    if unknown := set(space.held(written)) - set(space.names):
        raise ValueError(f"unknown labels: {sorted(unknown)}")
    return predictions_for(
        space.task,
        ids,
        space.names,
        space.encode(Examples(ids, ids, written), "the predictions"),
        np.stack([table[f"{_PREFIX}{name}"].to_numpy() for name in space.names], axis=1),
        thresholds,
    )


def _parsed_numbers(table: pa.Table) -> ValuePredictions:
    ids = tuple(str(value) for value in table["id"].to_pylist())
    columns = [table[name].to_numpy() for name in ("label", "predicted")]
    ends = [table[name].to_numpy() for name in ("low", "high") if name in table.column_names]
    return ValuePredictions(ids, *columns, *ends)
