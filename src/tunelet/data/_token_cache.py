"""Tokens in the cache: the arrays that they are stored as, and a check that these fit together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tunelet._array_cache import load_arrays, remove_entry, store_arrays
from tunelet.data._tokens import Tokens

_ARRAYS = ("token_ids", "offsets", "counts")
_OF_TEXTS = ("first_lengths", "windows", "whole")  # the first two where texts have several fields, or windows


def load(folder: Path) -> Tokens | None:
    """What `store` wrote, the ids memory-mapped; None where there is nothing, or something else, which is removed."""
    arrays = load_arrays(folder, _ARRAYS + _OF_TEXTS, mapped="token_ids")
    if arrays is None:
        return None
    if not _fit_together(arrays):
        remove_entry(folder)
        return None
    truncated, content, unknown, cut = map(int, arrays["counts"])
    of_texts: dict[str, Any] = {name: arrays.get(name) for name in _OF_TEXTS}
    return Tokens(arrays["token_ids"], arrays["offsets"], truncated, content, unknown, cut=cut, **of_texts)


def store(tokens: Tokens, folder: Path) -> bool:
    """Write an entry. Returns False where the cache cannot be written."""
    return store_together([tokens], folder)


def store_together(parts: Sequence[Tokens], folder: Path) -> bool:
    """Write the tokens of all parts, one or more, end to end as one entry; their ids are not in memory together."""
    lengths = np.concatenate([[0], *(part.lengths for part in parts)])
    counts = [(part.truncated, part.content, part.unknown, part.cut) for part in parts]
    arrays: dict[str, np.ndarray | Sequence[np.ndarray]] = {
        "token_ids": [part.token_ids for part in parts],
        "offsets": np.cumsum(lengths, dtype=np.int64),
        "counts": np.array(counts, dtype=np.int64).sum(axis=0),
    }
    for name in _OF_TEXTS:
        of_texts = [getattr(part, name) for part in parts]
        if of_texts[0] is not None:
            arrays[name] = np.concatenate(of_texts)
    return store_arrays(arrays, folder)


def _fit_together(arrays: dict[str, np.ndarray]) -> bool:
    if not set(_ARRAYS) <= set(arrays):
        return False
    offsets, of_texts = arrays["offsets"], [arrays[name] for name in _OF_TEXTS if name in arrays]
    return (
        offsets.ndim == 1
        and len(offsets) > 0
        and offsets[0] == 0
        and offsets[-1] == len(arrays["token_ids"])
        and bool((np.diff(offsets) >= 0).all())
        and arrays["counts"].shape == (4,)
        and all(known.shape == (len(offsets) - 1,) for known in of_texts)
        and ("windows" not in arrays or bool((arrays["windows"] >= 1).all()))
    )
