"""The baseline on disk, without pickle: its terms as JSON, its numbers as safetensors.

No version of scikit-learn stands in it: terms are counted anew by whichever is installed, and the rest is arithmetic.
The terms are words of the training texts, so the folder is for whoever may see those texts.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from tunelet._foreign import ForeignFileError, read_bytes
from tunelet._record import Record, parse_record
from tunelet._writing import write_atomically
from tunelet.data import TaskName
from tunelet.evaluation import Baseline, Ngrams, WordsBaseline

_FEATURES, _WEIGHTS = "features.json", "weights.safetensors"
_LARGEST_VOCABULARY = 2**29  # bytes of JSON
# By task, from the number of labels: how many outputs there are, each with a row of weights.
_OUTPUTS: Mapping[TaskName, Callable[[int], int]] = {
    "multiclass": lambda labels: 1 if labels == 2 else labels,
    "multilabel": lambda labels: labels,
    "ordinal": lambda labels: labels - 1,
    "regression": lambda labels: 1,  # noqa: ARG005
}
_HEADER = 2**16  # bytes of a safetensors file beside its numbers; ours has some hundred


class TermsRecord(Record):
    """Terms of one kind; the attributes are those of `Ngrams`, without its weights."""

    analyzer: Literal["word", "char", "char_wb"]
    shortest: int = Field(ge=1)
    longest: int = Field(le=10)
    terms: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.shortest > self.longest:
            raise ValueError(f"expected runs of 1 to 10, found {self.shortest} to {self.longest}")
        if len(set(self.terms)) != len(self.terms):
            raise ValueError("a term occurs twice")
        return self


class FeaturesRecord(Record):
    """`features.json`: what the baseline counts, how it was fitted, and the version of this form."""

    version: Literal[1]
    strength: float
    seconds: float
    kinds: tuple[TermsRecord, ...]


def write_baseline(folder: Path, baseline: Baseline | WordsBaseline) -> None:
    """Write both files."""
    from safetensors.numpy import save_file

    record = FeaturesRecord(
        version=1,
        strength=baseline.strength,
        seconds=baseline.seconds,
        kinds=tuple(
            TermsRecord.model_validate(
                {
                    "analyzer": kind.analyzer,
                    "shortest": kind.shortest,
                    "longest": kind.longest,
                    "terms": tuple(kind.terms),
                }
            )
            for kind in baseline.kinds
        ),
    )
    numbers = {f"weights.{at}": kind.weights for at, kind in enumerate(baseline.kinds)}
    numbers |= {"coefficients": baseline.coefficients, "intercepts": baseline.intercepts}
    arrays = {name: np.ascontiguousarray(array) for name, array in numbers.items()}
    text = json.dumps(record.to_dict(), ensure_ascii=False, allow_nan=False)
    write_atomically(folder / _FEATURES, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    write_atomically(folder / _WEIGHTS, lambda temporary: save_file(arrays, temporary))


def read_baseline(folder: Path, labels: int, task: TaskName = "multiclass") -> Baseline | WordsBaseline:
    """What `write_baseline` wrote. Raises ValueError or KeyError where it is anything else.

    Args:
        folder: of the baseline.
        labels: how many there are.
        task: as recipes name it.
    """
    rows = _OUTPUTS[task](labels)
    try:
        record = parse_record(read_bytes(folder / _FEATURES, _LARGEST_VOCABULARY), FeaturesRecord)
        features = sum(len(kind.terms) for kind in record.kinds)
        content = read_bytes(folder / _WEIGHTS, 4 * (features * (rows + 1) + rows) + _HEADER)
    except ForeignFileError as error:
        raise ValueError(str(error)) from None
    arrays = _arrays(content)
    shapes: dict[str, tuple[int, ...]] = {f"weights.{at}": (len(kind.terms),) for at, kind in enumerate(record.kinds)}
    shapes |= {"coefficients": (rows, features), "intercepts": (rows,)}
    for name, shape in shapes.items():
        array = arrays[name]
        if array.dtype != np.float32 or array.shape != shape or not np.isfinite(array).all():
            raise ValueError(f"{_WEIGHTS}: expected finite float32 {list(shape)} for {name}")
    kinds = tuple(
        Ngrams(
            analyzer=kind.analyzer,
            shortest=kind.shortest,
            longest=kind.longest,
            terms=kind.terms,
            weights=arrays[f"weights.{at}"],
        )
        for at, kind in enumerate(record.kinds)
    )
    fitted = kinds, arrays["coefficients"], arrays["intercepts"], record.strength, record.seconds
    return Baseline(*fitted) if task == "multiclass" else WordsBaseline(*fitted)


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        found: dict[str, np.ndarray] = load(content)
    except SafetensorError as error:
        raise ValueError(f"{_WEIGHTS}: {error}") from None
    return found
