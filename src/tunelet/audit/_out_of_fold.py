"""Probabilities of labels by linear models, each of which judges the texts that it has not seen."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def out_of_fold(
    table: Any, labels: NDArray[np.int64], classes: int, folds: Sequence[NDArray[np.int64]], seed: int
) -> NDArray[np.float64]:
    """Probabilities of each text's labels by the model that has not seen it, float64 [n, classes]."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import SGDClassifier

    probabilities = np.zeros((len(labels), classes))
    for held_out in folds:
        rest = np.setdiff1d(np.arange(len(labels)), held_out)
        if not table.shape[1] or len(np.unique(labels[rest])) < 2:  # nothing to learn: all texts are alike
            probabilities[held_out] = np.bincount(labels[rest], minlength=classes) / len(rest)
            continue
        model = SGDClassifier(
            loss="log_loss", alpha=1 / (10 * len(rest)), average=True, max_iter=20, tol=1e-4, random_state=seed
        )
        with warnings.catch_warnings():  # stopped short of the optimum it still judges
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(table[rest], labels[rest])
        probabilities[np.ix_(held_out, model.classes_)] = model.predict_proba(table[held_out])
    return probabilities
