"""Random rows, stratified or balanced, and how many of each class: the arithmetic that `split` shares."""

from collections.abc import Sequence

import numpy as np

from tunelet._words import counted
from tunelet.data._examples import Examples
from tunelet.data._groups import shuffled
from tunelet.data._labels import ordered
from tunelet.errors import DataError


def sample_rows(examples: Examples, *, limit: int, balanced: bool, seed: int) -> np.ndarray:
    """Random rows that keep the classes' shares, or that hold equally many of each class.

    Args:
        examples: n labelled texts.
        limit: how many rows to take, at most; never more than there are.
        balanced: equally many rows of each class: limit // classes, or as many as the smallest class has.
        seed: the same seed gives the same texts, in whatever order they come; a smaller limit gives (nearly) a subset
            of a larger one's.

    Returns:
        row indices, ascending, int64 [m].

    Raises:
        DataError: the limit is smaller than the number of classes.
    """
    rows_of = rows_by_class(examples.labels)
    sizes = [len(rows) for rows in rows_of]
    if limit < len(sizes):
        message = f"a limit of {counted(limit, 'row')} is too few for {counted(len(sizes), 'class')}"
        raise DataError(message, f"raise it: limit={10 * len(sizes)}")
    if balanced:
        quotas = [min(limit // len(sizes), *sizes)] * len(sizes)
    else:
        # Two of each class, where that can be: one to learn from and one to measure with.
        least = [min(2, size) for size in sizes]
        least = least if sum(least) <= limit else [1] * len(sizes)
        quotas = apportion(min(limit, len(examples)), sizes, least=least, most=sizes)
    taken = [rows[shuffled(examples.keys[rows], seed)[:quota]] for rows, quota in zip(rows_of, quotas, strict=True)]
    return np.sort(np.concatenate(taken)).astype(np.int64)


def rows_by_class(labels: Sequence[str]) -> list[np.ndarray]:
    """Row indices of each class, in the order of label names."""
    names = ordered(labels)
    place = {name: at for at, name in enumerate(names)}
    codes = np.fromiter((place[label] for label in labels), dtype=np.int64, count=len(labels))
    in_order = np.argsort(codes, kind="stable")
    return np.split(in_order, np.cumsum(np.bincount(codes, minlength=len(names)))[:-1])


def apportion(total: int, sizes: Sequence[int], *, least: Sequence[int], most: Sequence[int]) -> list[int]:
    """Share `total` out in proportion to `sizes` by largest remainders, each share within its bounds.

    The shares sum to `total` whenever the bounds allow it.
    """
    whole = sum(sizes)
    exact = [total * size / whole for size in sizes]
    shares = [min(max(int(share), low), high) for share, low, high in zip(exact, least, most, strict=True)]
    while (missing := total - sum(shares)) != 0:
        step = 1 if missing > 0 else -1
        open_to = [at for at, share in enumerate(shares) if (share < most[at] if step > 0 else share > least[at])]
        if not open_to:
            break
        shares[max(open_to, key=lambda at: step * (exact[at] - shares[at]))] += step
    return shares
