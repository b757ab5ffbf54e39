"""How long texts are in tokens, what limits lose of them, and how well a vocabulary covers them.

Where no tokenizer is at hand, words are counted. Of many texts a random part is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.audit._drawn import drawn
from tunelet.audit._part import ExampleRecord, Part

LIMITS = (128, 256, 512)
_MOST, _AT_ONCE = 20_000, 1000  # texts
_BADLY = 0.25  # share of unknown or single letters
_EXAMPLES = 5
# Of WordPiece's continuations; of the first pieces of words in SentencePiece and in byte-level BPE.
_MARKERS = ("##", "\u2581", "\u0120")


class CutRecord(Record):
    """What a limit on the length of texts loses.

    Attributes:
        limit: tokens (or words) that are read of a text.
        texts: longer ones.
        texts_share: of all texts.
        lost_share: of all tokens (or words).
    """

    limit: int
    texts: int
    texts_share: float
    lost_share: float


class LengthsRecord(Record):
    """How long training texts are.

    Attributes:
        unit: what is counted.
        model: whose tokenizer counted; None: words are counted.
        texts: that were measured, drawn at random where they are not all.
        mean, median, p95, longest: units of a text.
        shortest: texts of one word at most.
        cuts: what limits lose.
    """

    unit: Literal["tokens", "words"]
    model: str | None
    texts: int
    mean: float
    median: float
    p95: float
    longest: int
    shortest: int
    cuts: tuple[CutRecord, ...]


class VocabularyRecord(Record):
    """How well a tokenizer's vocabulary covers the texts.

    Attributes:
        model: whose tokenizer.
        texts: that were measured.
        tokens: of them.
        unknown_share: of the tokens, those that stand for what the vocabulary lacks.
        single_share: of the tokens, those that are one letter of a longer word.
        badly_covered: texts of which more than a quarter is unknown or single letters.
        examples: the worst first.
    """

    model: str
    texts: int
    tokens: int
    unknown_share: float
    single_share: float
    badly_covered: int
    examples: tuple[ExampleRecord, ...]


@dataclass(frozen=True, eq=False)
class Reader:
    """A tokenizer and the name of its model."""

    model: str
    tokenizer: Any


@dataclass(frozen=True, eq=False)
class Measured:
    """The texts that were measured.

    Attributes:
        rows: which of n texts, int64 [m].
        lengths: tokens or words of each, int64 [m].
        badly: share of its tokens that are unknown or single letters of a word, float64 [m]; None: words were counted.
        lengths_record, vocabulary_record: the findings.
    """

    rows: NDArray[np.int64]
    lengths: NDArray[np.int64]
    badly: NDArray[np.float64] | None
    lengths_record: LengthsRecord
    vocabulary_record: VocabularyRecord | None

    @property
    def badly_covered(self) -> NDArray[np.int64]:
        """The rows of texts that the vocabulary covers badly, the worst first."""
        if self.badly is None:
            return np.empty(0, dtype=np.int64)
        order = np.argsort(-self.badly, kind="stable")
        return self.rows[order[self.badly[order] > _BADLY]]


def lengths(part: Part, reader: Reader | None, *, seed: int) -> Measured:
    """Measure at most 20,000 texts.

    Args:
        part: n texts.
        reader: None: words are counted.
        seed: of the choice of texts.
    """
    texts = part.examples.texts
    rows = drawn(texts, most=_MOST, seed=seed)
    chosen = [texts[row] for row in rows]
    if reader is None:
        counts = np.array([len(text.split()) for text in chosen], dtype=np.int64)
        return Measured(rows, counts, None, _lengths_record(chosen, counts, None), None)
    counts, unknown, single = _tokens(chosen, reader.tokenizer)
    badly = (unknown + single) / np.maximum(counts, 1)
    measured = Measured(rows, counts, badly, _lengths_record(chosen, counts, reader.model), None)
    total = max(1, int(counts.sum()))
    worst = measured.badly_covered
    vocabulary = VocabularyRecord(
        model=reader.model,
        texts=len(rows),
        tokens=int(counts.sum()),
        unknown_share=float(unknown.sum() / total),
        single_share=float(single.sum() / total),
        badly_covered=len(worst),
        examples=tuple(part.example(row) for row in worst[:_EXAMPLES].tolist()),
    )
    return Measured(rows, counts, badly, measured.lengths_record, vocabulary)


def _lengths_record(texts: Sequence[str], counts: NDArray[np.int64], model: str | None) -> LengthsRecord:
    total = max(1, int(counts.sum()))
    return LengthsRecord(
        unit="words" if model is None else "tokens",
        model=model,
        texts=len(counts),
        mean=float(counts.mean()),
        median=float(np.median(counts)),
        p95=float(np.percentile(counts, 95)),
        longest=int(counts.max()),
        shortest=sum(len(text.split(None, 1)) < 2 for text in texts),
        cuts=tuple(
            CutRecord(
                limit=limit,
                texts=int((counts > limit).sum()),
                texts_share=float((counts > limit).mean()),
                lost_share=float(np.maximum(counts - limit, 0).sum() / total),
            )
            for limit in LIMITS
        ),
    )


def _tokens(texts: Sequence[str], tokenizer: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of each text the tokens (with those at its ends), those that are unknown, and the single letters of words."""
    counts, unknown, single = [], [], []
    for start in range(0, len(texts), _AT_ONCE):
        encoded = tokenizer(list(texts[start : start + _AT_ONCE]), truncation=False, verbose=False)["input_ids"]
        ends = np.cumsum([len(ids) for ids in encoded])
        used, line = np.unique(np.fromiter(chain.from_iterable(encoded), np.int64), return_inverse=True)
        pieces = [piece or "" for piece in tokenizer.convert_ids_to_tokens(used.tolist())]
        plain = [_without_marker(piece) for piece in pieces]
        letter = np.array([len(piece) == 1 and piece.isalpha() for piece in plain], dtype=bool)[line]
        inner = _inner(pieces, tokenizer)[line]
        goes_on = np.zeros_like(inner)  # whether the next piece is of the same word
        goes_on[:-1] = inner[1:]
        goes_on[ends[ends > 0] - 1] = False
        counts.append(np.diff(ends, prepend=0))
        unknown.append(_sums((used == tokenizer.unk_token_id)[line], ends))
        single.append(_sums(letter & (inner | goes_on), ends))
    return np.concatenate(counts), np.concatenate(unknown), np.concatenate(single)


def _sums(marks: NDArray[np.bool_], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many marks each text has, int64 [n]."""
    return np.diff(np.append(0, np.cumsum(marks))[ends], prepend=0)


def _without_marker(piece: str) -> str:
    for marker in _MARKERS:
        piece = piece.removeprefix(marker)
    return piece


def _inner(pieces: Sequence[str], tokenizer: Any) -> NDArray[np.bool_]:
    """Which pieces go on with a word that has begun: by "##", or by having no marker where the first piece has one."""
    goes_on = [piece.startswith("##") for piece in pieces]
    if any(goes_on) or any(piece.startswith("##") for piece in tokenizer.get_vocab()):
        return np.array(goes_on, dtype=bool)
    first = _MARKERS[1:]
    return np.array([piece[:1].isalnum() and not piece.startswith(first) for piece in pieces], dtype=bool)
