"""The baseline on disk, without pickle: its terms as JSON, its numbers as safetensors.

No version of scikit-learn stands in it: terms are counted anew by whichever is installed, and the rest is arithmetic.
The terms are words of the training texts, so the folder is for whoever may see those texts.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tunelet._foreign import ForeignFileError, parse_json, read_bytes, read_text
from tunelet.evaluation import Baseline, Ngrams
from tunelet.run._writing import write_atomically

_FEATURES, _WEIGHTS = "features.json", "weights.safetensors"
_VERSION = 1
_LARGEST_VOCABULARY = 2**29  # bytes of JSON
_HEADER = 2**16  # bytes of a safetensors file beside its numbers; ours has some hundred
_ANALYZERS = ("word", "char", "char_wb")


def write_baseline(folder: Path, baseline: Baseline) -> None:
    """Write both files."""
    from safetensors.numpy import save_file

    record = {
        "version": _VERSION,
        "strength": baseline.strength,
        "seconds": baseline.seconds,
        "kinds": [
            {"analyzer": kind.analyzer, "shortest": kind.shortest, "longest": kind.longest, "terms": list(kind.terms)}
            for kind in baseline.kinds
        ],
    }
    numbers = {f"weights.{at}": kind.weights for at, kind in enumerate(baseline.kinds)}
    numbers |= {"coefficients": baseline.coefficients, "intercepts": baseline.intercepts}
    arrays = {name: np.ascontiguousarray(array) for name, array in numbers.items()}
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / _FEATURES, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    write_atomically(folder / _WEIGHTS, lambda temporary: save_file(arrays, temporary))


def read_baseline(folder: Path, classes: int) -> Baseline:
    """What `write_baseline` wrote. Raises ValueError, KeyError or TypeError where it is anything else."""
    try:
        record = parse_json(read_text(folder / _FEATURES, _LARGEST_VOCABULARY))
        if not isinstance(record, dict) or record["version"] != _VERSION:
            raise ValueError(f"{_FEATURES} is not of version {_VERSION}")
        kinds = [_checked_kind(kind) for kind in record["kinds"]]
        features, rows = sum(len(kind["terms"]) for kind in kinds), classes if classes > 2 else 1
        content = read_bytes(folder / _WEIGHTS, 4 * (features * (rows + 1) + rows) + _HEADER)
    except ForeignFileError as error:
        raise ValueError(str(error)) from None
    arrays = _arrays(content)
    shapes: dict[str, tuple[int, ...]] = {f"weights.{at}": (len(kind["terms"]),) for at, kind in enumerate(kinds)}
    shapes |= {"coefficients": (rows, features), "intercepts": (rows,)}
    for name, shape in shapes.items():
        array = arrays[name]
        if array.dtype != np.float32 or array.shape != shape or not np.isfinite(array).all():
            raise ValueError(f"{_WEIGHTS}: expected finite float32 {list(shape)} for {name}")
    return Baseline(
        kinds=tuple(Ngrams(**kind, weights=arrays[f"weights.{at}"]) for at, kind in enumerate(kinds)),
        coefficients=arrays["coefficients"],
        intercepts=arrays["intercepts"],
        strength=float(record["strength"]),
        seconds=float(record["seconds"]),
    )


def _checked_kind(kind: dict[str, Any]) -> dict[str, Any]:
    terms, shortest, longest = kind["terms"], kind["shortest"], kind["longest"]
    if not isinstance(terms, list) or not terms or not all(isinstance(term, str) for term in terms):
        raise ValueError(f"{_FEATURES}: expected a list of terms")
    if len(set(terms)) != len(terms):
        raise ValueError(f"{_FEATURES}: a term occurs twice")
    if not (isinstance(shortest, int) and isinstance(longest, int) and 1 <= shortest <= longest <= 10):
        raise ValueError(f"{_FEATURES}: expected runs of 1 to 10, found {shortest!r} to {longest!r}")
    if kind["analyzer"] not in _ANALYZERS:
        raise ValueError(f"{_FEATURES}: expected one of {', '.join(_ANALYZERS)}, found {kind['analyzer']!r}")
    return {"analyzer": kind["analyzer"], "shortest": shortest, "longest": longest, "terms": tuple(terms)}


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        found: dict[str, np.ndarray] = load(content)
    except SafetensorError as error:
        raise ValueError(f"{_WEIGHTS}: {error}") from None
    return found
