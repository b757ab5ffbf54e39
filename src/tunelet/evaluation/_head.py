"""The probe of any label shape: a linear model of the shape's own on a frozen encoder's features.

As the probe of classes (`_probe`) it is a baseline, and the head that fine-tuning starts from, in the encoder's own
units.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import groups_of
from tunelet.evaluation._probe import Probe, scaled_features
from tunelet.evaluation._solver import Fold, Solver, best_fit, inner_splits, some_rows


def train_head(solver: Solver, features: NDArray[np.float32], targets: Any, *, seed: int) -> Probe:
    """Train on frozen features; the strength is chosen by cross-validation on these texts alone.

    Args:
        solver: of this shape.
        features: of n texts, float32 [n, width]. Rows that are equal bit for bit (copies) share a fold.
        targets: of them, as the solver has them, [n, ...].
        seed: of the folds.

    Returns:
        A probe with a row of weights for each output, equal rows where all share them.
    """
    begin = time.perf_counter()
    centre, scale, scaled = scaled_features(features)
    rows = some_rows(solver, np.arange(len(features)), seed=seed)
    groups = groups_of(features[row].tobytes() for row in rows)
    strength = solver.of_vectors[len(solver.of_vectors) // 2]  # where there is nothing to choose by
    if len(groups) > 1:
        folds = []
        for inner in inner_splits(solver, groups, targets[rows], seed=seed):
            rest, held_out = (rows[chosen] for chosen in inner)
            folds.append(Fold(scaled[rest], targets[rest], scaled[held_out], targets[held_out]))
        strength, _ = best_fit(solver, folds, solver.of_vectors)
    linear = solver.fit(scaled, targets, strength)
    weight = np.broadcast_to(linear.weight / scale, (len(linear.bias), features.shape[1]))
    return Probe(
        weight=weight.astype(np.float32),
        bias=(linear.bias - weight @ centre).astype(np.float32),
        strength=strength,
        seconds=time.perf_counter() - begin,
    )


def head_out_of_fold(
    solver: Solver, features: NDArray[np.float32], targets: Any, folds: Sequence[NDArray[np.int64]], *, seed: int
) -> NDArray[np.float64]:
    """Logits of each text, float64 [n, outputs], by a probe that has not seen its fold, nor to choose its strength.

    Args:
        solver, features, targets, seed: as `train_head` has them.
        folds: the rows that each fold holds out, as `tunelet.data.folds` gives them.
    """
    everything, of_texts = np.arange(len(features)), []
    for held_out in folds:
        rest = np.setdiff1d(everything, held_out)
        of_texts.append(train_head(solver, features[rest], targets[rest], seed=seed).logits(features[held_out]))
    logits = np.empty((len(features), of_texts[0].shape[1]))
    logits[np.concatenate(folds)] = np.concatenate(of_texts)
    return logits


def head_costs(
    solver: Solver, features: NDArray[np.float32], targets: Any, folds: Sequence[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """What each text [n] costs probes that have not seen its fold, at the one strength that is best for all.

    They flatter a little, since the strength is chosen on them. To tell features from each other they are as good as
    those of `head_out_of_fold`, at a fifth of the time.
    """
    _, _, scaled = scaled_features(features)
    parts = []
    for held_out in folds:
        rest = np.setdiff1d(np.arange(len(features)), held_out)
        parts.append(Fold(scaled[rest], targets[rest], scaled[held_out], targets[held_out]))
    costs = np.empty(len(features))
    costs[np.concatenate(folds)] = best_fit(solver, parts, solver.of_vectors)[1]
    return costs
