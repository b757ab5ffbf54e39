"""What is measured is known nowhere else: neither its texts, nor near copies of these, nor texts of their groups.

Equal texts are counted apart from those that differ in punctuation, markup or a few words (`_near_duplicates`).
"""

import numpy as np
from numpy.typing import NDArray

from tunelet.data._dropped import Origin
from tunelet.data._examples import Examples

PAIRS = (("train", "test"), ("validation", "test"), ("train", "validation"))
"""A part, and one that is measured after it."""

REASONS = ("also in the {} part", "nearly the same as a text in the {} part", "group also in the {} part")
"""Why a training text is left out: an equal text is measured, a near copy of it, a text of its group."""


def leaks(
    name: str, examples: Examples, origin: Origin, measured: str, others: Examples, elsewhere: Origin
) -> dict[str, NDArray[np.bool_]]:
    """Reason -> which texts of a part share something with a part that is measured after it, bool [n].

    Args:
        name, measured: the two parts.
        examples, origin: n texts of the first.
        others, elsewhere: the texts of the second.
    """
    same, near, group = (reason.format(measured) for reason in REASONS)
    if name != "train":
        same, near, group = f"{name} text {same}", f"{name} text {near}", f"{name} {group}"
    return {
        same: np.isin(examples.keys, others.keys),
        near: np.isin(origin.copies, elsewhere.copies),
        group: _in_groups(examples, others),
    }


def near_copies(examples: Examples) -> int:
    """How many different texts have near copies among the others."""
    if not examples.near:
        return 0
    _, first = np.unique(examples.keys, return_index=True)
    sizes = np.unique(np.asarray(examples.near)[first], return_counts=True)[1]
    return int(sizes[sizes > 1].sum())


def _in_groups(examples: Examples, measured: Examples) -> NDArray[np.bool_]:
    """Which texts are of a group that has measured texts, bool [n]."""
    groups = set(measured.groups) - {""}
    mine = examples.groups or ("",) * len(examples)
    return np.fromiter((group in groups for group in mine), dtype=bool, count=len(examples))
