"""How likely each training text is drawn: all once an epoch, or texts of rare labels more often."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.recipe import TrainingSettings


def drawing_chances(labels: NDArray[Any], settings: TrainingSettings) -> NDArray[np.float64] | None:
    """The chance of each text to be the next one, float64 [n]; None: an epoch has each text once.

    Where sampling is balanced, the texts of every label are drawn equally often together. A text of several labels
    counts for the rarest of them, one of none for "none of them"; of probabilities, the likeliest label counts.

    Args:
        labels: as `LabelSpace.encode` gives them, or the probability of each label, float32 [n, labels].
        settings: the recipe's training section.
    """
    if settings.sampling == "all":
        return None
    groups = labels if labels.ndim == 1 else _rarest(labels) if labels.dtype == np.bool_ else labels.argmax(axis=1)
    _, group, counts = np.unique(groups, return_inverse=True, return_counts=True)
    chances = 1.0 / counts[group.ravel()]
    shares: NDArray[np.float64] = chances / chances.sum()
    return shares


def _rarest(labels: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The rarest label of each text; -1 where it has none."""
    counts = np.where(labels, labels.sum(axis=0), len(labels) + 1)
    return np.where(labels.any(axis=1), counts.argmin(axis=1), -1)
