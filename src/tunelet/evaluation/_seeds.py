"""Several trainings that differ in their seed alone: mean, deviation, and an interval that speaks of both.

The interval is a two-level bootstrap: each draw takes texts, the same for all, and seeds, and averages over these. It
answers what another training would reach on other texts. Three seeds tell little of their own spread; the deviation is
printed beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._bootstrap import paired_metrics, percentile_intervals
from tunelet.evaluation._metrics import METRIC_NAMES, measure
from tunelet.evaluation._predictions import Predictions, positive_label


@dataclass(frozen=True)
class SeedMetrics:
    """Metrics of several seeds on the same texts; NaN where undefined.

    Attributes:
        means: by metric.
        deviations: standard deviations over seeds (n - 1); NaN of a single one.
        intervals: 95 %, over texts and seeds.
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
            flat[name] = _defined(self.means[name])
            flat[f"{name}_sd"] = _defined(self.deviations[name])
            flat[f"{name}_ci"] = None if np.isnan(low) or np.isnan(high) else [low, high]
        return flat | {"n": self.n}


def measure_seeds(seeds: Sequence[Predictions], *, resamples: int = 1000, seed: int = 0) -> SeedMetrics:
    """Measure predictions of the same texts, one for each seed.

    Args:
        seeds: at least one; equal labels.
        resamples: draws of the bootstrap, at least 1.
        seed: of the bootstrap.
    """
    recognised = positive_label(seeds[0].label_names)
    positive = recognised.value if recognised else None
    draws = paired_metrics(seeds, positive=positive, resamples=resamples, seed=seed)
    measured = [measure(found, resamples=0).values for found in seeds]
    deviations = {
        name: float(np.std([values[name] for values in measured], ddof=1)) if len(seeds) > 1 else np.nan
        for name in METRIC_NAMES
    }
    drawn = mean_of_seeds(draws, np.random.default_rng((seed, 1)))
    return SeedMetrics(mean_values(seeds), deviations, percentile_intervals(drawn), len(seeds[0]))


def mean_of_seeds(seeds: list[dict[str, NDArray[np.float64]]], random: np.random.Generator) -> dict[str, Any]:
    """Each metric of each draw [resamples]: the mean over seeds drawn with replacement, where there are several."""
    if len(seeds) == 1:
        return seeds[0]
    resamples = len(seeds[0]["accuracy"])
    chosen = random.integers(0, len(seeds), (len(seeds), resamples))
    return {
        name: np.take_along_axis(np.stack([found[name] for found in seeds]), chosen, axis=0).mean(axis=0)
        for name in seeds[0]
    }


def mean_values(seeds: Sequence[Predictions]) -> dict[str, float]:
    """Each metric, the mean over the seeds."""
    measured = [measure(found, resamples=0).values for found in seeds]
    return {name: float(np.mean([values[name] for values in measured])) for name in METRIC_NAMES}


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
