"""The logits of TF-IDF as a sum over the characters of a text, which is exact: they are linear in the features.

What a term adds to a logit (its value times its coefficient) is shared equally by its occurrences, and by the
characters of each. The occurrences are those that scikit-learn's counters find; a test compares the counts.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._baseline import Baseline
from tunelet.evaluation._ngrams import Ngrams
from tunelet.evaluation._trained_words import TrainedWords

_WORD, _CHUNK, _BLANKS = re.compile(r"\b\w+\b"), re.compile(r"\S+"), re.compile(r"\s\s+")


class Occurrence(NamedTuple):
    """A term at a place in a lower-case text: its characters from `begin` to `end`.

    A pair of words has a second piece, [also, until), and what stands between them is left out.
    """

    term: str
    begin: int
    end: int
    also: int = 0
    until: int = 0


def logits_by_character(baseline: TrainedWords, text: str) -> NDArray[np.float64]:
    """What each character of a text adds to each logit, float64 [outputs, characters]; of two classes both are there.

    With the intercepts, the sums over the characters are the logits.
    """
    lower, source = _lowered(text)
    added = np.zeros((len(text) + 1, baseline.coefficients.shape[0]))  # as steps up and down, summed up below
    first = 0
    for kind in baseline.kinds:
        coefficients = baseline.coefficients[:, first : first + len(kind.terms)].astype(np.float64)
        first += len(kind.terms)
        known = [
            (column, found) for found in occurrences(kind, lower) if (column := kind.columns.get(found.term, -1)) >= 0
        ]
        if not known:
            continue
        columns = np.array([column for column, _ in known])
        counts = np.bincount(columns, minlength=len(kind.terms))
        values = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0.0) * kind.weights
        values /= np.linalg.norm(values)
        shares = (coefficients * values)[:, columns].T / counts[columns][:, None]  # [occurrences, rows]
        pieces = np.array([found[1:] for _, found in known])
        begins, ends = source[pieces[:, [0, 2]]], source[np.maximum(pieces[:, [1, 3]] - 1, 0)] + 1
        there = pieces[:, [1, 3]] > pieces[:, [0, 2]]
        sizes = np.where(there, ends - begins, 0)
        each = shares / sizes.sum(axis=1)[:, None]
        for piece in (0, 1):
            rows = there[:, piece]
            np.add.at(added, begins[rows, piece], each[rows])
            np.subtract.at(added, ends[rows, piece], each[rows])
    by_character = np.cumsum(added, axis=0)[:-1].T
    if _is_of_two(baseline):  # the coefficients are those of the second
        return np.concatenate([np.zeros_like(by_character), by_character])
    return np.broadcast_to(by_character, (len(baseline.intercepts), len(text)))  # outputs may share coefficients


def intercepts(baseline: TrainedWords) -> NDArray[np.float64]:
    """The logits of a text without any known term, float64 [outputs]; of two classes both are there."""
    found = baseline.intercepts.astype(np.float64)
    return np.concatenate([np.zeros(1), found]) if _is_of_two(baseline) else found


def _is_of_two(baseline: TrainedWords) -> bool:
    """Whether it is a model of two classes, which has one row for both."""
    return isinstance(baseline, Baseline) and len(baseline.intercepts) == 1


def occurrences(kind: Ngrams, lower: str) -> Iterator[Occurrence]:
    """Each run of a lower-case text, known or not, as scikit-learn's counters form them."""
    if kind.analyzer == "word":
        spans = [match.span() for match in _WORD.finditer(lower)]
        for at, (begin, end) in enumerate(spans):
            if kind.shortest == 1:
                yield Occurrence(lower[begin:end], begin, end)
            if kind.longest == 2 and at + 1 < len(spans):
                also, until = spans[at + 1]
                yield Occurrence(f"{lower[begin:end]} {lower[also:until]}", begin, end, also, until)
    elif kind.analyzer == "char_wb":
        for match in _CHUNK.finditer(lower):
            padded, begin, end = f" {match[0]} ", match.start(), match.end()
            for size in range(kind.shortest, kind.longest + 1):
                for at in range(max(1, len(padded) - size + 1)):
                    yield Occurrence(
                        padded[at : at + size], max(begin, begin + at - 1), min(end, begin + at - 1 + size)
                    )
                if len(padded) <= size:  # a short word counts once
                    break
    else:
        joined, places = _without_blanks(lower)
        for size in range(kind.shortest, kind.longest + 1):
            for at in range(len(joined) - size + 1):
                yield Occurrence(joined[at : at + size], places[at], places[at + size])


def _without_blanks(lower: str) -> tuple[str, list[int]]:
    """The text with each run of blanks as one space, and where each of its characters begins; the end comes last."""
    letters: list[str] = []
    places: list[int] = []
    done = 0
    for match in _BLANKS.finditer(lower):
        letters.append(lower[done : match.start()] + " ")
        places += range(done, match.start() + 1)
        done = match.end()
    letters.append(lower[done:])
    return "".join(letters), [*places, *range(done, len(lower) + 1)]


def _lowered(text: str) -> tuple[str, NDArray[np.int64]]:
    """The text in lower case, and for each of its characters (and its end) the one of the text that it comes from."""
    lower = text.lower()
    sizes = [len(character.lower()) for character in text]  # a Turkish capital I with a dot becomes two
    source = np.repeat(np.arange(len(text)), sizes)
    return lower, np.append(source, len(text))
