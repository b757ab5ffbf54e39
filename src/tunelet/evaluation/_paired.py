"""Two models on the same texts: is the difference more than chance?

Differences of metrics come with paired bootstrap intervals (both models are measured on each resample); accuracies of
single runs are also compared by McNemar's exact test (McNemar 1947). With several seeds the interval and the test are
Student's, over texts and seeds. Holm's method (1979) corrects the p-values of several comparisons.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from tunelet.evaluation._bootstrap import percentile_intervals
from tunelet.evaluation._calibration import calibration_noise
from tunelet.evaluation._metrics import METRIC_NAMES, null_if_undefined
from tunelet.evaluation._predictions import Predictions
from tunelet.evaluation._seeds import SeedDraws, draw_models, student
from tunelet.evaluation._verdict import LEVEL

_POWER = 0.8


@dataclass(frozen=True)
class McNemar:
    """The texts on which two models disagree about what is right.

    Attributes:
        only_first, only_second: texts that only one of them got right.
        p: of the exact two-sided binomial test that both are as often the one; 1 where they never disagree.
    """

    only_first: int
    only_second: int
    p: float


@dataclass(frozen=True)
class Pair:
    """What two models come to, second minus first.

    Attributes:
        first, second: their names.
        n: texts.
        differences: metric -> second's value less the first's, means over seeds; NaN where undefined.
        intervals: metric -> 95 % interval of that.
        mcnemar: of their accuracies, where each is one run; None: several seeds.
        seeds: of the first and of the second.
        p: of McNemar's test, or of Student's for mean accuracies over seeds.
        p_adjusted: the same, corrected for as many comparisons as were made.
        p_log_loss: of Student's test for the log loss, corrected likewise.
        calibration_noise: the larger mean calibration error that resamples of models with these confidences would show
            were they calibrated perfectly; a difference below it means nothing.
        agreement: share of texts that both give the same label, the mean over pairs of seeds.
        kappa: Cohen's, agreement beyond chance, likewise; NaN where both give one label only.
        detectable: the smallest difference of accuracies that as many texts, with as many disagreements, would show in
            4 of 5 cases, for as many comparisons.
    """

    first: str
    second: str
    n: int
    differences: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    mcnemar: McNemar | None
    seeds: tuple[int, int]
    p: float
    p_adjusted: float
    p_log_loss: float
    calibration_noise: float
    agreement: float
    kappa: float
    detectable: float

    def reversed(self) -> "Pair":
        """The same, the first less the second."""
        test = self.mcnemar
        return replace(
            self,
            first=self.second,
            second=self.first,
            differences={name: -value for name, value in self.differences.items()},
            intervals={name: (-high, -low) for name, (low, high) in self.intervals.items()},
            mcnemar=None if test is None else McNemar(test.only_second, test.only_first, test.p),
            seeds=(self.seeds[1], self.seeds[0]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Strict JSON; what is undefined is None."""
        flat = asdict(self)
        flat["differences"] = {name: null_if_undefined(value) for name, value in self.differences.items()}
        flat["intervals"] = {
            name: None if math.isnan(low) or math.isnan(high) else [low, high]
            for name, (low, high) in self.intervals.items()
        }
        return flat | {"kappa": null_if_undefined(self.kappa)}

    @classmethod
    def from_dict(cls, flat: Mapping[str, Any]) -> "Pair":
        """The inverse of `to_dict`."""
        undefined = (math.nan, math.nan)
        return cls(
            **{
                **flat,
                "differences": {k: math.nan if v is None else v for k, v in flat["differences"].items()},
                "intervals": {k: undefined if v is None else tuple(v) for k, v in flat["intervals"].items()},
                "seeds": tuple(flat["seeds"]),
                "mcnemar": None if flat["mcnemar"] is None else McNemar(**flat["mcnemar"]),
                "kappa": math.nan if flat["kappa"] is None else flat["kappa"],
            }
        )


def mcnemar(first: Predictions, second: Predictions) -> McNemar:
    """McNemar's exact test of two models' accuracies."""
    from scipy.stats import binomtest

    right, other = first.predicted == first.labels, second.predicted == second.labels
    only_first, only_second = int((right & ~other).sum()), int((other & ~right).sum())
    disagreed = only_first + only_second
    p = float(binomtest(only_first, disagreed, 0.5).pvalue) if disagreed else 1.0
    return McNemar(only_first, only_second, p)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: the chance of any false alarm among them stays below the level."""
    order = np.argsort(p_values, kind="stable")
    adjusted = [0.0] * len(order)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[index]))
        adjusted[int(index)] = largest
    return adjusted


def compare_predictions(
    models: Mapping[str, Sequence[Predictions]],
    *,
    resamples: int = 2000,
    seed: int = 0,
    pairs: Sequence[tuple[str, str]] | None = None,
) -> list[Pair]:
    """Compare models on the same texts, two by two.

    Args:
        models: name -> predictions of each seed, for the same texts in the same order.
        resamples: draws of the bootstrap, at least 1.
        seed: of the bootstrap.
        pairs: which to compare; None: every two. p-values are corrected for so many.

    Raises:
        DataError: the predictions are not for the same texts.
    """
    drawn = draw_models(models, resamples=resamples, seed=seed)
    return compare_draws(models, drawn, pairs)


def compare_draws(
    models: Mapping[str, Sequence[Predictions]],
    drawn: Mapping[str, SeedDraws],
    pairs: Sequence[tuple[str, str]] | None = None,
) -> list[Pair]:
    """`compare_predictions` from draws that are at hand."""
    pairs = list(itertools.combinations(models, 2)) if pairs is None else pairs
    found = [_pair(first, second, models, drawn, len(pairs)) for first, second in pairs]
    accuracy, log_loss = holm([pair.p for pair in found]), holm([pair.p_log_loss for pair in found])
    return [
        replace(pair, p_adjusted=p, p_log_loss=loss) for pair, p, loss in zip(found, accuracy, log_loss, strict=True)
    ]


def _pair(
    first: str,
    second: str,
    models: Mapping[str, Sequence[Predictions]],
    drawn: Mapping[str, SeedDraws],
    comparisons: int,
) -> Pair:
    """Two models; p-values as yet uncorrected."""
    one, other = drawn[first], drawn[second]
    n, single = len(models[first][0]), one.seeds == other.seeds == 1
    differences = {name: other.mean(name) - one.mean(name) for name in METRIC_NAMES}
    tested = {name: student(difference, other, one, name) for name, difference in differences.items()}
    draws = {name: other.draws[name] - one.draws[name] for name in METRIC_NAMES}
    test = mcnemar(models[first][0], models[second][0]) if single else None
    p = tested["accuracy"][1] if test is None else test.p
    agreed = [_agreement(left, right) for left in models[first] for right in models[second]]
    low, high = tested["accuracy"][0]
    return Pair(
        first=first,
        second=second,
        n=n,
        differences=differences,
        intervals=percentile_intervals(draws) if single else {name: bounds for name, (bounds, _) in tested.items()},
        mcnemar=test,
        seeds=(one.seeds, other.seeds),
        p=p,
        p_adjusted=p,
        p_log_loss=tested["log_loss"][1],
        calibration_noise=max(calibration_noise(found) for name in (first, second) for found in models[name]),
        agreement=float(np.mean([share for share, _ in agreed])),
        kappa=float(np.mean([kappa for _, kappa in agreed])),
        detectable=detectable_difference((high - low) / 2, n, comparisons),
    )


def detectable_difference(reach: float, n: int, comparisons: int = 1) -> float:
    """The difference of accuracies found with a power of 80 % at a level of 5 %, corrected for several comparisons.

    Args:
        reach: half of the 95 % interval of the difference.
        n: texts; the standard error counts as that of one disagreement at least.
        comparisons: how many are made.
    """
    normal = NormalDist()
    error = max(reach / normal.inv_cdf(1 - LEVEL / 2), 1 / n)
    return (normal.inv_cdf(1 - LEVEL / 2 / comparisons) + normal.inv_cdf(_POWER)) * error


def _agreement(first: Predictions, second: Predictions) -> tuple[float, float]:
    """The share of equal labels, and Cohen's kappa, from scikit-learn."""
    from sklearn.metrics import cohen_kappa_score

    share = float((first.predicted == second.predicted).mean())
    given = np.union1d(first.predicted, second.predicted)
    kappa = float(cohen_kappa_score(first.predicted, second.predicted)) if len(given) > 1 else math.nan
    return share, kappa
