"""Which texts go through the model together, and in what order: a function of seed and epoch alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tunelet.data._tokens import Tokens
from tunelet.data._windows import even

_WINDOW = 50  # batches within which the padded path sorts by length: little padding, still a random order


@dataclass(frozen=True)
class Batch:
    """n texts end to end.

    token_ids: int64 [T].
    lengths: tokens of each piece that the model reads by itself, a text or a window of one; they sum to T.
    rows: int64 [n], which texts of the data set these are.
    first_lengths: tokens of each text's first segment, where texts have two; else None.
    windows: the number of windows of each text, which lie behind one another; None: each text is one piece.
    """

    token_ids: np.ndarray
    lengths: tuple[int, ...]
    rows: np.ndarray
    first_lengths: tuple[int, ...] | None = None
    windows: tuple[int, ...] | None = None


def gather(tokens: Tokens, rows: np.ndarray) -> Batch:
    """Collect texts by row number, in the given order."""
    pieces = [tokens.token_ids[tokens.offsets[row] : tokens.offsets[row + 1]] for row in rows]
    lengths = [len(piece) for piece in pieces]
    windows = None if tokens.windows is None else tuple(map(int, tokens.windows[rows]))
    if windows is not None:
        lengths = [length for text, count in zip(lengths, windows, strict=True) for length in even(text, count)]
    return Batch(
        token_ids=np.concatenate(pieces).astype(np.int64),
        lengths=tuple(lengths),
        rows=np.asarray(rows, dtype=np.int64),
        first_lengths=None if tokens.first_lengths is None else tuple(map(int, tokens.first_lengths[rows])),
        windows=windows,
    )


def filled(batch: Batch, tokens: int, texts: int, token_id: int) -> Batch:
    """A batch with so many more `texts` of this token alone that it has so many tokens in all.

    `rows` stays as it is: these texts belong to no row. Raises ValueError where one would have no token.
    """
    count = tokens - len(batch.token_ids)
    if count < texts or batch.windows is not None:
        raise ValueError(f"expected {len(batch.token_ids) + texts} tokens or more, and texts without windows")
    lengths = even(count, texts)
    firsts = None if batch.first_lengths is None else (*batch.first_lengths, *lengths)
    token_ids = np.concatenate([batch.token_ids, np.full(count, token_id, dtype=np.int64)])
    return Batch(token_ids, (*batch.lengths, *lengths), batch.rows, firsts)


def training_batches(
    lengths: np.ndarray,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    group_by_length: bool,
    chances: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Row numbers of each training batch of an epoch.

    Args:
        lengths: tokens of each text, int64 [n].
        batch_size: texts in a batch; the last may be smaller.
        seed: of the run.
        epoch: from 0; each epoch has its own order.
        group_by_length: put texts of similar length together, for the padded path.
        chances: of each text to be drawn next, with replacement, float64 [n]; None: each is in the epoch once.
    """
    random = np.random.default_rng((seed, epoch))
    n = len(lengths)
    order = random.permutation(n) if chances is None else random.choice(n, size=n, p=chances)
    if group_by_length:
        span = batch_size * _WINDOW
        windows = [order[start : start + span] for start in range(0, len(order), span)]
        order = np.concatenate([window[np.argsort(-lengths[window], kind="stable")] for window in windows])
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    if group_by_length:
        random.shuffle(batches)
    return batches


def split_batch(rows: np.ndarray, lengths: np.ndarray, *, token_budget: int) -> list[np.ndarray]:
    """The micro-batches of a batch, which go through the model one by one; their gradients add up to the batch's.

    Args:
        rows: row numbers of the batch, int64 [n].
        lengths: tokens of each text of the data set, int64.
        token_budget: tokens of a micro-batch, give or take half a text: they are as even as the texts allow.
    """
    counts = lengths[rows]
    total = int(counts.sum())
    count = -(-total // token_budget)
    middles = np.cumsum(counts) - counts / 2
    owner = np.minimum((middles * count / total).astype(np.int64), count - 1)
    return np.split(rows, np.flatnonzero(np.diff(owner)) + 1)


def evaluation_batches(lengths: Sequence[int] | np.ndarray, *, token_budget: int) -> list[np.ndarray]:
    """Row numbers of batches of similar length, longest first, each within the budget when padded."""
    lengths = np.asarray(lengths)
    batches: list[list[int]] = []
    longest = 0
    for row in np.argsort(-lengths, kind="stable"):
        if not batches or (len(batches[-1]) + 1) * longest > token_budget:
            batches.append([])
            longest = max(1, int(lengths[row]))
        batches[-1].append(int(row))
    return [np.asarray(rows, dtype=np.int64) for rows in batches]
