"""Two models on the same texts: is the difference more than chance?

Differences of metrics come with paired bootstrap intervals (both models are measured on each resample); accuracies of
single runs are also compared by McNemar's exact test (McNemar 1947). Holm's method (1979) corrects the p-values of
several comparisons.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.errors import DataError
from tunelet.evaluation._bootstrap import paired_metrics, percentile_intervals
from tunelet.evaluation._predictions import Predictions, positive_label
from tunelet.evaluation._seeds import mean_of_seeds, mean_values

_Z = 1.959963984540054  # of a two-sided level of 5 %
_POWER = 0.8416212335729143  # of a power of 80 %


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
        p: of McNemar's test, or of the bootstrap of the mean accuracies.
        p_adjusted: the same, corrected for as many comparisons as were made.
        agreement: share of texts that both give the same label, the mean over pairs of seeds.
        kappa: Cohen's, agreement beyond chance, likewise; NaN where both give one label only.
        detectable: the smallest difference of accuracies that a test on as many texts, with as many disagreements,
            would find in 4 of 5 cases.
    """

    first: str
    second: str
    n: int
    differences: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    mcnemar: McNemar | None
    p: float
    p_adjusted: float
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
        )

    def to_dict(self) -> dict[str, Any]:
        """Strict JSON; what is undefined is None."""
        flat = asdict(self)
        flat["differences"] = {name: _null_if_undefined(value) for name, value in self.differences.items()}
        flat["intervals"] = {
            name: None if math.isnan(low) or math.isnan(high) else [low, high]
            for name, (low, high) in self.intervals.items()
        }
        return flat | {"kappa": _null_if_undefined(self.kappa)}

    @classmethod
    def from_dict(cls, flat: Mapping[str, Any]) -> "Pair":
        """The inverse of `to_dict`."""
        undefined = (math.nan, math.nan)
        return cls(
            **{
                **flat,
                "differences": {k: math.nan if v is None else v for k, v in flat["differences"].items()},
                "intervals": {k: undefined if v is None else tuple(v) for k, v in flat["intervals"].items()},
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
    models: Mapping[str, Sequence[Predictions]], *, resamples: int = 2000, seed: int = 0, against: str | None = None
) -> list[Pair]:
    """Every pair of models, or each against one of them.

    Texts are drawn for all models alike; where a model was trained with several seeds, the seeds are drawn too, so that
    the interval speaks of another training as well as of other texts.

    Args:
        models: name -> predictions of each seed, for the same texts in the same order.
        resamples: draws of the bootstrap, at least 1.
        seed: of the bootstrap.
        against: compare the others with this one alone, which comes first.

    Raises:
        DataError: the predictions are not for the same texts.
    """
    runs = [(name, found) for name, seeds in models.items() for found in seeds]
    check_same_texts(runs)
    n, names = len(runs[0][1]), list(models)
    recognised = positive_label(runs[0][1].label_names)
    positive = recognised.value if recognised else None
    drawn = iter(paired_metrics([found for _, found in runs], positive=positive, resamples=resamples, seed=seed))
    random = np.random.default_rng((seed, 1))
    draws = {name: mean_of_seeds([next(drawn) for _ in seeds], random) for name, seeds in models.items()}
    values = {name: mean_values(seeds) for name, seeds in models.items()}
    pairs = list(itertools.combinations(names, 2))
    if against is not None:
        pairs = [(against, name) for name in names if name != against]
    found = []
    for first, second in pairs:
        differences = {name: draws[second][name] - draws[first][name] for name in draws[first]}
        test = mcnemar(models[first][0], models[second][0]) if len(models[first]) == len(models[second]) == 1 else None
        p = _bootstrap_p(differences["accuracy"]) if test is None else test.p
        agreed = [_agreement(one, other) for one in models[first] for other in models[second]]
        found.append(
            Pair(
                first=first,
                second=second,
                n=n,
                differences={name: values[second][name] - values[first][name] for name in values[first]},
                intervals=percentile_intervals(differences),
                mcnemar=test,
                p=p,
                p_adjusted=p,
                agreement=float(np.mean([share for share, _ in agreed])),
                kappa=float(np.mean([kappa for _, kappa in agreed])),
                detectable=detectable_difference(differences["accuracy"], n),
            )
        )
    adjusted = holm([pair.p for pair in found])
    return [replace(pair, p_adjusted=p) for pair, p in zip(found, adjusted, strict=True)]


def detectable_difference(drawn: NDArray[np.float64], n: int) -> float:
    """The difference of accuracies found with a power of 80 % at a level of 5 %, from its spread over resamples.

    Args:
        drawn: the difference in each resample.
        n: texts; the spread counts as that of one disagreement at least.
    """
    return (_Z + _POWER) * max(float(drawn.std()), 1 / n)


def _bootstrap_p(drawn: NDArray[np.float64]) -> float:
    """Two-sided: twice the smaller share of draws on either side of 0, none counting as one (Davison, Hinkley 1997)."""
    below, above = int((drawn <= 0).sum()), int((drawn >= 0).sum())
    return min(1.0, 2 * (min(below, above) + 1) / (len(drawn) + 1))


def _null_if_undefined(value: float) -> float | None:
    return None if math.isnan(value) else value


def check_same_texts(models: Sequence[tuple[str, Predictions]]) -> None:
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
                f"{other} was measured on {len(found):,} texts, {name} on {len(first):,}, and they are not the same",
                "measure both on the same test data: tunelet train ... --test DATA",
            )


def _agreement(first: Predictions, second: Predictions) -> tuple[float, float]:
    """The share of equal labels, and Cohen's kappa, from scikit-learn."""
    from sklearn.metrics import cohen_kappa_score

    share = float((first.predicted == second.predicted).mean())
    given = np.union1d(first.predicted, second.predicted)
    kappa = float(cohen_kappa_score(first.predicted, second.predicted)) if len(given) > 1 else math.nan
    return share, kappa
