"""Made-up predictions of each label shape, whose truth is drawn from known distributions."""

import json

import numpy as np

from tunelet.evaluation import Measured, MultilabelPredictions, OrdinalPredictions, ValuePredictions


def ids(n: int) -> tuple[str, ...]:
    return tuple(map(str, range(n)))


def multilabel(
    n: int, count: int = 4, *, seed: int = 0, sharp: float = 2.0, together: float = 0.5, decimals: int | None = None
) -> MultilabelPredictions:
    """Labels that fall in frequency from 1 in 2; a text's noise is shared by its labels, so its errors go together."""
    rng = np.random.default_rng(seed)
    shares = 0.5 / np.arange(1, count + 1) ** 0.7
    labels = rng.random((n, count)) < shares
    own, common = rng.normal(size=(n, count)), rng.normal(size=(n, 1))
    scores = sharp * labels + together**0.5 * common + (1 - together) ** 0.5 * own
    logits = sharp * (scores - sharp / 2) + np.log(shares / (1 - shares))
    probabilities = 1 / (1 + np.exp(-logits))
    if decimals is not None:
        probabilities = probabilities.round(decimals)
    names = tuple(f"label {number:02}" for number in range(count))
    return MultilabelPredictions(ids(n), names, labels, probabilities, np.full(count, 0.5))


def ordinal(n: int, ratings: int = 5, *, seed: int = 0, noise: float = 1.0) -> OrdinalPredictions:
    """Ratings from 1 on; a normal distribution about a noisy reading of each, cut into ratings."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, ratings, n)
    reading = labels + noise * rng.normal(size=n)
    powers = np.exp(-((np.arange(ratings) - reading[:, None]) ** 2) / (2 * noise**2))
    names = tuple(str(number + 1) for number in range(ratings))
    return OrdinalPredictions(ids(n), names, labels, powers / powers.sum(axis=1, keepdims=True))


def numbers(n: int, *, seed: int = 0, noise: float = 1.0, intervals: bool = False) -> ValuePredictions:
    """Normal targets, and predictions that miss them by normal noise."""
    rng = np.random.default_rng(seed)
    targets = 10 + 2 * rng.normal(size=n)
    values = targets + noise * rng.normal(size=n)
    reach = 1.96 * noise * rng.uniform(0.8, 1.2, n)
    return ValuePredictions(ids(n), targets, values, *((values - reach, values + reach) if intervals else ()))


def strict(metrics: Measured) -> dict:
    """The record as JSON has it; NaN and infinities are refused."""
    return json.loads(json.dumps(metrics.to_dict(), allow_nan=False))


def check_reasons(metrics: Measured) -> None:
    """Every figure has an interval that holds it, or a reason why there is none."""
    for name in metrics.metric_names:
        value, bounds = metrics.value(name), metrics.interval(name)
        if bounds is None:
            assert metrics.no_interval[name], name
        else:
            assert value is not None, name
            assert bounds[0] - 1e-12 <= value <= bounds[1] + 1e-12, (name, value, bounds)
            assert bounds[0] < bounds[1], name
