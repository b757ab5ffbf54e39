"""Two models on the same texts: is the difference more than chance?

Accuracies of single runs are compared by the texts that only one of them gets right: the interval of the difference is
Tango's (1998), the test McNemar's exact one (1947). The interval of another metric's difference is computed from the
two models' own intervals (MOVER: Zou and Donner 2008); their correlation comes from resamples on which both are
measured. With several seeds interval and test are Student's, over texts and seeds. Holm's method (1979) corrects the
p-values of several comparisons.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Interval, Record, Value, as_bounds, as_number
from tunelet.evaluation._calibration import calibration_noise
from tunelet.evaluation._intervals import CONFIDENCE, Z, difference_interval
from tunelet.evaluation._mcnemar import McNemar, mcnemar
from tunelet.evaluation._metrics import METRIC_NAMES
from tunelet.evaluation._power import detectable_accuracy, detectable_mean
from tunelet.evaluation._predictions import Predictions
from tunelet.evaluation._seeds import SeedDraws, draw_models, over_seeds
from tunelet.evaluation._uncertainty import UNDEFINED

_CONSTANT = "every resample of the texts gives the same difference"


class Pair(Record):
    """Two models compared on the same texts, second minus first.

    Attributes:
        first, second: their names.
        n: texts.
        differences: metric -> second's value less the first's, means over seeds; None where undefined.
        intervals: metric -> 95 % interval of the difference; None where there is none.
        no_interval: metric -> why there is none.
        mcnemar: of their accuracies, where each is one run; None: several seeds.
        seeds: how many the first has, and the second.
        p: of McNemar's test, or of Student's for mean accuracies over seeds.
        p_adjusted: the same, corrected for the number of comparisons.
        p_log_loss, p_roc_auc: of Student's test for the log loss and for the ROC AUC, corrected likewise; None where
            it is undefined.
        log_losses: of the first, of the second, and of a constant prediction: each label's share of these texts.
        calibration_noise: the mean calibration error that resamples would show if a model with these confidences were
            calibrated perfectly, the larger of the two models'; a difference below it means nothing.
        agreement: share of texts to which both give the same label, the mean over pairs of seeds.
        kappa: Cohen's, agreement beyond chance, likewise; None where both give one label only.
        detectable: the smallest difference of accuracies that would be shown in 4 of 5 cases with these numbers of
            texts, disagreements and comparisons; never less than the test can show at all.
    """

    main: ClassVar[str] = "accuracy"  # the figure that decides

    first: str
    second: str
    n: int
    differences: Mapping[str, Value]
    intervals: Mapping[str, Interval]
    no_interval: Mapping[str, str]
    mcnemar: McNemar | None
    seeds: tuple[int, int]
    p: float
    p_adjusted: float
    p_log_loss: float
    p_roc_auc: Value
    log_losses: tuple[float, float, float]
    calibration_noise: float
    agreement: float
    kappa: Value
    detectable: float

    def reversed(self) -> "Pair":
        """The same comparison with first and second exchanged."""
        test = self.mcnemar
        return self.changed(
            first=self.second,
            second=self.first,
            differences={name: -self.difference(name) for name in self.differences},
            intervals={name: (-high, -low) for name in self.intervals for low, high in [self.bounds(name)]},
            mcnemar=test and McNemar(only_first=test.only_second, only_second=test.only_first, p=test.p),
            seeds=(self.seeds[1], self.seeds[0]),
            log_losses=(self.log_losses[1], self.log_losses[0], self.log_losses[2]),
        )

    def difference(self, name: str) -> float:
        """The difference of this metric, for arithmetic: NaN where undefined."""
        return as_number(self.differences[name])

    def bounds(self, name: str) -> tuple[float, float]:
        """The interval of this metric's difference, for arithmetic: (NaN, NaN) where there is none."""
        return as_bounds(self.intervals[name])


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: the chance of any false alarm among them stays below the level. NaN stays NaN."""
    order = [int(index) for index in np.argsort(p_values, kind="stable") if not math.isnan(p_values[index])]
    adjusted = list(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def compare_predictions(
    models: Mapping[str, Sequence[Predictions]],
    *,
    positive: str | None = None,
    resamples: int = 2000,
    seed: int = 0,
    pairs: Sequence[tuple[str, str]] | None = None,
) -> list[Pair]:
    """Compare models on the same texts, two by two.

    Args:
        models: name -> predictions of each seed, for the same texts in the same order.
        positive: the label that precision, recall, F1 and the areas speak of; None: as `measure` has it.
        resamples: draws of the bootstrap, at least 1.
        seed: of the bootstrap.
        pairs: the pairs to compare, for whose number p-values are corrected; None: every two models.

    Raises:
        DataError: the predictions are not for the same texts.
    """
    drawn = draw_models(models, positive=positive, resamples=resamples, seed=seed)
    return compare_draws(models, drawn, pairs)


def compare_draws(
    models: Mapping[str, Sequence[Predictions]],
    drawn: Mapping[str, SeedDraws],
    pairs: Sequence[tuple[str, str]] | None = None,
) -> list[Pair]:
    """`compare_predictions`, from existing draws."""
    pairs = list(itertools.combinations(models, 2)) if pairs is None else pairs
    compared = [_pair(first, second, models, drawn, len(pairs)) for first, second in pairs]
    tests = ("p", "p_log_loss", "p_roc_auc")
    corrected = {name: holm([as_number(getattr(pair, name)) for pair in compared]) for name in tests}
    return [
        pair.changed(p_adjusted=p, p_log_loss=loss, p_roc_auc=area)
        for pair, p, loss, area in zip(compared, *corrected.values(), strict=True)
    ]


def _pair(
    first: str,
    second: str,
    models: Mapping[str, Sequence[Predictions]],
    drawn: Mapping[str, SeedDraws],
    comparisons: int,
) -> Pair:
    """One pair of models, its p-values not yet corrected."""
    one, other = drawn[first], drawn[second]
    n, single = len(models[first][0]), one.seeds == other.seeds == 1
    differences = {name: other.mean(name) - one.mean(name) for name in METRIC_NAMES}
    draws = {name: other.draws[name] - one.draws[name] for name in METRIC_NAMES}
    reasons = {name: why for name in METRIC_NAMES if (why := why_none(differences[name], draws[name]))}
    if single:  # where one of the two has no interval, their difference has none
        reasons = {**one.measured[0].no_interval, **other.measured[0].no_interval, **reasons}
    reasons.pop("accuracy", None)
    tests = [mcnemar(left, right) for left in models[first] for right in models[second]]
    reach = {name: spread(draws[name], n) for name in METRIC_NAMES if name not in reasons}
    reach["accuracy"] = _accuracy_reach(tests, draws["accuracy"], n)
    tested = {name: over_seeds(differences[name], reach[name], (one, other), name) for name in reach}
    if single:
        intervals = {name: hybrid(one, other, name, n) for name in reach}
        intervals["accuracy"] = difference_interval(tests[0].only_first, tests[0].only_second, n)
        detectable = detectable_accuracy(tests[0].only_first + tests[0].only_second, n, comparisons)
    else:
        intervals = {name: bounds for name, (bounds, _) in tested.items()}
        low, high = intervals["accuracy"]
        detectable = detectable_mean(max(differences["accuracy"] - low, high - differences["accuracy"]), comparisons)
    p = tests[0].p if single else tested["accuracy"][1]
    agreed = [_agreement(left, right) for left in models[first] for right in models[second]]
    undefined = ((math.nan, math.nan), math.nan)
    return Pair(
        first=first,
        second=second,
        n=n,
        differences=differences,
        intervals={name: intervals.get(name, undefined[0]) for name in METRIC_NAMES},
        no_interval=reasons,
        mcnemar=tests[0] if single else None,
        seeds=(one.seeds, other.seeds),
        p=p,
        p_adjusted=p,
        p_log_loss=tested["log_loss"][1] if "log_loss" in tested else 1.0,
        p_roc_auc=tested.get("roc_auc", undefined)[1],
        log_losses=(one.mean("log_loss"), other.mean("log_loss"), _chance(models[first][0])),
        calibration_noise=max(
            calibration_noise(predictions) for name in (first, second) for predictions in models[name]
        ),
        agreement=float(np.mean([share for share, _ in agreed])),
        kappa=float(np.mean([kappa for _, kappa in agreed])),
        detectable=detectable,
    )


def why_none(difference: float, draws: NDArray[np.float64]) -> str:
    """Why a difference has no interval; empty where it has one."""
    if math.isnan(difference) or np.isnan(draws).all():
        return UNDEFINED
    return _CONSTANT if np.nanmax(draws) - np.nanmin(draws) < 1e-12 else ""


def _accuracy_reach(tests: Sequence[McNemar], draws: NDArray[np.float64], n: int) -> tuple[float, float]:
    """How far other texts could take a difference of mean accuracies, below and above.

    As far as for one pair of runs with the mean counts, times the share of the deviation that is left on the resamples
    when seeds are averaged.
    """
    only_first = float(np.mean([test.only_first for test in tests]))
    only_second = float(np.mean([test.only_second for test in tests]))
    difference = (only_second - only_first) / n
    low, high = difference_interval(only_first, only_second, n)
    single = ((only_first + only_second) / n - difference**2) / n
    shared = min(1.0, float(draws.var()) / single) ** 0.5 if single > 0 else 1.0
    return (difference - low) * shared, (high - difference) * shared


def _tail(n: int) -> float:
    """The share of draws to cut at each end: smaller for few texts, so that the interval is as wide as Student's."""
    from scipy.stats import norm
    from scipy.stats import t as student_t

    few = max(n, 3)
    return float(norm.cdf(-float(student_t.ppf((1 + CONFIDENCE) / 2, few - 1)) * (few / (few - 1)) ** 0.5))


def _percentiles(draws: NDArray[np.float64], n: int) -> tuple[float, float]:
    tail = _tail(n)
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def hybrid(one: SeedDraws, other: SeedDraws, metric: str, n: int) -> tuple[float, float]:
    """A difference's interval from each model's own, as Newcombe's hybrid is made (Zou and Donner 2008, correlated).

    Args:
        one, other: the two models, with a single seed each.
        metric: whose difference it is.
        n: texts. Of a calibration error the result holds the bootstrap's percentiles, too.
    """
    first, second = one.mean(metric), other.mean(metric)
    (low, high), (least, most) = (as_bounds(model.measured[0].interval(metric)) for model in (one, other))
    apart = [model.draws[metric] - np.nanmean(model.draws[metric]) for model in (one, other)]
    scale = float(np.sqrt(np.nanmean(apart[0] ** 2) * np.nanmean(apart[1] ** 2)))
    together = float(np.clip(np.nanmean(apart[0] * apart[1]) / scale, -1, 1)) if scale > 0 else 0.0
    sides = [
        max(0.0, gain) ** 2 + max(0.0, loss) ** 2 - 2 * together * max(0.0, gain) * max(0.0, loss)
        for gain, loss in ((second - least, high - first), (most - second, first - low))
    ]
    lower, upper = second - first - max(0.0, sides[0]) ** 0.5, second - first + max(0.0, sides[1]) ** 0.5
    if metric != "ece":
        return lower, upper
    least, most = _percentiles(other.draws[metric] - one.draws[metric], n)
    return min(lower, least), max(upper, most)


def spread(draws: NDArray[np.float64], n: int) -> tuple[float, float]:
    """Half the width of a 95 % interval with the draws' deviation, below and above."""
    half = Z * float(np.nanstd(draws)) * (n / max(n - 1, 1)) ** 0.5
    return half, half


def _chance(predictions: Predictions) -> float:
    """The log loss of giving each label its share of these texts, whatever the text."""
    shares = np.bincount(predictions.labels) / len(predictions)
    return float(-np.sum(shares * np.log(np.where(shares > 0, shares, 1.0))))


def _agreement(first: Predictions, second: Predictions) -> tuple[float, float]:
    """The share of equal labels, and Cohen's kappa, from scikit-learn."""
    from sklearn.metrics import cohen_kappa_score

    share = float((first.predicted == second.predicted).mean())
    predicted = np.union1d(first.predicted, second.predicted)
    kappa = float(cohen_kappa_score(first.predicted, second.predicted)) if len(predicted) > 1 else math.nan
    return share, kappa
