"""The words of a text, by its characters, and the sums of what its characters contribute.

A word is a run of letters, digits and marks, with an apostrophe inside ("don't"); a run of other signs is one, too; and
each character of a script without spaces (Han, kana) by itself. No tokenizer decides it, so an encoder and TF-IDF
explain the same words.
"""

import itertools
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunelet.run import Word

_APOSTROPHES = "'\u2019"
_ALONE = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


def word_spans(text: str) -> list[tuple[int, int]]:
    """Begin and end of each word of one field."""
    kinds = [_kind(character) for character in text]
    for at in range(1, len(text) - 1):
        if text[at] in _APOSTROPHES and kinds[at - 1] == kinds[at + 1] == "letter":
            kinds[at] = "letter"
    spans, at = [], 0
    for kind, run in itertools.groupby(kinds):
        size = len(list(run))
        if kind == "alone":
            spans += [(begin, begin + 1) for begin in range(at, at + size)]
        elif kind != "blank":
            spans.append((at, at + size))
        at += size
    return spans


def summed_words(fields: Sequence[str], by_character: NDArray[np.float64], read: NDArray[np.bool_]) -> tuple[Word, ...]:
    """The words of a text with what their characters contribute; nothing is lost.

    What blanks contribute belongs to the word behind them, and at the end of a field to the one before.

    Args:
        fields: of the text.
        by_character: of each character of the text that `join_fields` made of them [n].
        read: which of these the encoder read [n].
    """
    sums = np.concatenate([[0.0], np.cumsum(by_character)])
    words: list[Word] = []
    first = done = 0  # where the field begins, and up to where contributions are given to words
    carried = 0.0  # of fields without a word
    for number, field in enumerate(fields):
        spans = word_spans(field)
        until = first + len(field)
        if not spans:
            carried += float(sums[until] - sums[done])
        cuts = [done, *(first + end for _, end in spans[:-1]), until]
        for (begin, end), (low, high) in zip(spans, itertools.pairwise(cuts), strict=False):
            contribution, carried = float(sums[high] - sums[low]) + carried, 0.0
            there = bool(read[first + begin : first + end].any())
            words.append(_word(field, number, begin, end, contribution, there))
        first, done = until + 1, until  # what the character between two fields contributes, the next one has
    return _with(words, carried)


def spread(
    contributions: Sequence[float], begins: Sequence[int], ends: Sequence[int], characters: int
) -> NDArray[np.float64]:
    """Tokens' contributions shared equally by the characters of each, float64 [characters].

    A token without a character of its own gives its share to the character that it stands before, or to the last one.
    """
    steps = np.zeros(characters + 1)
    for contribution, begin, end in zip(contributions, begins, ends, strict=True):
        begin = min(begin, characters - 1)
        end = min(max(end, begin + 1), characters)
        steps[begin] += contribution / (end - begin)
        steps[end] -= contribution / (end - begin)
    return np.cumsum(steps)[:-1]


def _word(field: str, number: int, begin: int, end: int, contribution: float, read: bool) -> Word:
    return Word(text=field[begin:end], field=number, begin=begin, end=end, contribution=contribution, read=read)


def _with(words: list[Word], carried: float) -> tuple[Word, ...]:
    if carried and words:
        words[-1] = words[-1].changed(contribution=words[-1].contribution + carried)
    return tuple(words)


def _kind(character: str) -> str:
    if character.isspace():
        return "blank"
    if any(low <= ord(character) <= high for low, high in _ALONE):
        return "alone"
    return "letter" if unicodedata.category(character)[0] in "LMN" or character == "_" else "sign"
