"""What counts as the same text, and the removal of copies: repeats, contradictions, and leaks into what is measured."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tunelet.data._unicode import normal_form


def normalise(text: str) -> str:
    """The key under which copies of a text meet: compatibility-normalised, caseless, whitespace collapsed.

    Follows Unicode's compatibility caseless matching (definition D146), with NFKC in place of NFKD.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded = normal_form("NFKC", normal_form("NFD", text).casefold())
    return " ".join(normal_form("NFKC", folded.casefold()).split())


_BYTES = 8  # of a fingerprint: two of ten million different texts are alike with a chance of three in a million


def fingerprints(texts: Sequence[str]) -> NDArray[np.uint64]:
    """A number for each text, uint64 [n]: equal for texts that count as copies of one another."""
    return exact_keys(map(normalise, texts))


def exact_keys(texts: Iterable[str]) -> NDArray[np.uint64]:
    """A number for each text, uint64 [n]: equal for equal texts."""
    contents = (text.encode("utf-8", "surrogatepass") for text in texts)
    digests = (hashlib.blake2b(content, digest_size=_BYTES).digest() for content in contents)
    return np.fromiter((int.from_bytes(digest, "little") for digest in digests), dtype=np.uint64)


def codes_of(names: Iterable[str]) -> NDArray[np.int64]:
    """A number for each name, int64 [n], the same for equal ones: from 0, in the order in which they first occur."""
    known: dict[str, int] = {}
    return np.fromiter((known.setdefault(name, len(known)) for name in names), dtype=np.int64)


def repeats_and_conflicts(keys: NDArray[np.uint64], labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Which rows repeat an earlier one, and which belong to a text whose labels contradict one another.

    Args:
        keys: of the texts, equal for copies, uint64 [n].
        labels: their labels [n].

    Returns:
        repeats: bool [n], true for each copy but the first of a text with one label.
        conflicts: bool [n], true for every copy of a text with several labels; no row is in both.
    """
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    codes = codes_of(labels)
    low, high = np.full(len(first), len(codes)), np.full(len(first), -1)
    np.minimum.at(low, place, codes)
    np.maximum.at(high, place, codes)
    conflicts: NDArray[np.bool_] = (low != high)[place]
    repeats = np.ones(len(codes), dtype=bool)
    repeats[first] = False
    return repeats & ~conflicts, conflicts
