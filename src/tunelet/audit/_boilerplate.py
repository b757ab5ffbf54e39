"""Words that many texts begin or end with: a greeting, a signature, a notice, what a web page puts around its texts."""

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.data import taken

_WORDS, _LONGEST = 5, 30  # that are compared, and that are shown
_FEWEST, _SHARE = 10, 0.01  # texts, and their share of all, from which on words are boilerplate
_SHOWN = 5


class BoilerplateRecord(Record):
    """Words that many texts begin or end with.

    Attributes:
        place: where they stand.
        words: the words.
        texts: different texts that have them.
        share: of the different texts.
    """

    place: Literal["beginning", "end"]
    words: str
    texts: int
    share: float


def boilerplate(texts: Sequence[str]) -> tuple[tuple[BoilerplateRecord, ...], NDArray[np.bool_]]:
    """Beginnings and ends of five words or more that at least 10 texts and 1 % of them share, the commonest first.

    Args:
        texts: different ones [n].

    Returns:
        the records, and which texts have such a beginning or end, bool [n].
    """
    least = max(_FEWEST, _SHARE * len(texts))
    records, marked = [], np.zeros(len(texts), dtype=bool)
    for place, cut in (("beginning", _first), ("end", _last)):
        # Hashes, so that no words of all texts are held; what has too few words has that of nothing.
        keys = np.fromiter((hash(cut(text)) for text in texts), np.int64, len(texts))
        distinct, first, counts = np.unique(keys, return_index=True, return_counts=True)
        common = np.flatnonzero((counts >= least) & (distinct != hash("")))
        for at in common[np.lexsort((first[common], -counts[common]))][:_SHOWN].tolist():
            having = np.flatnonzero(keys == distinct[at])
            words = _shared(taken(texts, having), place == "beginning")
            found = {"place": place, "words": words, "texts": len(having), "share": len(having) / len(texts)}
            records.append(BoilerplateRecord.model_validate(found))
        marked |= np.isin(keys, distinct[common])
    return tuple(records), marked


def _first(text: str) -> str:
    words = text.split(None, _WORDS)
    return " ".join(words[:_WORDS]).casefold() if len(words) > _WORDS else ""


def _last(text: str) -> str:
    words = text.rsplit(None, _WORDS)
    return " ".join(words[-_WORDS:]).casefold() if len(words) > _WORDS else ""


def _shared(texts: Iterable[str], beginning: bool) -> str:
    """All words that the texts have in common at one end, thirty at most; there is a text."""
    cut: Callable[[str], list[str]] = (
        (lambda text: text.split(None, _LONGEST)[:_LONGEST])
        if beginning
        else (lambda text: text.rsplit(None, _LONGEST)[-_LONGEST:][::-1])
    )
    cuts = map(cut, texts)
    shared = next(cuts)
    for words in cuts:
        both = zip(shared, words, strict=False)
        same = list(takewhile(lambda pair: pair[0].casefold() == pair[1].casefold(), both))
        shared = shared[: len(same)]
    return " ".join(shared if beginning else shared[::-1])
