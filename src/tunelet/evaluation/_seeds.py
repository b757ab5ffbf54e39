"""Several trainings that differ in their seed alone: mean, deviation, and an interval that speaks of both.

An interval of a mean over k seeds has two sources of spread: other texts could have been drawn (the bootstrap's
variance of the mean), and other seeds (their variance, divided by k). With few seeds the second is itself hardly known,
so the interval is Student's t with the degrees of freedom of Satterthwaite (1946): with 2 or 3 seeds it is wide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.errors import DataError
from tunelet.evaluation._bootstrap import LEVEL, paired_metrics
from tunelet.evaluation._metrics import METRIC_NAMES, measure, metric_intervals, null_if_undefined
from tunelet.evaluation._predictions import Predictions, positive_label

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SeedMetrics:
    """Metrics of several seeds on the same texts; NaN where undefined.

    Attributes:
        means: by metric.
        deviations: standard deviations over seeds (n - 1); NaN of a single one.
        intervals: 95 %, of the mean, over texts and seeds.
        n: texts.
    """

    means: Mapping[str, float]
    deviations: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    n: int

    def to_dict(self) -> dict[str, Any]:
        """Strict JSON: `accuracy`, `accuracy_sd`, `accuracy_ci`, ..., `n`; what is undefined is None."""
        flat: dict[str, Any] = {}
        for name in METRIC_NAMES:
            low, high = self.intervals[name]
            flat[name] = null_if_undefined(self.means[name])
            flat[f"{name}_sd"] = null_if_undefined(self.deviations[name])
            flat[f"{name}_ci"] = None if np.isnan(low) or np.isnan(high) else [low, high]
        return flat | {"n": self.n}


@dataclass(frozen=True)
class SeedDraws:
    """One model's metrics over its seeds.

    Attributes:
        values: metric -> its value with each seed, [seeds].
        draws: metric -> the mean over the seeds on each resample of the texts, [resamples].
    """

    values: Mapping[str, Floats]
    draws: Mapping[str, Floats]

    @classmethod
    def of(cls, seeds: Sequence[Predictions], drawn: Sequence[Mapping[str, Floats]]) -> "SeedDraws":
        """From the predictions of each seed and their draws, as `paired_metrics` gives them."""
        measured = [measure(found, resamples=0).values for found in seeds]
        return cls(
            {name: np.array([values[name] for values in measured]) for name in METRIC_NAMES},
            {name: np.mean([found[name] for found in drawn], axis=0) for name in METRIC_NAMES},
        )

    def mean(self, metric: str) -> float:
        """Over the seeds."""
        return float(self.values[metric].mean())

    def deviation(self, metric: str) -> float:
        """Over the seeds (n - 1); NaN of a single one."""
        values = self.values[metric]
        return float(values.std(ddof=1)) if len(values) > 1 else float("nan")

    @property
    def seeds(self) -> int:
        """How many there are."""
        return len(self.values["accuracy"])


def draw_models(models: Mapping[str, Sequence[Predictions]], *, resamples: int, seed: int) -> dict[str, SeedDraws]:
    """Measure all models on the same resamples of the texts; raises DataError where the texts are not the same."""
    if resamples < 1:
        raise DataError(f"intervals need at least one draw, found resamples = {resamples}", "pass resamples=1000")
    runs = [(name, found) for name, seeds in models.items() for found in seeds]
    _check_same_texts(runs)
    recognised = positive_label(runs[0][1].label_names)
    positive = recognised.value if recognised else None
    drawn = iter(paired_metrics([found for _, found in runs], positive=positive, resamples=resamples, seed=seed))
    return {name: SeedDraws.of(seeds, [next(drawn) for _ in seeds]) for name, seeds in models.items()}


def measure_seeds(seeds: Sequence[Predictions], *, resamples: int = 1000, seed: int = 0) -> SeedMetrics:
    """Measure predictions of the same texts, one for each seed.

    Args:
        seeds: at least one; equal labels.
        resamples: draws of the bootstrap, at least 1.
        seed: of the bootstrap.
    """
    (drawn,) = draw_models({"": seeds}, resamples=resamples, seed=seed).values()
    return summarise(seeds, drawn)


def summarise(seeds: Sequence[Predictions], found: SeedDraws) -> SeedMetrics:
    """Means, deviations and intervals of one model, from draws that are at hand."""
    if len(seeds) == 1:
        intervals = metric_intervals(seeds[0], found.draws)
    else:
        intervals = {name: _within(name, student(found.mean(name), found, None, name)[0]) for name in METRIC_NAMES}
    return SeedMetrics(
        {name: found.mean(name) for name in METRIC_NAMES},
        {name: found.deviation(name) for name in METRIC_NAMES},
        intervals,
        len(seeds[0]),
    )


def student(
    estimate: float, model: SeedDraws, other: SeedDraws | None, metric: str
) -> tuple[tuple[float, float], float]:
    """95 % interval of a mean over seeds, or of a difference of two, and the two-sided p of its being 0.

    Args:
        estimate: the mean, or the model's less the other's.
        model, other: drawn on the same texts.
        metric: which.

    Returns:
        Interval and p; NaN where the metric is undefined. A model with one seed adds nothing for its seed.
    """
    from scipy.stats import t as student_t

    draws = model.draws[metric] - (0.0 if other is None else other.draws[metric])
    draws = draws[~np.isnan(draws)]
    if np.isnan(estimate) or not len(draws):
        return (float("nan"), float("nan")), float("nan")
    terms = [
        (found.deviation(metric) ** 2 / found.seeds, found.seeds)
        for found in (model, other)
        if found is not None and found.seeds > 1
    ]
    variance = float(draws.var()) + sum(term for term, _ in terms)
    if variance == 0:
        return (estimate, estimate), float(estimate == 0)
    doubt = sum(term**2 / (seeds - 1) for term, seeds in terms)
    freedom = variance**2 / doubt if doubt else np.inf
    error = variance**0.5
    reach = float(student_t.ppf((1 + LEVEL) / 2, freedom)) * error
    return (estimate - reach, estimate + reach), 2 * float(student_t.sf(abs(estimate) / error, freedom))


def _check_same_texts(models: Sequence[tuple[str, Predictions]]) -> None:
    """Raises DataError where ids, labels or label names differ, and says where."""
    (name, first), *rest = models
    for other, found in rest:
        if found.label_names != first.label_names:
            raise DataError(
                f"{other} knows the labels {', '.join(found.label_names)}, {name} {', '.join(first.label_names)}",
                "compare runs that were trained on the same labels",
            )
        if found.ids != first.ids or not np.array_equal(found.labels, first.labels):
            raise DataError(
                f"{other} was measured on {counted(len(found), 'text')}, {name} on {len(first):,}, and they are "
                "not the same, or not in the same order",
                "measure both on the same test data: tunelet train ... --test DATA",
            )


def _within(metric: str, interval: tuple[float, float]) -> tuple[float, float]:
    """No metric is below 0, and none but the log loss above 1."""
    low, high = interval
    if np.isnan(low):
        return interval
    return max(low, 0.0), high if metric == "log_loss" else min(high, 1.0)
