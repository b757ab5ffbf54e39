"""Words that many texts begin or end with: a greeting, a signature, a notice, what a web page puts around its texts."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record

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
        keys = [cut(text) for text in texts]
        common = [(key, count) for key, count in Counter(filter(None, keys)).most_common() if count >= least]
        for key, count in common[:_SHOWN]:
            having = [row for row, own in enumerate(keys) if own == key]
            words = _shared([texts[row] for row in having], place == "beginning")
            share = count / len(texts)
            records.append(
                BoilerplateRecord.model_validate({"place": place, "words": words, "texts": count, "share": share})
            )
        known = {key for key, _ in common}
        marked |= np.array([key in known for key in keys], dtype=bool)
    return tuple(records), marked


def _first(text: str) -> str:
    words = text.split(None, _WORDS)
    return " ".join(words[:_WORDS]).casefold() if len(words) > _WORDS else ""


def _last(text: str) -> str:
    words = text.rsplit(None, _WORDS)
    return " ".join(words[-_WORDS:]).casefold() if len(words) > _WORDS else ""


def _shared(texts: Sequence[str], beginning: bool) -> str:
    """All words that the texts have in common at one end, thirty at most."""
    cut: Callable[[str], list[str]] = (
        (lambda text: text.split(None, _LONGEST)[:_LONGEST])
        if beginning
        else (lambda text: text.rsplit(None, _LONGEST)[-_LONGEST:][::-1])
    )
    shared = cut(texts[0])
    for text in texts[1:]:
        both = zip(shared, cut(text), strict=False)
        same = list(takewhile(lambda pair: pair[0].casefold() == pair[1].casefold(), both))
        shared = shared[: len(same)]
    return " ".join(shared if beginning else shared[::-1])
