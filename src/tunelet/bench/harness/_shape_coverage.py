"""How often 95 % intervals hold the truth where labels have another shape than one class a text.

As for classes (`_coverage`), models are made up, so that their true figures are known, and measured as any model. A
text has a difficulty that all its labels share, so what a model does to them goes together, as in real texts.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.bench.harness._coverage import Tally
from tunelet.evaluation import (
    AnyPredictions,
    MultilabelPredictions,
    OrdinalPredictions,
    ValuePredictions,
    compare_figures,
    measure,
)

Floats = NDArray[np.float64]
_TRUTH_TEXTS = 50_000


@dataclass(frozen=True)
class Labelling:
    """A made-up task of some label shape.

    Attributes:
        name: in words.
        model: random numbers to the settings of a made-up model.
        draw: settings of models, random numbers, number of texts, and how far the models err alike (0 to 1), to the
            predictions of each model for the same texts.
    """

    name: str
    model: Callable[[np.random.Generator], Any]
    draw: Callable[[Sequence[Any], np.random.Generator, int, float], Iterator[AnyPredictions]]


def _ids(n: int) -> tuple[str, ...]:
    return tuple(map(str, range(n)))


def _expit(logits: Floats) -> Floats:
    from scipy.special import expit

    values: Floats = expit(logits)
    return values


def _labels(count: int, most: float) -> Labelling:
    """So many labels, of which the first is as frequent as `most`, the others fall as one over the root."""
    shares = most / np.arange(1, count + 1) ** 0.5
    names = tuple(f"label {number:02}" for number in range(count))

    def model(rng: np.random.Generator) -> tuple[Floats, float, Floats]:
        return rng.uniform(0.8, 3.5, count), float(rng.choice([0.6, 1.0, 1.8])), rng.uniform(0.25, 0.5, count)

    def draw(
        models: Sequence[tuple[Floats, float, Floats]], rng: np.random.Generator, n: int, together: float
    ) -> Iterator[AnyPredictions]:
        hard = rng.normal(size=(n, 1))
        truth = rng.random((n, count)) < shares
        common = rng.normal(size=(n, count))
        for separation, sureness, thresholds in models:
            own = rng.normal(size=(n, count))
            noise = together**0.5 * common + (1 - together) ** 0.5 * own
            scores = separation * truth + 0.7 * noise + 0.7 * hard
            logits = sureness * (separation * (scores - separation / 2) + np.log(shares / (1 - shares)))
            yield MultilabelPredictions(_ids(n), names, truth, _expit(logits), thresholds)

    return Labelling(f"{count} labels a text", model, draw)


def _ratings(count: int) -> Labelling:
    names = tuple(str(number) for number in range(1, count + 1))

    def model(rng: np.random.Generator) -> tuple[float, float]:
        return float(rng.uniform(0.3, 1.5)), float(rng.choice([0.6, 1.0, 1.8]))

    def draw(
        models: Sequence[tuple[float, float]], rng: np.random.Generator, n: int, together: float
    ) -> Iterator[AnyPredictions]:
        truth = rng.integers(0, count, n)
        common = rng.normal(size=n)
        for noise, sureness in models:
            reading = truth + noise * (together**0.5 * common + (1 - together) ** 0.5 * rng.normal(size=n))
            powers = np.exp(-sureness * (np.arange(count) - reading[:, None]) ** 2 / 2 / noise**2)
            yield OrdinalPredictions(_ids(n), names, truth, powers / powers.sum(axis=1, keepdims=True))

    return Labelling(f"ratings 1 to {count}", model, draw)


def _numbers() -> Labelling:
    def model(rng: np.random.Generator) -> tuple[float, float]:
        return float(rng.uniform(0.2, 1.2)), float(rng.choice([5.0, 30.0]))

    def draw(
        models: Sequence[tuple[float, float]], rng: np.random.Generator, n: int, together: float
    ) -> Iterator[AnyPredictions]:
        truth = rng.gamma(4.0, 0.5, n)  # skewed, as prices and times are
        common = rng.standard_t(10.0, n)
        for noise, freedom in models:  # errors with tails
            own = rng.standard_t(freedom, n)
            values = truth + noise * (together**0.5 * common + (1 - together) ** 0.5 * own)
            reach = 2 * noise * rng.uniform(0.8, 1.2, n)
            yield ValuePredictions(_ids(n), truth, values, values - reach, values + reach)

    return Labelling("numbers", model, draw)


LABELLINGS = (_labels(4, 0.4), _labels(28, 0.3), _ratings(5), _ratings(10), _numbers())


def labelling_coverage(labelling: Labelling, n: int, *, models: int, datasets: int, seed: int) -> dict[str, Tally]:
    """How often the intervals of one model's figures held the truth.

    Args:
        labelling: what texts are labelled with.
        n: texts.
        models: that are made up.
        datasets: drawings of texts for each.
        seed: of all.
    """
    rng = np.random.default_rng([seed, n, len(labelling.name)])
    tallies: dict[str, Tally] = {}
    for _ in range(models):
        made = [labelling.model(rng)]
        (whole,) = labelling.draw(made, rng, _TRUTH_TEXTS, 0.0)
        truth = measure(whole, resamples=0).values
        for number in range(datasets):
            (seen,) = labelling.draw(made, rng, n, 0.0)
            for name, bounds in measure(seen, resamples=200, seed=number).intervals.items():
                tallies.setdefault(name, Tally()).add(bounds, truth[name])
    return tallies


def labelling_pair_coverage(labelling: Labelling, n: int, *, models: int, datasets: int, seed: int) -> dict[str, Tally]:
    """The same of the differences of two models; arguments as above.

    Under "alike" it is counted how often two models that are equally good were told apart at a level of 5 %.
    """
    rng = np.random.default_rng([seed, n, len(labelling.name), 2])
    tallies: dict[str, Tally] = {}
    for _ in range(models):
        made, together = [labelling.model(rng), labelling.model(rng)], float(rng.uniform(0.0, 0.95))
        one, other = (measure(each, resamples=0).values for each in labelling.draw(made, rng, _TRUTH_TEXTS, together))
        for number in range(datasets):
            first, second = labelling.draw(made, rng, n, together)
            (pair,) = compare_figures({"A": [first], "B": [second]}, resamples=200, seed=number)
            for name in pair.intervals:
                tallies.setdefault(name, Tally()).add(pair.bounds(name), other[name] - one[name])
            first, second = labelling.draw([made[0], made[0]], rng, n, together)
            (alike,) = compare_figures({"A": [first], "B": [second]}, resamples=200, seed=number)
            p = np.nan if alike.p is None else alike.p
            tallies.setdefault("alike", Tally()).add((p, 1.0), 0.05)  # held where p is 0.05 or less
    return tallies
