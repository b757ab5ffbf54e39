"""A linear model of targets of some shape, solved to the optimum: what baselines and probes of all shapes share.

A solver fits at one strength and says what an answer costs. Which strength is best is found here, once for all shapes,
by what held-out texts cost: from the strictest to the freest until the cost no longer falls, for over the logarithm of
the strength it has one valley, and the freest fits, which take longest, are seldom needed.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._linear import Linear, splits_to_choose_by

Floats = NDArray[np.float64]
_GAIN = 1e-4  # share of the cost that the next strength must take away


class Solver(ABC):
    """How targets of one shape are learnt from features.

    Attributes:
        of_words: the strengths that are tried where features are TF-IDF's, rising: larger is freer.
        of_vectors: where they are an encoder's, scaled to a mean square length of 1.
        of_many: rows beyond which a strength is chosen on so many of them.
    """

    of_words: ClassVar[tuple[float, ...]]
    of_vectors: ClassVar[tuple[float, ...]]
    of_many: ClassVar[int] = 10_000

    @abstractmethod
    def fit(self, features: Any, targets: Any, strength: float) -> Linear:
        """The best linear model of features [n, width], float32, dense or sparse, at this strength.

        Its logits are [n, outputs]; a single row of weights may serve several outputs.
        """

    @abstractmethod
    def costs(self, logits: Floats, targets: Any) -> Floats:
        """What the logits [n, outputs] cost each text, float64 [n], not negative."""

    @abstractmethod
    def strata(self, targets: Any) -> NDArray[np.int64]:
        """Classes of texts, int64 [n], that are to be spread evenly over folds."""


@dataclass(frozen=True, eq=False)
class Fold:
    """Features and targets to learn from, and those that are held out."""

    train: Any
    train_targets: Any
    held_out: Any
    held_out_targets: Any


def best_fit(solver: Solver, folds: Sequence[Fold], strengths: Sequence[float]) -> tuple[float, Floats]:
    """The strength under which held-out texts cost least, and these costs [n], fold by fold. They flatter a little.

    Args:
        solver: of this shape.
        folds: one, or several.
        strengths: rising.
    """
    best, least = strengths[0], np.array([np.inf])
    for strength in strengths:
        costs = np.concatenate(
            [
                solver.costs(
                    solver.fit(fold.train, fold.train_targets, strength).logits(fold.held_out), fold.held_out_targets
                )
                for fold in folds
            ]
        )
        if costs.mean() > least.mean() * (1 - _GAIN):
            break
        best, least = strength, costs
    return best, least


def inner_splits(
    solver: Solver, groups: Sequence[Sequence[int]], targets: Any, *, seed: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows to learn from and rows to hold out, by which a strength is chosen (`splits_to_choose_by`)."""
    return splits_to_choose_by(groups, solver.strata(targets), seed=seed)


def some_rows(solver: Solver, rows: NDArray[np.int64], *, seed: int) -> NDArray[np.int64]:
    """The rows on which a strength is chosen: it does not depend on their number, so of many some will do."""
    if len(rows) <= solver.of_many:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, solver.of_many, replace=False))
