"""How often 95 % intervals hold the truth: models that are made up, so that the truth is known, measured as any model.

A text of class k is given one score for each class, normal, and higher for k by a separation of that class's own; the
probabilities are the softmax of the scores times how sure the model is of itself. Separations and sureness are drawn
anew for each made-up model, so recalls lie anywhere from about 0.5 to 1 and the probabilities are too timid, right or
too bold.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation import METRIC_NAMES, Predictions, compare_predictions, measure

Floats = NDArray[np.float64]
_TRUTH_TEXTS = 60_000
_SURENESS = (0.6, 1.0, 1.8)
ROWS = ("precision", "recall", "f1", "roc_auc", "average_precision")


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
        """How many."""
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
    """Of one figure: intervals that there were, that held the truth, and experiments."""

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
        return self.held / self.intervals if self.intervals else float("nan")


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
        found: Floats = powers / powers.sum(axis=1, keepdims=True)
        return found

    def draw(self, n: int) -> Predictions:
        """Predictions for n texts."""
        labels = self.rng.choice(self.shape.classes, size=n, p=self.shape.shares)
        return predictions(labels, self.scores(labels, self.rng.normal(size=(n, self.shape.classes))))


def predictions(labels: NDArray[np.int64], probabilities: Floats) -> Predictions:
    """With names whose last one is the positive label."""
    names = tuple(f"class {number:02}" for number in range(probabilities.shape[1]))
    return Predictions(tuple(map(str, range(len(labels)))), names, labels, probabilities)


Bounds = Callable[[Predictions], Mapping[str, tuple[float, float]]]


def single_coverage(
    shape: Shape, n: int, *, models: int, datasets: int, seed: int, bounds: Bounds | None = None
) -> dict[str, Tally]:
    """Coverage of every metric, and of the rows of the classes ("row recall"), over made-up models and their texts.

    Args:
        shape: classes.
        n: texts.
        models, datasets: how many models, and drawings of texts for each.
        seed: of everything.
        bounds: intervals by metric; None: those of `measure`.
    """
    rng = np.random.default_rng([seed, n, shape.classes])
    tallies = {name: Tally() for name in METRIC_NAMES}
    if bounds is None:
        tallies |= {f"row {name}": Tally() for name in ROWS}
    for _ in range(models):
        model = Model(shape, rng)
        truth = measure(model.draw(_TRUTH_TEXTS), resamples=0)
        for number in range(datasets):
            seen = model.draw(n)
            if bounds is not None:
                for name, found in bounds(seen).items():
                    tallies[name].add(found, truth.values[name])
                continue
            measured = measure(seen, resamples=200, seed=number)
            for name in METRIC_NAMES:
                tallies[name].add(measured.intervals[name], truth.values[name])
            for name in ROWS:
                row, true = measured.per_class[-1], truth.per_class[-1]
                tallies[f"row {name}"].add(row.intervals[name], getattr(true, name))
    return tallies


def paired_coverage(shape: Shape, n: int, *, models: int, datasets: int, seed: int) -> dict[str, Tally]:
    """The same of the differences of two models whose scores go together."""
    rng = np.random.default_rng([seed, n, shape.classes, 2])
    tallies = {name: Tally() for name in METRIC_NAMES}
    for _ in range(models):
        pair = Model(shape, rng), Model(shape, rng)
        together = float(rng.uniform(0.0, 0.95))
        draws = _paired_draws(pair, together, rng)
        one, other = (measure(found, resamples=0).values for found in draws(_TRUTH_TEXTS))
        for number in range(datasets):
            first, second = draws(n)
            (compared,) = compare_predictions({"A": [first], "B": [second]}, resamples=200, seed=number)
            for name in METRIC_NAMES:
                tallies[name].add(compared.intervals[name], other[name] - one[name])
    return tallies


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
