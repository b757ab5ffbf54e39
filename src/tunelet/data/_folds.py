"""K folds of labelled texts: stratified, and copies of a text always in the same fold.

Notable: groups of copies are dealt like cards, the rarest class first and large groups before small ones, each to the
fold that has the fewest rows of its class (then the fewest rows). So the second text of a class never joins the first:
whichever fold is held out, every class of two distinct texts is still there to learn from. A class of fewer texts than
folds is no reason for fewer folds: that would only leave all the others less to learn from.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.data._examples import Examples
from tunelet.data._groups import copies
from tunelet.errors import DataError

_FEWEST = 3  # folds that are worth the name: with two, each model learns from half of the texts


_CHARACTERS = 4  # of a token, about, in English


def tokens_about(text: str, most: int) -> int:
    """An estimate of the tokens that are read of a text, at most `most`, before a tokenizer is loaded to count them."""
    return min(len(text) // _CHARACTERS + 2, most)


@dataclass(frozen=True)
class FoldLimits:
    """When texts are few and short enough to be cross-validated.

    Attributes:
        wanted: number of folds where texts are few and short enough.
        texts: number of texts from which on rows are held out for good; None: never.
        tokens: most tokens, by estimate, that all folds together train on in all epochs; None: no limit.
        most_tokens: most tokens that are read of a text, all its windows together.
        epochs: fewest epochs of a training.
        least: fewest texts that a training goes through, all epochs together.
    """

    wanted: int
    texts: int | None
    tokens: int | None
    most_tokens: int
    epochs: int = 1
    least: int = 0

    def count(self, examples: Examples) -> int:
        """The number of folds for these texts, at most `wanted`.

        1 means that rows are held out once, and trained on in the end; 0 that they are held out for good.
        """
        if self.texts is not None and len(examples) >= self.texts:
            return 0
        if len(copies(examples.texts)) < 2:
            return 0
        if self.tokens is None:
            return self.wanted
        tokens = sum(tokens_about(text, self.most_tokens) for text in examples.texts)
        epochs = max(self.epochs, self.least / len(examples))
        affordable = 1 + int(self.tokens / max(tokens * epochs, 1))  # k folds train on all texts k - 1 times
        return min(self.wanted, affordable) if affordable >= min(self.wanted, _FEWEST) else 1


def folds(examples: Examples, *, count: int, seed: int) -> tuple[NDArray[np.int64], ...]:
    """Cut the rows into folds, each to be held out once.

    Every row is in exactly one fold and no fold is empty. Copies (texts equal under `normalise`) share a fold. Without
    them folds differ by one row at most, and so do the rows of each class in them.

    Args:
        examples: n labelled texts.
        count: how many folds, at least 2; fewer are made where there are fewer distinct texts.
        seed: the same seed gives the same folds.

    Returns:
        the rows that each fold holds out, ascending, int64 [m].

    Raises:
        DataError: `count` is below 2, or there are no two distinct texts.
    """
    return deal(copies(examples.texts), examples.labels, count=count, seed=seed)


def deal(
    groups: Sequence[Sequence[int]], labels: Sequence[str] | NDArray[np.int64], *, count: int, seed: int
) -> tuple[NDArray[np.int64], ...]:
    """Cut rows that are already grouped into folds.

    Args:
        groups: rows that must share a fold; together they are the rows from 0 to n - 1.
        labels: of the rows [n]. Where the rows of a group disagree it counts for each of its classes, rarest first.
        count, seed: as `folds` has them.
    """
    if count < 2 or len(groups) < 2:
        raise DataError(
            f"{counted(count, 'fold')} of {counted(len(groups), 'distinct text')}, expected at least 2 of each",
            "for example 5 folds",
        )
    names = np.asarray(labels).tolist()
    class_counts = [Counter(names[row] for row in rows) for rows in groups]
    distinct = Counter(name for classes in class_counts for name in classes)
    rarest_first = [sorted(classes, key=lambda name: (distinct[name], name)) for classes in class_counts]

    order = np.random.default_rng(seed).permutation(len(groups)).tolist()
    order.sort(key=lambda at: (distinct[rarest_first[at][0]], rarest_first[at][0], -len(groups[at])))
    rows_of: list[list[int]] = [[] for _ in range(min(count, len(groups)))]
    held: list[Counter[str | int]] = [Counter() for _ in rows_of]
    for at in order:
        classes = rarest_first[at]
        fill = [(*(counts[name] for name in classes), len(rows)) for counts, rows in zip(held, rows_of, strict=True)]
        fold = fill.index(min(fill))
        rows_of[fold] += groups[at]
        held[fold].update(class_counts[at])
    return tuple(np.array(sorted(rows), dtype=np.int64) for rows in rows_of)
