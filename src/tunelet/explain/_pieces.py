"""An explained text in pieces, each with its colour: one scale for the terminal, HTML and the report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tunelet.run import Explanation, Word

LEVELS = 4  # 0: none, to 4: the strongest
_PLAIN = 0.05  # share of the strongest contribution below which a word is not coloured


@dataclass(frozen=True)
class Piece:
    """A word of a text, or what stands between two.

    Attributes:
        text: its characters; all pieces of a field together are the field.
        level: -4 to 4: a word's contribution in quarters of the text's strongest one, below 0 against the label; 0 for
            weak words and for what stands between.
        contribution: of a word; 0.0 of what stands between.
        read: whether the encoder read it.
    """

    text: str
    level: int
    contribution: float
    read: bool


def pieces(explanation: Explanation) -> list[list[Piece]]:
    """The pieces of each field."""
    levels = _levels(explanation.words)
    coloured = list(zip(explanation.words, levels, strict=True))
    return [
        list(_of_field(field, [(word, level) for word, level in coloured if word.field == number]))
        for number, field in enumerate(explanation.fields)
    ]


def strongest(explanation: Explanation, count: int) -> list[Word]:
    """The words that contribute most, for the label or against it, the strongest first."""
    return sorted(explanation.words, key=lambda word: -abs(word.contribution))[:count]


def _of_field(field: str, words: Sequence[tuple[Word, int]]) -> Iterator[Piece]:
    done, read = 0, words[0][0].read if words else True
    for word, level in words:
        if word.begin > done:
            yield Piece(field[done : word.begin], 0, 0.0, read or word.read)
        yield Piece(field[word.begin : word.end], level, word.contribution, word.read)
        done, read = word.end, word.read
    if done < len(field):
        yield Piece(field[done:], 0, 0.0, read)


def _levels(words: Sequence[Word]) -> list[int]:
    most = max((abs(word.contribution) for word in words), default=0.0)
    return [_level(word.contribution / most) if most else 0 for word in words]


def _level(share: float) -> int:
    if abs(share) < _PLAIN:
        return 0
    level = min(LEVELS, int(abs(share) * LEVELS) + 1)
    return level if share > 0 else -level
