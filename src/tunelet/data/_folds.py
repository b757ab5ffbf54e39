"""K folds of labelled texts: stratified, and a unit of rows (copies of a text, a group) always in the same fold.

Notable: units are dealt like cards, the rarest class first and large units before small ones, each to the fold that has
the smallest share of its classes (then the fewest rows). The second unit of a class never joins the first: whichever
fold is held out, every class of two units is still there to learn from. A class of fewer texts than folds is no reason
for fewer folds: that would only leave all the others less to learn from.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.data._examples import Examples
from tunelet.data._groups import keys_of, shuffled, units
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
        if len(units(examples)) < 2:
            return 0
        if self.tokens is None:
            return self.wanted
        tokens = sum(tokens_about(text, self.most_tokens) for text in examples.texts)
        epochs = max(self.epochs, self.least / len(examples))
        affordable = 1 + int(self.tokens / max(tokens * epochs, 1))  # k folds train on all texts k - 1 times
        return min(self.wanted, affordable) if affordable >= min(self.wanted, _FEWEST) else 1


def folds(
    examples: Examples, *, count: int, seed: int, given: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], ...]:
    """Cut the rows into folds, each to be held out once.

    Every row is in exactly one fold and no fold is empty. Rows that belong together (`units`: copies of a text, rows of
    a group) share a fold. Where each row is a unit, folds differ by one row at most, and so do the rows of each class
    in them.

    Args:
        examples: n labelled texts.
        count: how many folds, at least 2; fewer are made where there are fewer units.
        seed: the same seed gives the same folds, in whatever order the texts come.
        given: the fold that a row was in before, int64 [n], -1 for a row that is new: its unit stays there, in the
            fold that most of its rows were in.

    Returns:
        the rows that each fold holds out, ascending, int64 [m].

    Raises:
        DataError: `count` is below 2, or there are no two units.
    """
    return deal(units(examples), examples.labels, count=count, seed=seed, keys=examples.keys, given=given)


def deal(
    groups: Sequence[Sequence[int]],
    labels: Sequence[str] | NDArray[np.int64],
    *,
    count: int,
    seed: int,
    keys: NDArray[np.uint64] | None = None,
    given: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], ...]:
    """Cut rows that are already grouped into folds.

    Args:
        groups: rows that must share a fold; together they are the rows from 0 to n - 1.
        labels: of the rows [n]; a group of several classes counts for each of them.
        count, seed, given: as `folds` has them.
        keys: of the rows, from which chance follows, uint64 [n]; None: it follows from where they stand.
    """
    if count < 2 or len(groups) < 2:
        raise DataError(
            f"{counted(count, 'fold')} of {counted(len(groups), 'distinct text')}, expected at least 2 of each",
            "for example 5 folds",
        )
    names = np.asarray(labels).tolist()
    class_counts = [Counter(names[row] for row in rows) for rows in groups]
    distinct = Counter(name for classes in class_counts for name in classes)
    sizes = Counter(names)
    rarest = [min(classes, key=lambda name: (distinct[name], name)) for classes in class_counts]

    of_groups = np.arange(len(groups), dtype=np.uint64) if keys is None else keys_of(groups, keys)
    order = shuffled(of_groups, seed).tolist()
    order.sort(key=lambda at: (distinct[rarest[at]], rarest[at], -len(groups[at])))
    rows_of: list[list[int]] = [[] for _ in range(min(count, len(groups)))]
    held: list[Counter[str | int]] = [Counter() for _ in rows_of]
    only: dict[str | int, int] = {}  # class -> the one fold that has all its groups so far; -1: several have

    def put(at: int, fold: int) -> None:
        rows_of[fold] += groups[at]
        held[fold].update(class_counts[at])
        for name in class_counts[at]:
            only[name] = fold if only.get(name, fold) == fold else -1

    if given is not None:
        known = {at: _commonest(given[list(rows)], len(rows_of)) for at, rows in enumerate(groups)}
        for at, fold in known.items():
            if fold >= 0:
                put(at, fold)
        order = [at for at in order if known[at] < 0]
    for at in order:
        classes = class_counts[at].items()
        fill = [
            (
                sum(only.get(name) == fold for name, _ in classes),
                sum(rows * counts[name] / sizes[name] for name, rows in classes),
                len(rows_of[fold]),
            )
            for fold, counts in enumerate(held)
        ]
        put(at, fill.index(min(fill)))
    return tuple(np.array(sorted(rows), dtype=np.int64) for rows in rows_of if rows)


def _commonest(folds: NDArray[np.int64], count: int) -> int:
    """The fold that most of these rows were in, the first of several; -1 where none was in one."""
    known = folds[(folds >= 0) & (folds < count)]
    return int(np.bincount(known).argmax()) if len(known) else -1
