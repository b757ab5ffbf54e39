"""What is measured is known nowhere else: neither its texts, nor near copies of these, nor texts of their groups.

Equal texts are counted apart from those that differ in punctuation, markup or a few words (`_near_duplicates`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tunelet.data._examples import Examples
from tunelet.data._near_duplicates import duplicate_groups

_PAIRS = (("train", "test"), ("validation", "test"), ("train", "validation"))  # part, and what is measured after it


def without_leaks(parts: Mapping[str, Examples]) -> tuple[dict[str, Examples], Counter[str]]:
    """The parts without what they share with one that is measured after them; test texts all stay.

    Args:
        parts: "train", "validation", "test", as far as there are such.

    Returns:
        the parts, with the near copies that are in one and the same part numbered; and reason -> rows left out.
    """
    kept, dropped = dict(parts), Counter[str]()
    copies = _copies_in(parts)
    for name, measured in _PAIRS:
        if name not in kept or measured not in kept:
            continue
        equal = np.isin(kept[name].keys, kept[measured].keys)
        near = np.isin(copies[name], copies[measured]) & ~equal
        grouped = _in_groups(kept[name], kept[measured]) & ~(equal | near)
        text, group = ("", "group ") if name == "train" else (f"{name} text ", f"{name} group ")
        dropped[f"{text}also in the {measured} part"] += int(equal.sum())
        dropped[f"{text}nearly the same as a text in the {measured} part"] += int(near.sum())
        dropped[f"{group}also in the {measured} part"] += int(grouped.sum())
        rows = np.flatnonzero(~(equal | near | grouped))
        kept[name], copies[name] = kept[name].take(rows), copies[name][rows]
    bound = replace(kept["train"], near=tuple(copies["train"].tolist()))
    if near_copies(bound):
        kept["train"] = bound
    return kept, dropped


def near_copies(examples: Examples) -> int:
    """How many different texts have near copies among the others."""
    if not examples.near:
        return 0
    _, first = np.unique(examples.keys, return_index=True)
    sizes = np.unique(np.asarray(examples.near)[first], return_counts=True)[1]
    return int(sizes[sizes > 1].sum())


def _copies_in(parts: Mapping[str, Examples]) -> dict[str, NDArray[np.int64]]:
    """The group of copies of each text, int64 [n] for each part; a group may have texts in several."""
    groups = duplicate_groups([text for examples in parts.values() for text in examples.texts])
    ends = np.cumsum([len(examples) for examples in parts.values()])
    return dict(zip(parts, np.split(groups, ends[:-1]), strict=True))


def _in_groups(examples: Examples, measured: Examples) -> NDArray[np.bool_]:
    """Which texts are of a group that has measured texts, bool [n]."""
    groups = set(measured.groups) - {""}
    mine = examples.groups or ("",) * len(examples)
    return np.fromiter((group in groups for group in mine), dtype=bool, count=len(examples))
