"""Several trainings that differ in their seed alone: mean, deviation, and an interval over texts and seeds.

An interval of a mean over k seeds has two sources of spread: other texts could have been drawn, and other seeds (their
variance, divided by k). The first is as large as in a single run's interval, reduced by as much as averaging over seeds
reduces the deviation on the resamples. The second is hardly known with few seeds, so both together are Student's with
the degrees of freedom of Satterthwaite (1946): with 2 or 3 seeds the interval is wide.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.errors import DataError
from tunelet.evaluation._bootstrap import Drawn
from tunelet.evaluation._intervals import CONFIDENCE, Z
from tunelet.evaluation._metrics import RANGES, Measured
from tunelet.evaluation._predictions import Predictions, positive_index
from tunelet.evaluation._seed_records import SeedMeasured, SeedMetrics, seed_record
from tunelet.evaluation._shapes import AnyPredictions, Shape, shape_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeedDraws:
    """One model's metrics over its seeds, whatever the shape of its labels.

    Attributes:
        shape: of the predictions.
        predictions: of each seed, of the class that belongs to the shape.
        drawn: each seed's metrics on the resamples.
        plain: each seed's metrics, without intervals.
        draws: metric -> the mean over the seeds on each resample of the texts, [resamples].
    """

    shape: Shape
    predictions: tuple[Any, ...]
    drawn: tuple[Drawn, ...]
    plain: tuple[Measured, ...]
    draws: Mapping[str, Floats]

    @classmethod
    def of(cls, seeds: Sequence[AnyPredictions], drawn: Sequence[Drawn], shape: Shape) -> "SeedDraws":
        """From the predictions of each seed and their draws, on the same resamples."""
        plain = tuple(shape.estimate(predictions) for predictions in seeds)
        draws = {name: np.mean([of_seed.values[name] for of_seed in drawn], axis=0) for name in plain[0].metric_names}
        return cls(shape, tuple(seeds), tuple(drawn), plain, draws)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the metrics."""
        return self.plain[0].metric_names

    @cached_property
    def measured(self) -> tuple[Any, ...]:
        """Each seed's metrics with intervals, of the shape's record.

        Computed at the first use, for comparisons over seeds need none.
        """
        seeds = zip(self.plain, self.predictions, self.drawn, strict=True)
        return tuple(self.shape.with_intervals(*seed) for seed in seeds)

    @cached_property
    def values(self) -> Mapping[str, Floats]:
        """Metric -> its value with each seed, [seeds]."""
        return {name: np.array([metrics.values[name] for metrics in self.plain]) for name in self.names}

    def shared(self, metric: str) -> float:
        """The variance of the mean over seeds, divided by the mean of the seeds' variances, on the resamples: 0 to 1.

        It is 1 where nothing varies, for then averaging over seeds is not known to reduce anything.
        """
        if np.isnan(self.draws[metric]).all():
            return 1.0
        single = float(np.mean([np.nanvar(of_seed.values[metric]) for of_seed in self.drawn]))
        return min(1.0, float(np.nanvar(self.draws[metric])) / single) if single > 0 else 1.0

    def mean(self, metric: str) -> float:
        """The mean of a metric over the seeds; NaN where undefined."""
        return float(self.values[metric].mean())

    def deviation(self, metric: str) -> float:
        """The standard deviation of a metric over the seeds (n - 1); NaN of a single one."""
        values = self.values[metric]
        return float(values.std(ddof=1)) if len(values) > 1 else float("nan")

    @property
    def seeds(self) -> int:
        """The number of seeds."""
        return len(self.predictions)


def draw_models(
    models: Mapping[str, Sequence[AnyPredictions]], *, positive: str | None = None, resamples: int, seed: int
) -> dict[str, SeedDraws]:
    """Measure all models on the same resamples of the texts.

    Args:
        models: name -> predictions of each seed; all of one shape.
        positive: of classes, the label that precision, recall, F1 and the areas speak of; None: as `measure` has it.
        resamples: draws, at least 1.
        seed: of them.

    Raises:
        DataError: the texts are not the same; `positive` is none of the labels; no draws.
    """
    if resamples < 1:
        raise DataError(f"intervals need at least one draw, found resamples = {resamples}", "pass resamples=1000")
    runs = [(name, predictions) for name, seeds in models.items() for predictions in seeds]
    first = runs[0][1]
    shape = shape_of(first, positive_index(first.label_names, positive) if isinstance(first, Predictions) else None)
    _check_same_texts(runs, shape)
    drawn = iter(shape.draws([predictions for _, predictions in runs], resamples=resamples, seed=seed))
    return {name: SeedDraws.of(seeds, [next(drawn) for _ in seeds], shape) for name, seeds in models.items()}


@overload
def measure_seeds(
    seeds: Sequence[Predictions], *, positive: str | None = None, resamples: int = 1000, seed: int = 0
) -> SeedMetrics: ...


@overload
def measure_seeds(
    seeds: Sequence[AnyPredictions], *, positive: str | None = None, resamples: int = 1000, seed: int = 0
) -> SeedMeasured: ...


def measure_seeds(
    seeds: Sequence[AnyPredictions], *, positive: str | None = None, resamples: int = 1000, seed: int = 0
) -> SeedMeasured:
    """Measure predictions of the same texts, one for each seed.

    Args:
        seeds: at least one, of any shape; equal labels.
        positive: of classes, the label that precision, recall, F1 and the areas speak of; None: as `measure` has it.
        resamples: draws of the bootstrap, at least 1.
        seed: of the bootstrap.
    """
    (drawn,) = draw_models({"": seeds}, positive=positive, resamples=resamples, seed=seed).values()
    return summarised(drawn)


def summarised(model: SeedDraws) -> SeedMeasured:
    """Means, deviations and intervals of one model of any shape, from existing draws."""
    reasons = {name: why for each in model.measured for name, why in each.no_interval.items()}
    if model.seeds == 1:
        intervals = dict(model.measured[0].intervals)
    else:
        intervals = {
            name: (math.nan, math.nan)
            if name in reasons
            else _within(name, over_seeds(model.mean(name), _text_reach(model, name), [model], name)[0])
            for name in model.names
        }
    return seed_record(model.shape.record).model_validate(
        {
            **{name: model.mean(name) for name in model.names},
            **{f"{name}_sd": model.deviation(name) for name in model.names},
            **{f"{name}_ci": bounds for name, bounds in intervals.items()},
            "n": len(model.predictions[0]),
            "no_interval": reasons,
        }
    )


def over_seeds(
    estimate: float, reach: tuple[float, float], models: Sequence[SeedDraws], metric: str
) -> tuple[tuple[float, float], float]:
    """95 % interval of a mean over seeds, or of a difference of two, and the two-sided p of its being 0.

    Args:
        estimate: the mean, or the difference.
        reach: how far the interval over texts alone goes below and above it.
        models: the model, or the two whose difference it is; a single seed adds no variance.
        metric: whose estimate it is.

    Returns:
        Interval and p; NaN where the metric is undefined.
    """
    from scipy.stats import t as student_t

    if math.isnan(estimate) or any(math.isnan(side) for side in reach):
        return (math.nan, math.nan), math.nan
    terms = [(model.deviation(metric) ** 2 / model.seeds, model.seeds) for model in models if model.seeds > 1]
    doubt = sum(term**2 / (seeds - 1) for term, seeds in terms)
    ends, p = [], 1.0
    for side, sign in zip(reach, (-1, 1), strict=True):
        variance = (side / Z) ** 2 + sum(term for term, _ in terms)
        freedom = variance**2 / doubt if doubt else np.inf
        ends.append(estimate + sign * float(student_t.ppf((1 + CONFIDENCE) / 2, freedom)) * variance**0.5)
        if sign * estimate < 0:  # the side that faces 0
            p = 2 * float(student_t.sf(abs(estimate) / variance**0.5, freedom)) if variance else 0.0
    return (ends[0], ends[1]), p


def _text_reach(model: SeedDraws, metric: str) -> tuple[float, float]:
    """How far the mean over seeds could fall below and rise above the estimate with other texts."""
    limits = np.array([measured.intervals[metric] for measured in model.measured])  # [seeds, 2]
    below, above = np.abs(model.values[metric][:, None] - limits).mean(axis=0) * model.shared(metric) ** 0.5
    return float(below), float(above)


def _check_same_texts(models: Sequence[tuple[str, AnyPredictions]], shape: Shape) -> None:
    """Raises DataError where shapes, ids, labels or label names differ, and says where."""
    (name, first), *rest = models
    for other, predictions in rest:
        if type(predictions) is not type(first):
            raise DataError(
                f"{other} answers with labels of another shape than {name}",
                "compare runs that were trained for the same task",
            )
        if predictions.label_names != first.label_names:
            raise DataError(
                f"{other} knows the labels {', '.join(predictions.label_names)}, {name} {', '.join(first.label_names)}",
                "compare runs that were trained on the same labels",
            )
        if predictions.ids != first.ids or not np.array_equal(shape.same(predictions), shape.same(first)):
            raise DataError(
                f"{other} was measured on {counted(len(predictions), 'text')}, {name} on {len(first):,}, and they are "
                "not the same, or not in the same order",
                "measure both on the same test data: tunelet train ... --test DATA",
            )


def _within(metric: str, interval: tuple[float, float]) -> tuple[float, float]:
    """The interval cut to the metric's range."""
    low, high = interval
    least, most = RANGES.get(metric, (0.0, 1.0))
    return max(low, least), min(high, most)
