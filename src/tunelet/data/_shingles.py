"""Texts as sets of shingles: runs of three words that follow each other (Broder 1997), each a hashed number.

Two markers stand before the first word and behind the last, so that every word is in three shingles: a word that is
changed costs three of them wherever it stands, and a text of n words has n + 2. In scripts that put no spaces between
words, each character is a word.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import chain
from string import punctuation

import numpy as np
from numpy.typing import NDArray

from tunelet.data._chunks import chunks
from tunelet.data._duplicates import normalise
from tunelet.data._markup import clean
from tunelet.data._unicode import without_unseen

_NO_WORD = re.compile(r"[^a-z0-9]+")  # in a text of ASCII, once it is lower case
# Thai, Lao, Myanmar, Khmer, kana, Chinese characters: words are not parted from each other.
_UNSPACED = re.compile("([\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
_MARKERS = ("", "")  # no word is empty
_TEXTS, _CHARACTERS = 8192, 2**22  # of texts that are hashed together
_KNOWN_WORDS = 2**20  # whose hashes are kept
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def words_of(text: str) -> list[str]:
    """The words of a text by which copies are found: without case, markup, punctuation and invisible characters."""
    plain = normalise(text)
    if "<" in plain or "&" in plain:
        plain = normalise(clean(plain))
    if plain.isascii():
        return _NO_WORD.sub(" ", plain).split()
    return _UNSPACED.sub(r" \1 ", _punctuation().sub(" ", without_unseen(plain))).split()


def key_of(words: Sequence[str], text: str) -> int:
    """What texts of the same words have in common, wherever their spaces are: 64 bits of a hash.

    A text without words is known by its characters. Two million different texts have two of one key once in ten
    million cases.
    """
    return _hash("".join(words) or f" {normalise(text)}")


@dataclass(frozen=True, eq=False)
class Shingles:
    """The shingles of n texts, one text after the other.

    Attributes:
        values: uint64 [t], in the order of the text, repeats included.
        starts: of each text in `values`, int64 [n]. No text is without shingles.
        keys: `key_of` each text, uint64 [n].
        words: how many each text has, int64 [n].
        line: the words' hashes with two markers before each text and at the end, uint64 [t + 2].
    """

    values: NDArray[np.uint64]
    starts: NDArray[np.int64]
    keys: NDArray[np.uint64]
    words: NDArray[np.int64]
    line: NDArray[np.uint64]

    def sets(self) -> list[NDArray[np.uint64]]:
        """The distinct shingles of each text, rising."""
        return [np.unique(part) for part in np.split(self.values, self.starts[1:])] if len(self.starts) else []


def shingles(texts: Iterable[str]) -> Iterator[Shingles]:
    """The shingles of any number of texts, a bounded part of them at a time."""
    hashes = _WordHashes()
    for some in chunks(texts, most=_TEXTS, characters=_CHARACTERS):
        yield _shingles_of(some, hashes)


def _shingles_of(texts: Sequence[str], hashes: "_WordHashes") -> Shingles:
    words = [words_of(text) for text in texts]
    hashes.forget_many()
    counts = np.fromiter(map(len, words), np.int64, len(words))
    # Before each text and at the end stand two markers: those behind a text are those before the next.
    flat = chain(chain.from_iterable((*_MARKERS, *each) for each in words), _MARKERS)
    line = np.fromiter(map(hashes.__getitem__, flat), np.uint64, int(counts.sum()) + 2 * len(words) + 2)
    values = _mixed((line[:-2] * _FACTOR + line[1:-1]) * _FACTOR + line[2:])
    keys = np.fromiter(map(key_of, words, texts), np.uint64, len(words))
    return Shingles(values, np.cumsum(counts + 2) - (counts + 2), keys, counts, line)


class _WordHashes(dict[str, int]):
    """Word -> its hash, computed when it is first met. The same in every process, which Python's own hash is not."""

    def __missing__(self, word: str) -> int:
        self[word] = hashed = _hash(word)
        return hashed

    def forget_many(self) -> None:
        """Begin anew where too many words are known."""
        if len(self) > _KNOWN_WORDS:
            self.clear()


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit depends on every bit: the last steps of SplitMix64 (Steele, Lea and Flood 2014)."""
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


@cache
def _punctuation() -> re.Pattern[str]:
    """ASCII's punctuation and symbols, and what Unicode calls punctuation; emoji are symbols, and words."""
    marks = [chr(code) for code in range(0x80, 0x10000) if unicodedata.category(chr(code)).startswith("P")]
    return re.compile(f"[{re.escape(punctuation)}{''.join(marks)}]+")
