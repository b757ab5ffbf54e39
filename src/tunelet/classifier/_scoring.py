"""The texts of a source of any length, classified piece by piece: what is done is kept, and nothing is done twice."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tunelet.classifier._base import TextClassifier
from tunelet.classifier._partial import Record, Scores
from tunelet.data import Chunk, Columns, TableStream, row_texts

PIECE_CHARACTERS = 2**17  # of the texts that are classified between two records: some seconds of work on a processor
_SHORTEST = 32  # characters that a text counts for at least


class Watcher(Protocol):
    """Who follows a long job."""

    def stage(self, name: str, total: int, done: int = 0) -> None:
        """A stage of `total` rows begins, of which an earlier call did `done`."""

    def advance(self, rows: int, /) -> None:
        """So many more rows are done."""

    def say(self, line: str) -> None:
        """A line that stays on the screen."""


class Unwatched:
    """The watcher of a job that nobody follows."""

    def stage(self, name: str, total: int, done: int = 0) -> None:
        """Show nothing."""

    def advance(self, rows: int, /) -> None:
        """Show nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""


def score(
    stream: TableStream, columns: Columns, classifier: TextClassifier, scores: Scores, watcher: Watcher, *, clean: bool
) -> int:
    """Classify every text of a source that `scores` does not hold yet, and keep it there.

    Within a chunk the texts go by length, so that those which are computed together are alike; a piece is a function of
    the source alone, so that a resumed job computes the same pieces as an undisturbed one.

    Args:
        stream: the source.
        columns: of its texts.
        classifier: what classifies them.
        scores: what an earlier call has kept, and where the rest is put.
        watcher: who follows.
        clean: whether markup is cleaned.

    Returns:
        the number of texts that were classified now. Raises DataError for what is no text.
    """
    kept = scores.pieces
    before = scores.texts
    watcher.stage("classifying", stream.rows, scores.texts)
    seen = 0
    for chunk in stream.chunks():
        texts = row_texts(chunk.table(columns.texts), columns, clean_markup=clean, start=chunk.start)
        for rows in pieces(texts):
            seen += 1
            if seen <= kept:
                continue
            probabilities = classifier.probabilities_of_cleaned([texts[row] for row in rows])
            scores.add(Record(chunk.start + rows, probabilities))
            watcher.advance(len(rows))
        watcher.advance(texts.count(""))
    return scores.texts - before


def pieces(texts: list[str]) -> Iterator[NDArray[np.int64]]:
    """Numbers of the texts with content, the longest first, in pieces of about PIECE_CHARACTERS."""
    piece: list[int] = []
    size = 0
    for row in sorted((row for row, text in enumerate(texts) if text), key=lambda row: -len(texts[row])):
        cost = max(len(texts[row]), _SHORTEST)
        if piece and size + cost > PIECE_CHARACTERS:
            yield np.array(piece, dtype=np.int64)
            piece, size = [], 0
        piece.append(row)
        size += cost
    if piece:
        yield np.array(piece, dtype=np.int64)


def scored(stream: TableStream, scores: Scores, classes: int) -> Iterator[tuple[Chunk, NDArray[np.float64]]]:
    """Each chunk with the probabilities of its rows, float64 [rows, classes]; NaN in those without a text."""
    records = scores.records()
    record = next(records, None)
    for chunk in stream.chunks():
        probabilities = np.full((chunk.rows, classes), np.nan)
        while record is not None and record.rows[0] < chunk.start + chunk.rows:
            probabilities[record.rows - chunk.start] = record.probabilities
            record = next(records, None)
        yield chunk, probabilities
