"""Labels as numbers: what a model is trained on and measured by."""

import numpy as np

from tunelet.data._examples import Examples
from tunelet.data._spellings import some
from tunelet.errors import DataError


def label_indices(examples: Examples, label_names: tuple[str, ...], source: str) -> np.ndarray:
    """Labels as int64 [n] indices into the label names. Raises DataError for a label that is not among them."""
    index = {name: i for i, name in enumerate(label_names)}
    unknown = sorted(set(examples.labels) - set(index))
    if unknown:
        which = f"label {some(unknown)} was" if len(unknown) == 1 else f"labels {some(unknown)} were"
        known = ", ".join(label_names[:12]) + (", ..." if len(label_names) > 12 else "")
        message = f"{source}: {which} not among the labels trained on ({known})"
        raise DataError(message, "rename the labels, or train with them")
    if not len(examples):
        raise DataError(f"{source}: no text is left to measure on", "pass data with labels that were trained on")
    return np.asarray([index[name] for name in examples.labels], dtype=np.int64)
