"""Copies among many texts, kept in the cache: an audit and the trainings after it look for them once.

So does a preparation that was killed behind the search. The entry is found by the content of the texts, in their order.
"""

import hashlib
from collections.abc import Sequence

from tunelet._array_cache import load_arrays, remove_entry, store_arrays
from tunelet._cache import cache_folder
from tunelet.data._duplicates import exact_keys
from tunelet.data._following import UNFOLLOWED, FollowedTexts, Follower
from tunelet.data._near_duplicates import FEWEST_WORDS, SIMILAR, Copies, find_copies

FEW = 20_000
"""Texts up to which nothing is kept: the search takes seconds."""

_FORMAT = 1  # change it when other copies are found in the same texts
_ARRAYS = ("same", "groups", "pairs", "similarity")


def kept_copies(texts: Sequence[str], follow: Follower = UNFOLLOWED) -> Copies:
    """`find_copies`, read from the cache where the same texts were searched before.

    Args:
        texts: n texts.
        follow: told how far the search is.
    """
    followed = FollowedTexts(texts, "looking for copies", follow)
    if len(texts) <= FEW:
        return find_copies(followed)
    digest = hashlib.sha256(repr((_FORMAT, SIMILAR, FEWEST_WORDS, len(texts))).encode())
    digest.update(exact_keys(texts).tobytes())
    folder = cache_folder() / "copies" / digest.hexdigest()[:32]
    arrays = load_arrays(folder, _ARRAYS, mapped="same")
    if (
        arrays is not None
        and set(arrays) == set(_ARRAYS)
        and len(arrays["same"]) == len(arrays["groups"]) == len(texts)
    ):
        return Copies(**arrays)
    if arrays is not None:
        remove_entry(folder)
    found = find_copies(followed)
    store_arrays({name: getattr(found, name) for name in _ARRAYS}, folder)
    return found
