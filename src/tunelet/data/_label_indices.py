"""Labels as numbers: what a model is trained on and measured by."""

from collections.abc import Iterable

import numpy as np

from tunelet.data._examples import Examples
from tunelet.data._spellings import some
from tunelet.errors import DataError


def label_indices(examples: Examples, label_names: tuple[str, ...], source: str) -> np.ndarray:
    """Labels as int64 [n] indices into the label names. Raises DataError for a label that is not among them."""
    refuse_unknown(examples.labels, len(examples), label_names, source)
    index = {name: i for i, name in enumerate(label_names)}
    return np.asarray([index[name] for name in examples.labels], dtype=np.int64)


def refuse_unknown(labels: Iterable[str], texts: int, label_names: tuple[str, ...], source: str) -> None:
    """Raise DataError for labels that are not among the names, and where there is no text at all."""
    unknown = sorted(set(labels) - set(label_names))
    if unknown:
        which = f"label {some(unknown)} was" if len(unknown) == 1 else f"labels {some(unknown)} were"
        known = ", ".join(label_names[:12]) + (", ..." if len(label_names) > 12 else "")
        message = f"{source}: {which} not among the labels trained on ({known})"
        raise DataError(message, "rename the labels, or train with them")
    if not texts:
        raise DataError(f"{source}: no text is left to measure on", "pass data with labels that were trained on")
