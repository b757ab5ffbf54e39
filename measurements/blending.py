"""Rules for the weights of an encoder and TF-IDF together, on few texts: blending.json, for docs/accuracy.md.

    python measurements/blending.py [--out measurements/blending.json]        # about ten minutes on one core

Five draws of 8 to 64 texts a class from each training file; a rule sees the out-of-fold predictions of the probe and of
TF-IDF for them, and is measured on at most 1,500 other texts of that file. The test files are not read, since a rule is
chosen on these figures.
"""

from typing import Any

import numpy as np
from frozen import FrozenTexts, rules_table, run
from numpy.typing import NDArray
from scipy.special import log_softmax

from tunelet.data import deal
from tunelet.evaluation import (
    Gain,
    baseline_out_of_fold,
    cross_fitted,
    cross_validated_baseline,
    fit_blend,
    fit_weights,
    log_losses,
    probe_out_of_fold,
    train_probe,
)

Logits = NDArray[np.float64]
FOLDS = 5
_OFTEN = 100  # repeated so many times, texts outweigh any prior


def prior(encoder: Logits, tfidf: Logits, labels: NDArray[np.int64]) -> tuple[float, float]:
    """What tunelet does."""
    blend = fit_blend(encoder, tfidf, labels)
    return blend.encoder, blend.tfidf


def least_loss(encoder: Logits, tfidf: Logits, labels: NDArray[np.int64]) -> tuple[float, float]:
    """The weights of the least log loss, whatever they are."""
    often = [np.tile(logits, (_OFTEN, 1)) for logits in (encoder, tfidf)]
    first, second = fit_weights(often, np.tile(labels, _OFTEN)).tolist()
    return first, second


def by_chance(encoder: Logits, tfidf: Logits, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Those of the least log loss times the chance that they help, and the encoder alone times the chance of none."""
    chance = _gain(encoder, tfidf, labels).chance
    first, second = least_loss(encoder, tfidf, labels)
    return (1 - chance) * _alone(encoder, labels) + chance * first, chance * second


def tested(encoder: Logits, tfidf: Logits, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Those of the least log loss where a paired test shows a gain at 5 %, else the encoder alone."""
    p = _gain(encoder, tfidf, labels).p_value
    return least_loss(encoder, tfidf, labels) if p is not None and p < 0.05 else (_alone(encoder, labels), 0.0)


def _gain(encoder: Logits, tfidf: Logits, labels: NDArray[np.int64]) -> Gain:
    ways = (cross_fitted([encoder], labels), cross_fitted([encoder, tfidf], labels))
    return Gain.of(*(log_losses(logits, labels) for logits in ways))


def _alone(encoder: Logits, labels: NDArray[np.int64]) -> float:
    return float(fit_weights([encoder], labels)[0])


FIXED = {"probe": (1.0, 0.0), "TF-IDF": (0.0, 1.0), "sum": (1.0, 1.0)}
RULES = {"least loss": least_loss, "tested": tested, "by chance": by_chance, "prior": prior}
NAMES = (*FIXED, *RULES)


def _draw(frozen: FrozenTexts, rows: Any, others: Any) -> dict[str, Any]:
    labels, classes, known = frozen.labels, frozen.classes, frozen.labels[rows]
    vectors = frozen.vectors[-1]
    texts, unseen = ([frozen.examples.texts[row] for row in chosen] for chosen in (rows, others))
    folds = deal([[row] for row in range(len(rows))], known, count=FOLDS, seed=0)
    encoder = log_softmax(probe_out_of_fold(vectors[rows], known, classes, folds, seed=0), axis=1)
    tfidf = log_softmax(baseline_out_of_fold(texts, known, classes, folds, seed=0), axis=1)
    probe = log_softmax(train_probe(vectors[rows], known, classes, seed=0).logits(vectors[others]), axis=1)
    baseline = log_softmax(cross_validated_baseline(texts, known, classes, seed=0).logits(unseen), axis=1)
    scores = {}
    fitted = {name: rule(encoder, tfidf, known) for name, rule in RULES.items()}
    for name, (first, second) in (FIXED | fitted).items():
        made = first * probe + second * baseline
        right = float((made.argmax(axis=1) == labels[others]).mean())
        scores[name] = {"accuracy": right, "log_loss": float(log_losses(made, labels[others]).mean())}
    return {"rules": scores}


def table(found: list[dict[str, Any]]) -> str:
    """The page's."""
    return rules_table(found, NAMES)


if __name__ == "__main__":
    run(__doc__, _draw, table)
