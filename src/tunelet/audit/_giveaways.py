"""Words that give a label away: the label's own name, and words that hardly occur with another label.

Such a word is no error by itself ("excellent" in good reviews is what there is to learn). A rating, a folder's name or
a tag that somebody left in the text is, for then a model learns to read that alone.
"""

from array import array
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.data import ordered

_EDGES = "\"'`.,;:!?()[]{}<>*_-\u2013\u2014\u2026\u2018\u2019\u201c\u201d"
_FEWEST, _SHARE = 10, 0.005  # texts that hold a word, and their share of all, from which on it may give a label away
_PURE = 0.98  # share of them with one label
_BY_CHANCE = 1e-9  # probability of as pure a word, were words and labels unrelated, above which it is left out
_NAME = 3  # letters of a label's name that is looked for
_SHOWN = 20
_MOST_LABELS = 500


class GiveawayRecord(Record):
    """A word that gives a label away.

    Attributes:
        kind: "name": the label's own name; "word": a word that hardly occurs with another label.
        word: in lower case.
        label: that it gives away.
        texts: different texts that hold it.
        share: of them, those with the label.
        expected_share: of all texts, those with the label.
    """

    kind: Literal["name", "word"]
    word: str
    label: str
    texts: int
    share: float
    expected_share: float


def giveaways(texts: Sequence[str], labels: Sequence[str]) -> tuple[GiveawayRecord, ...]:
    """Words that give labels away, names of labels first, then those in the most texts.

    Args:
        texts: different ones [n], so that a copy does not count twice.
        labels: of them [n].
    """
    names = ordered(labels)
    if len(names) > _MOST_LABELS or not texts:
        return ()
    place = {name: at for at, name in enumerate(names)}
    indices = np.array([place[label] for label in labels], dtype=np.int64)
    known, words, sizes = _words(texts)
    shares = np.bincount(indices, minlength=len(names)) / len(texts)
    texts_with = np.bincount(words, minlength=len(known))
    spelt = list(known)
    of_text = np.repeat(np.arange(len(texts)), sizes)
    found = []
    for label, name in enumerate(names):
        at = known.get(name.casefold())
        if at is not None and len(name) >= _NAME and name.isalpha() and texts_with[at] >= _FEWEST:
            having = indices[of_text[words == at]]
            share = float((having == label).mean())
            if share > (1 + shares[label]) / 2:
                found.append(_record("name", spelt[at], name, len(having), share, shares[label]))
    least = max(_FEWEST, _SHARE * len(texts))
    candidates = np.flatnonzero(texts_with >= least)
    column = np.full(len(known), -1)
    column[candidates] = np.arange(len(candidates))
    frequent = column[words] >= 0
    counts = np.zeros((len(candidates), len(names)), dtype=np.int64)
    np.add.at(counts, (column[words[frequent]], indices[of_text[frequent]]), 1)
    best = counts.argmax(axis=1)
    most, totals = counts[np.arange(len(candidates)), best], counts.sum(axis=1)
    pure = np.flatnonzero(most >= _PURE * totals)
    for at in pure[np.argsort(-totals[pure], kind="stable")].tolist():
        label = int(best[at])
        word = spelt[candidates[at]]
        if shares[label] ** most[at] * len(candidates) < _BY_CHANCE and word != names[label].casefold():
            share = float(most[at] / totals[at])
            found.append(_record("word", word, names[label], int(totals[at]), share, shares[label]))
    return tuple(found[:_SHOWN])


def _record(kind: str, word: str, label: str, texts: int, share: float, expected: float) -> GiveawayRecord:
    return GiveawayRecord.model_validate(
        {"kind": kind, "word": word, "label": label, "texts": texts, "share": share, "expected_share": float(expected)}
    )


def _words(texts: Sequence[str]) -> tuple[dict[str, int], NDArray[np.int32], NDArray[np.int64]]:
    """Word -> its number, the numbers of the distinct words text by text, and how many each text has."""
    known: dict[str, int] = {}
    numbers, sizes = array("i"), array("q")
    for text in texts:
        distinct = _distinct(text)
        numbers.extend([known.setdefault(word, len(known)) for word in distinct])
        sizes.append(len(distinct))
    return known, np.frombuffer(numbers, dtype=np.int32) if numbers else np.empty(0, np.int32), np.array(sizes)


def _distinct(text: str) -> set[str]:
    """Words as they are written, so that "8/10" is one, without punctuation around them."""
    words = {word.strip(_EDGES) for word in set(text.casefold().split())}
    words.discard("")
    return words
