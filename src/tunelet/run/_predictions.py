"""Predictions on disk: one Parquet row a text, with its id, its label and the probability of every label."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tunelet._writing import write_atomically
from tunelet.evaluation import Predictions

_PREFIX = "probability_"


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Columns id, label, predicted (names) and probability_NAME for each label."""
    names = np.asarray(predictions.label_names)
    columns: dict[str, Any] = {
        "id": list(predictions.ids),
        "label": names[predictions.labels].tolist(),
        "predicted": names[predictions.predicted].tolist(),
    }
    for index, name in enumerate(predictions.label_names):
        columns[f"{_PREFIX}{name}"] = predictions.probabilities[:, index]
    table = pa.table(columns)
    write_atomically(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))


def parse_predictions(content: bytes, label_names: tuple[str, ...]) -> Predictions:
    """What `write_predictions` wrote. Raises an error of Arrow's, ValueError or KeyError where it is anything else."""
    table = pq.read_table(pa.BufferReader(content))
    index = {name: i for i, name in enumerate(label_names)}
    return Predictions(
        ids=tuple(str(name) for name in table["id"].to_pylist()),
        label_names=label_names,
        labels=np.asarray([index[str(name)] for name in table["label"].to_pylist()], dtype=np.int64),
        probabilities=np.stack([table[f"{_PREFIX}{name}"].to_numpy() for name in label_names], axis=1),
    )
