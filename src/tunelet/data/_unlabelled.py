"""Texts without labels: how they are read, which are dropped, and which of the others are drawn.

`adapt` learns a language from them, `train` lets a student learn from what its teacher makes of them.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from tunelet.data._examples import Examples
from tunelet.data._read import read
from tunelet.data._reading import Reading
from tunelet.data._tokens import Tokens
from tunelet.data.readers._settings import FileSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunelet.recipe import DataSettings

_AT_ONCE = 1000  # texts that are tokenised at a time, until there are enough tokens


@dataclass(frozen=True)
class Unlabelled:
    """Texts without labels, no two of them the same.

    Attributes:
        reading: how they were read.
        examples: the texts without copies.
        dropped: reason -> rows that were left out.
    """

    reading: Reading
    examples: Examples
    dropped: Mapping[str, int]


def read_unlabelled(
    texts: object,
    settings: "DataSettings",
    *,
    text: str | Sequence[str] | None = None,
    known: Mapping[str, str | Sequence[str]] = MappingProxyType({}),
    others: Sequence[Examples] = (),
) -> Unlabelled:
    """Read texts; labels are not read, and of several splits the training split alone.

    Args:
        texts: in any form that `read` takes.
        settings: the recipe's data section.
        text: the column of the texts, or several that are read together.
        known: columns that go before any recognition, as `read` has them.
        others: texts that must not be among them, nor copies of these (equal under `normalise`).

    Raises:
        DataError: as `read` does.
    """
    reading = read(
        texts,
        text=text,
        labelled=False,
        clean_markup=settings.clean_markup,
        known=known,
        files=FileSettings.of(settings),
    )
    examples = reading.splits["train"]
    labelled = np.zeros(len(examples), dtype=bool)
    for other in others:
        labelled |= np.isin(examples.keys, other.keys)
    first = np.zeros(len(examples), dtype=bool)
    first[np.unique(examples.keys, return_index=True)[1]] = True
    dropped = Counter(reading.dropped.get("train", {}))
    counts = {"also a labelled text": int(labelled.sum()), "repeated text": int((~first & ~labelled).sum())}
    dropped.update({reason: rows for reason, rows in counts.items() if rows})
    return Unlabelled(reading, examples.take(np.flatnonzero(first & ~labelled)), dict(dropped))


def draw(
    texts: Sequence[str], tokenise: Callable[[Sequence[str]], Tokens], *, limit: int, seed: int
) -> "tuple[NDArray[np.int64], Tokens]":
    """Draw texts at random, as many as fit into a number of tokens.

    Texts are tokenised as they are drawn, so that of a large collection only a few are.

    Args:
        texts: the collection to draw from.
        tokenise: encodes texts for the model.
        limit: most tokens of all drawn texts together.
        seed: random seed of the order.

    Returns:
        the rows that are drawn, int64 [m], in the order of the draw, and their tokens.
    """
    order = np.random.default_rng(seed).permutation(len(texts))
    taken = 0
    drawn: Tokens | None = None
    for begin in range(0, len(order), _AT_ONCE):
        tokens = tokenise([texts[row] for row in order[begin : begin + _AT_ONCE]])
        left = limit - (0 if drawn is None else drawn.total)
        fitting = int(np.searchsorted(np.cumsum(tokens.lengths), left, side="right"))
        if fitting:
            first = tokens.take(np.arange(fitting))
            drawn, taken = first if drawn is None else drawn.followed_by(first), taken + fitting
        if fitting < len(tokens):
            break
    if drawn is None:
        drawn = Tokens(np.empty(0, dtype=np.int32), np.zeros(1, dtype=np.int64), truncated=0)
    return order[:taken], drawn
