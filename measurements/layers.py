"""Rules for the number of layers that the head reads, on few texts: layers.json, for docs/accuracy.md.

    python measurements/layers.py [--data trec emotion ...] [--out measurements/layers.json]    # minutes on one core

Five draws of 8 to 64 texts a class from each training file. A rule sees the log loss of each text, out of fold, by a
logistic regression on the frozen vectors after each of the last layers; the layer that it chooses is measured by such
a regression on at most 1,500 other texts of that file. The test files are not read, since a rule is chosen on these
figures.
"""

from typing import Any

import numpy as np
from frozen import FrozenTexts, rules_table, run
from numpy.typing import NDArray

from tunelet.data import deal
from tunelet.evaluation import log_losses, probe_losses, train_probe

Losses = NDArray[np.float64]  # of each text after each layer, [layers, n], the last layer last
FOLDS = 3


def last(losses: Losses) -> int:
    """The last layer, whatever the losses."""
    return len(losses) - 1


def least_loss(losses: Losses) -> int:
    """The layer of the least mean loss."""
    return int(losses.mean(axis=1).argmin())


def within(errors: float, losses: Losses) -> int:
    """The deepest layer whose loss is above the least by no more than so many standard errors of the difference."""
    best = least_loss(losses)
    differences = losses - losses[best]
    error = differences.std(axis=1, ddof=1) / np.sqrt(losses.shape[1])
    return int(np.flatnonzero(differences.mean(axis=1) <= errors * error)[-1])


RULES = {
    "last": last,
    "least loss": least_loss,
    "within 1 SE": lambda losses: within(1.0, losses),
    "within 2 SE": lambda losses: within(2.0, losses),
}


def _draw(texts: FrozenTexts, rows: Any, others: Any) -> dict[str, Any]:
    labels, classes, known = texts.labels, texts.classes, texts.labels[rows]
    folds = deal([[row] for row in range(len(rows))], known, count=FOLDS, seed=0)
    losses, scores = [], []
    for layer in texts.vectors:
        losses.append(probe_losses(layer[rows], known, classes, folds))
        made = train_probe(layer[rows], known, classes, seed=0).logits(layer[others])
        right = float((made.argmax(axis=1) == labels[others]).mean())
        loss = float(log_losses(made, labels[others]).mean())
        scores.append({"accuracy": round(right, 5), "log_loss": round(loss, 5)})
    chosen = {rule: choose(np.array(losses)) for rule, choose in RULES.items()}
    return {
        "losses": [round(float(loss.mean()), 5) for loss in losses],
        "layers": scores,
        "rules": {rule: scores[layer] | {"layer": layer - len(scores)} for rule, layer in chosen.items()},
    }


def table(found: list[dict[str, Any]]) -> str:
    """The page's."""
    return rules_table(found, tuple(RULES))


if __name__ == "__main__":
    run(__doc__, _draw, table)
