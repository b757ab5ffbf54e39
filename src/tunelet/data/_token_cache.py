"""Tokens in the cache: the arrays that they are stored as, and a check that these fit together."""

from pathlib import Path

import numpy as np

from tunelet._array_cache import load_arrays, remove_entry, store_arrays
from tunelet.data._tokens import Tokens

_ARRAYS = ("token_ids", "offsets", "counts", "first_lengths")  # the last only where texts have several fields


def load(folder: Path) -> Tokens | None:
    """What `store` wrote, the ids memory-mapped; None where there is nothing, or something else, which is removed."""
    arrays = load_arrays(folder, _ARRAYS, mapped="token_ids")
    if arrays is None:
        return None
    if not _fit_together(arrays):
        remove_entry(folder)
        return None
    truncated, content, unknown = map(int, arrays["counts"])
    return Tokens(
        arrays["token_ids"], arrays["offsets"], truncated, content, unknown, first_lengths=arrays.get("first_lengths")
    )


def store(tokens: Tokens, folder: Path) -> bool:
    """Write an entry. Returns False where the cache cannot be written."""
    arrays = {
        "token_ids": tokens.token_ids,
        "offsets": tokens.offsets,
        "counts": np.array([tokens.truncated, tokens.content, tokens.unknown], dtype=np.int64),
    }
    if tokens.first_lengths is not None:
        arrays["first_lengths"] = tokens.first_lengths
    return store_arrays(arrays, folder)


def _fit_together(arrays: dict[str, np.ndarray]) -> bool:
    if not set(_ARRAYS[:-1]) <= set(arrays):
        return False
    offsets, first_lengths = arrays["offsets"], arrays.get("first_lengths")
    return (
        offsets.ndim == 1
        and len(offsets) > 0
        and offsets[0] == 0
        and offsets[-1] == len(arrays["token_ids"])
        and bool((np.diff(offsets) >= 0).all())
        and arrays["counts"].shape == (3,)
        and (first_lengths is None or len(first_lengths) == len(offsets) - 1)
    )
