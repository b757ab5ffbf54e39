"""The probe: logistic regression on the features of a frozen encoder, solved in seconds (Alain and Bengio 2016).

It is a baseline beside TF-IDF, and the head that fine-tuning starts from (Kumar et al., ICLR 2022): a linear layer in
the encoder's own units. For the solver's sake features are centred and divided by one number for all of them, so that
their mean square length is 1; weight and bias take that back. (Each divided by its own deviation is worse by 0.1 to 1.0
points of accuracy in five of six cases, and better by 0.3 in one: MiniLM on TREC questions and on tweets by emotion, 8
and 32 texts a class and 200 in all, mean of 5 draws.)
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.data import groups_of
from tunelet.evaluation._linear import FeatureSplit, best_strength, choose_strength, fit_linear, splits_to_choose_by

STRENGTHS = tuple(float(10 ** (step / 2)) for step in range(-2, 9))  # C of scikit-learn, 0.1 to 10,000


@dataclass(frozen=True, eq=False)
class Probe:
    """A linear classifier of an encoder's features.

    Attributes:
        weight: float32 [classes, width]; opposite rows for two classes, as a softmax layer needs them.
        bias: float32 [classes].
        strength: the C that was chosen, for features of mean square length 1.
        seconds: that training took, the choice of the strength included.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    strength: float
    seconds: float

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logits for features [n, width], float64 [n, classes]."""
        logits: NDArray[np.float64] = features.astype(np.float64) @ self.weight.T.astype(np.float64) + self.bias
        return logits


def train_probe(features: NDArray[np.float32], labels: NDArray[np.int64], classes: int, *, seed: int) -> Probe:
    """Train on frozen features; the strength is chosen by cross-validation on these texts alone.

    Args:
        features: of n texts, float32 [n, width]. Rows that are equal bit for bit (copies) share a fold.
        labels: int64 [n]. A class without a text gets a small constant probability.
        classes: how many.
        seed: of the folds.
    """
    begin = time.perf_counter()
    centre, scale, scaled = scaled_features(features)
    groups = groups_of(row.tobytes() for row in features)
    strength = STRENGTHS[len(STRENGTHS) // 2]  # where there is nothing to choose by
    if len(groups) > 1:
        splits = [
            FeatureSplit(scaled[rest], labels[rest], scaled[held_out], labels[held_out])
            for rest, held_out in splits_to_choose_by(groups, labels, seed=seed)
        ]
        strength = choose_strength(splits, classes, STRENGTHS)
    linear = fit_linear(scaled, labels, classes, strength)
    weight = linear.weight / scale
    return Probe(
        weight=weight.astype(np.float32),
        bias=(linear.bias - weight @ centre).astype(np.float32),
        strength=strength,
        seconds=time.perf_counter() - begin,
    )


def probe_out_of_fold(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    classes: int,
    folds: Sequence[NDArray[np.int64]],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Logits of each text by a probe that has not seen its fold, not even to choose its strength.

    Args:
        features, labels, classes, seed: as `train_probe` has them.
        folds: the rows that each fold holds out, as `tunelet.data.folds` gives them.

    Returns:
        float64 [n, classes].
    """
    logits = np.empty((len(labels), classes))
    for held_out in folds:
        rest = np.setdiff1d(np.arange(len(labels)), held_out)
        logits[held_out] = train_probe(features[rest], labels[rest], classes, seed=seed).logits(features[held_out])
    return logits


def probe_losses(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    classes: int,
    folds: Sequence[NDArray[np.int64]],
) -> NDArray[np.float64]:
    """The log loss of each text [n] by probes that have not seen its fold, at the one strength that is best for all.

    They flatter a little, since the strength is chosen on them. To tell features from each other they are as good as
    those of `probe_out_of_fold`, at a fifth of the time.

    Args:
        features, labels, classes: as `train_probe` has them.
        folds: the rows that each fold holds out.
    """
    _, _, scaled = scaled_features(features)
    splits = []
    for held_out in folds:
        rest = np.setdiff1d(np.arange(len(labels)), held_out)
        splits.append(FeatureSplit(scaled[rest], labels[rest], scaled[held_out], labels[held_out]))
    losses = np.empty(len(labels))
    losses[np.concatenate(folds)] = best_strength(splits, classes, STRENGTHS)[1]
    return losses


def scaled_features(features: NDArray[np.float32]) -> tuple[NDArray[np.float64], float, NDArray[np.float32]]:
    """The features' mean, the root of their mean square distance from it, and the features in units of these two."""
    centre = features.mean(axis=0, dtype=np.float64)
    centred = features - centre.astype(np.float32)
    scale = float(np.sqrt(np.square(centred, dtype=np.float64).sum(axis=1).mean())) or 1.0
    return centre, scale, centred / np.float32(scale)
