"""Training and validation rows: stratified, and copies of a text always on the same side."""

import numpy as np

from tunelet.data._examples import Examples
from tunelet.data._groups import copies
from tunelet.data._sample import apportion, rows_by_class
from tunelet.errors import DataError


def split(examples: Examples, *, validation_size: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split into training and validation rows.

    Without copies the sizes are exact: `round(validation_size * n)` rows for validation, each class in proportion (to
    less than one row). Copies (texts equal under `normalise`) move as one, so that the validation split may come out
    smaller by less than the size of such a group. Each class with two distinct texts is on both sides.

    Args:
        examples: n labelled texts.
        validation_size: share of the rows, between 0 and 1.
        seed: the same seed gives the same split.

    Returns:
        training rows, ascending, int64 [n - m]; validation rows, ascending, int64 [m].
    """
    if not 0 < validation_size < 1:
        raise DataError(
            f"the validation size is {validation_size}, expected a share between 0 and 1", "for example 0.2"
        )
    members = copies(examples.texts)  # a group counts for the class of its first row
    classes = rows_by_class([examples.labels[rows[0]] for rows in members])
    sizes = [sum(len(members[group]) for group in groups) for groups in classes]
    total = min(max(round(validation_size * len(examples)), 1), len(examples) - 1)
    least = [min(1, len(groups) - 1) for groups in classes]
    quotas = apportion(total, sizes, least=least, most=[size - 1 for size in sizes])

    random = np.random.default_rng(seed)
    validation: list[int] = []
    for groups, quota in zip(classes, quotas, strict=True):
        validation += _fill(quota, [members[group] for group in random.permutation(groups)])
    held_out = np.zeros(len(examples), dtype=bool)
    held_out[validation] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _fill(quota: int, groups: list[list[int]]) -> list[int]:
    """Rows of the groups, in order, that fit into the quota; never none of them when it is at least 1."""
    rows: list[int] = []
    for group in groups:
        if len(rows) + len(group) <= quota:
            rows += group
    if not rows and quota and len(groups) > 1:
        return min(groups, key=len)
    return rows
