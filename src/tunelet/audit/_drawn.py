"""Of very many texts some are looked at: memory and time stay bounded, and the same texts are drawn each time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_CHARACTERS = 100_000_000
"""Characters of the texts that are looked at together: those of about 75,000 reviews of 230 words."""


def drawn(texts: Sequence[str], *, most: int | None = None, seed: int) -> NDArray[np.int64]:
    """The rows of all texts, or of as many, drawn at random, as have 100 million characters, ascending int64 [m].

    Args:
        texts: [n], n at least 1.
        most: of them; None: as many as there are.
        seed: of the draw.
    """
    order = np.arange(len(texts))
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    if (most is not None and len(texts) > most) or lengths.sum() > MOST_CHARACTERS:
        order = np.random.default_rng(seed).permutation(len(texts))[:most]
        fitting = int(np.searchsorted(np.cumsum(lengths[order]), MOST_CHARACTERS, side="right"))
        order = order[: max(1, fitting)]
    return np.sort(order)
