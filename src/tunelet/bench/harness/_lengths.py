"""How long film reviews are, and draws whose mean length does not depend on luck.

With no reviews at hand, lengths come from the distribution of the real ones. A turn of two steps holds 32 texts: drawn
freely, their mean length varies by a tenth, more than what is measured. Drawn one from each band of lengths, it does
not vary, and the order within the turn stays random.
"""

from collections.abc import Sequence

import numpy as np

# Every fortieth of the 25,000 training reviews of Maas et al. (2011), markup cleaned, in WordPiece tokens (uncased),
# special tokens included, cut to 512; mean 265.0, 13.3 % were longer. SentencePiece (ALBERT) differs by one in 200.
IMDB_QUANTILES = (
    13, 67, 83, 101, 117, 130, 140, 146, 151, 156, 161, 166, 170, 175, 181, 186, 192, 199, 206, 214, 222,
    230, 240, 251, 262, 275, 289, 304, 321, 340, 361, 386, 412, 443, 480, 512, 512, 512, 512, 512, 512,
)  # fmt: skip


def imdb_lengths(n: int, random: np.random.Generator) -> np.ndarray:
    """Lengths of n texts in tokens, int64 [n], distributed as those of IMDb reviews cut to 512."""
    at = random.uniform(0, len(IMDB_QUANTILES) - 1, n)
    return np.rint(np.interp(at, np.arange(len(IMDB_QUANTILES)), IMDB_QUANTILES)).astype(np.int64)


def draw(lengths: np.ndarray, n: int, random: np.random.Generator) -> np.ndarray:
    """Rows of n texts, one from each of n bands of equally many lengths, in random order.

    Args:
        lengths: tokens of each text, int64 [m].
        n: texts to draw; where there are fewer texts than that, they are drawn again and again.
        random: decides which text of a band, and the order.

    Returns:
        int64 [n].
    """
    if n > len(lengths):
        whole = [random.permutation(len(lengths)) for _ in range(n // len(lengths))]
        return np.concatenate([*whole, draw(lengths, n % len(lengths), random)]) if n % len(lengths) else _joined(whole)
    order = np.lexsort((random.random(len(lengths)), lengths))  # equal lengths in random order
    rows = np.array([random.choice(band) for band in np.array_split(order, n)], dtype=np.int64)
    return random.permutation(rows)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(list(parts)).astype(np.int64)
