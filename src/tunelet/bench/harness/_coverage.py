"""How often 95 % intervals hold the truth: models that are made up, so that the truth is known, measured as any model.

A text of class k is given one score for each class, normal, and higher for k by a separation of that class's own; the
probabilities are the softmax of the scores times how sure the model is of itself. Separations and sureness are drawn
anew for each made-up model, so recalls lie anywhere from about 0.5 to 1 and the probabilities are too timid, right or
too bold.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation import (
    METRIC_NAMES,
    Metrics,
    Predictions,
    Shares,
    compare_predictions,
    difference_interval,
    measure,
    split_bounds,
)

Floats = NDArray[np.float64]
_TRUTH_TEXTS = 50_000
_SURENESS = (0.6, 1.0, 1.8)


@dataclass(frozen=True)
class Shape:
    """Classes of a task.

    Attributes:
        name: in words.
        shares: of the texts, [classes].
        separations: from least to greatest of a class.
    """

    name: str
    shares: tuple[float, ...]
    separations: tuple[float, float]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.shares)


_FALLING = 1 / np.arange(1, 29) ** 0.5
SHAPES = (
    Shape("2 labels, 1 : 1", (0.5, 0.5), (0.3, 3.5)),
    Shape("2 labels, 9 : 1", (0.9, 0.1), (0.8, 3.5)),
    Shape("5 labels, uneven", (0.4, 0.25, 0.15, 0.12, 0.08), (1.2, 4.0)),
    Shape("28 labels, uneven", tuple(float(share) for share in _FALLING / _FALLING.sum()), (2.0, 5.0)),
)
SIZES = (20, 60, 300)


@dataclass
class Tally:
    """How often the intervals of one figure held the truth, over experiments, some of which had no interval."""

    held: int = 0
    intervals: int = 0
    experiments: int = 0

    def add(self, bounds: Sequence[float], truth: float) -> None:
        """One more experiment; (NaN, NaN) where it had no interval."""
        self.experiments += 1
        if not np.isnan(bounds[0]):
            self.intervals += 1
            self.held += bool(bounds[0] - 1e-9 <= truth <= bounds[1] + 1e-9)

    @property
    def coverage(self) -> float:
        """The share of the intervals that held the truth; NaN without intervals."""
        return self.held / self.intervals if self.intervals else math.nan


class Model:
    """A made-up model of a task."""

    def __init__(self, shape: Shape, rng: np.random.Generator) -> None:
        self.shape, self.rng = shape, rng
        self.separation = rng.uniform(*shape.separations, size=shape.classes)
        self.sureness = float(rng.choice(_SURENESS))

    def scores(self, labels: NDArray[np.int64], noise: Floats) -> Floats:
        """Probabilities [n, classes] of texts with these labels, from standard normal noise [n, classes]."""
        scores = noise.copy()
        scores[np.arange(len(labels)), labels] += self.separation[labels]
        logits = self.sureness * (self.separation.mean() * scores + np.log(self.shape.shares))
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: Floats = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def draw(self, n: int) -> Predictions:
        """Predictions for n texts."""
        labels = self.rng.choice(self.shape.classes, size=n, p=self.shape.shares)
        return predictions(labels, self.scores(labels, self.rng.normal(size=(n, self.shape.classes))))


def predictions(labels: NDArray[np.int64], probabilities: Floats) -> Predictions:
    """Predictions with made-up label names, the last of which is the positive label."""
    names = tuple(f"class {number:02}" for number in range(probabilities.shape[1]))
    return Predictions(tuple(map(str, range(len(labels)))), names, labels, probabilities)


def models_of(shape: Shape, count: int, seed: int) -> list[tuple[Model, Metrics]]:
    """Made-up models, `count` of them, each with its true figures."""
    rng = np.random.default_rng([seed, shape.classes, round(100 * shape.shares[0])])
    models = []
    for _ in range(count):
        model = Model(shape, rng)
        models.append((model, measure(model.draw(_TRUTH_TEXTS), resamples=0)))
    return models


def share_coverage(models: Sequence[tuple[Model, Metrics]], n: int, datasets: int) -> dict[str, Tally]:
    """Coverage of what follows from the confusion matrix, and of the accuracy as it was before.

    Args:
        models: with their true figures.
        n: texts.
        datasets: drawings of texts for each model.

    Returns:
        "before" is the accuracy by percentiles of a bootstrap within each class; "row" that of the rarest class.
    """
    names = ("before", "accuracy", "f1_weighted", "precision", "recall", "f1_macro", "row precision", "row recall",
             "row f1")  # fmt: skip
    tallies = {name: Tally() for name in names}
    for model, truth in models:
        last = truth.per_class[-1]
        for _ in range(datasets):
            seen = model.draw(n)
            confusion = np.zeros((model.shape.classes,) * 2, dtype=np.int64)
            np.add.at(confusion, (seen.labels, seen.predicted), 1)
            shares = Shares(confusion, seen.label_names)
            row = {f"row {name}": bounds for name, bounds in shares.of_class(model.shape.classes - 1).items()}
            intervals, _ = split_bounds(shares.whole() | shares.means() | row)
            intervals["before"] = _stratified_accuracy(confusion, model.rng)
            for name in names:
                if name.startswith("row "):
                    true = getattr(last, name.removeprefix("row "))
                elif name in ("precision", "recall"):  # the means over the classes
                    true = float(np.mean([getattr(each, name) for each in truth.per_class]))
                else:
                    true = truth.values["accuracy" if name == "before" else name]
                tallies[name].add(intervals[name], true)
    return tallies


def score_coverage(models: Sequence[tuple[Model, Metrics]], n: int, datasets: int) -> dict[str, Tally]:
    """Coverage of what the probabilities decide: areas, log loss, calibration error; arguments as above."""
    names = ("roc_auc", "average_precision", "log_loss", "ece")
    tallies = {name: Tally() for name in names}
    for model, truth in models:
        for number in range(datasets):
            intervals = measure(model.draw(n), resamples=200, seed=number).intervals
            for name in names:
                tallies[name].add(intervals[name], truth.values[name])
    return tallies


def paired_coverage(shape: Shape, n: int, *, models: int, datasets: int, seed: int) -> dict[str, Tally]:
    """Coverage of the differences of two models whose scores go together, by the functions that compare runs."""
    rng = np.random.default_rng([seed, n, shape.classes, 2])
    tallies = {name: Tally() for name in METRIC_NAMES}
    for _ in range(models):
        draws = _paired_draws((Model(shape, rng), Model(shape, rng)), float(rng.uniform(0.0, 0.95)), rng)
        one, other = (measure(predictions, resamples=0).values for predictions in draws(_TRUTH_TEXTS))
        for number in range(datasets):
            first, second = draws(n)
            (compared,) = compare_predictions({"A": [first], "B": [second]}, resamples=200, seed=number)
            for name in METRIC_NAMES:
                tallies[name].add(compared.bounds(name), other[name] - one[name])
    return tallies


def difference_coverage(n: int, discordant: float, difference: float) -> float:
    """Coverage of the interval of a paired difference of accuracies, exactly: over every outcome that there can be.

    Args:
        n: texts.
        discordant: share of the texts that one model alone gets right.
        difference: true difference, at most that.
    """
    from scipy.stats import multinomial

    first, second = (discordant - difference) / 2, (discordant + difference) / 2
    counts = [(a, b) for a in range(n + 1) for b in range(n + 1 - a)]
    chances = multinomial.pmf([(a, b, n - a - b) for a, b in counts], n, (first, second, 1 - first - second))
    held = 0.0
    for (only_first, only_second), chance in zip(counts, chances, strict=True):
        if chance > 1e-7:
            low, high = difference_interval(only_first, only_second, n)
            held += chance * (low - 1e-9 <= difference <= high + 1e-9)
    return float(held / chances[chances > 1e-7].sum())


def _stratified_accuracy(confusion: NDArray[np.int64], rng: np.random.Generator) -> tuple[float, float]:
    """Percentiles of the accuracy where each class is resampled by itself: hits of a class are binomial then."""
    support, hits = confusion.sum(axis=1), np.diagonal(confusion)
    there = support > 0
    drawn = rng.binomial(support[there], hits[there] / support[there], size=(1000, int(there.sum()))).sum(axis=1)
    low, high = np.percentile(drawn / support.sum(), [2.5, 97.5])
    return float(low), float(high)


def _paired_draws(
    pair: tuple[Model, Model], together: float, rng: np.random.Generator
) -> Callable[[int], Iterator[Predictions]]:
    def draw(n: int) -> Iterator[Predictions]:
        shape = pair[0].shape
        labels = rng.choice(shape.classes, size=n, p=shape.shares)
        common = rng.normal(size=(n, shape.classes))
        for model in pair:
            own = rng.normal(size=(n, shape.classes))
            yield predictions(labels, model.scores(labels, together**0.5 * common + (1 - together) ** 0.5 * own))

    return draw
