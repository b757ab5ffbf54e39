"""Tokens of many texts, written into the cache part by part: memory for one part, and nothing is done twice.

A part is an entry of the cache like any other: whole or not there, with checksums. So a preparation that was killed
goes on behind the last part that it wrote. When all are there they are laid end to end in one file, and removed. What
is left of a preparation that nobody takes up again goes after a day, as whatever is unfinished in the cache does.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tunelet._array_cache import UNFINISHED, remove_entry
from tunelet.data._token_cache import load, store, store_together
from tunelet.data._tokens import Tokens

if TYPE_CHECKING:
    from tunelet.data._encode import Encoder

PART = 20_000  # texts


def stored(
    texts: Sequence[str], encoder: "Encoder", folder: Path, advance: Callable[[int], None] | None = None
) -> Tokens | None:
    """The tokens of texts, which lie in an entry of the cache afterwards; None where it cannot be written.

    Args:
        texts: n texts.
        encoder: what encodes them.
        folder: of the entry.
        advance: called with the number of texts of each part that is done, now or by an earlier call.
    """
    place = folder.with_name(f"{UNFINISHED}{folder.name}")
    parts = []
    for number, begin in enumerate(range(0, len(texts), PART)):
        some = texts[begin : begin + PART]
        part = _part(some, encoder, place / str(number))
        if part is None:
            return None
        parts.append(part)
        if advance is not None:
            advance(len(some))
    if not store_together(parts, folder):
        return None
    del parts  # Windows removes no file that is mapped
    remove_entry(place)
    return load(folder)


def _part(texts: Sequence[str], encoder: "Encoder", folder: Path) -> Tokens | None:
    known = load(folder)
    if known is not None and len(known) == len(texts):
        return known
    if known is not None:
        remove_entry(folder)
    return load(folder) if store(encoder.encode(texts), folder) else None
