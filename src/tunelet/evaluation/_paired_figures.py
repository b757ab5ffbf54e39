"""Two models of several labels, ratings or numbers on the same texts: is their difference more than chance?

The main figure (macro F1, mean absolute error) decides. Its test exchanges the two models' answers, text by text, at
random (approximate randomisation: Noreen 1989; Yeh 2000): if both are equally good, their real difference is like those
that arise so. The p-value counts the real one among them (Phipson and Smyth 2010). Answers that are exactly right or
not have McNemar's exact test and Tango's interval besides; the intervals of all other differences are made of the
models' own, as for classes (`_paired`). With several seeds interval and test are Student's, over texts and seeds.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Interval, Record, Value, as_bounds, as_number
from tunelet.errors import DataError
from tunelet.evaluation._bootstrap import mean_of_defined, ratio
from tunelet.evaluation._intervals import difference_interval
from tunelet.evaluation._mcnemar import McNemar, mcnemar_of
from tunelet.evaluation._metrics import LOWER_IS_BETTER
from tunelet.evaluation._paired import holm, hybrid, spread, why_none
from tunelet.evaluation._seeds import SeedDraws, draw_models, over_seeds
from tunelet.evaluation._shapes import AnyPredictions
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions
from tunelet.evaluation.regression._predictions import ValuePredictions

Floats = NDArray[np.float64]
_CHUNK_CELLS = 2**21  # exchanges times texts held at once


class FigurePair(Record):
    """Two models compared on the same texts, second minus first.

    Attributes:
        first, second: their names.
        n: texts.
        main: the figure that decides.
        differences: metric -> second's value less the first's, means over seeds; None where undefined.
        intervals: metric -> 95 % interval of the difference; None where there is none.
        no_interval: metric -> why there is none.
        seeds: how many the first has, and the second.
        test: what `p` is of: "randomisation" of single runs, or "student" over texts and seeds.
        p: of the main figure's difference; None where it is undefined.
        p_adjusted: the same, corrected for the number of comparisons.
        exact: the metric that counts exactly right answers; None: numbers have none.
        mcnemar: of these answers, where each model is one run.
        agreement: share of the texts to which both give the same answer, the mean over pairs of seeds; None of numbers.
    """

    first: str
    second: str
    n: int
    main: str
    differences: Mapping[str, Value]
    intervals: Mapping[str, Interval]
    no_interval: Mapping[str, str]
    seeds: tuple[int, int]
    test: Literal["randomisation", "student"]
    p: Value
    p_adjusted: Value
    exact: str | None
    mcnemar: McNemar | None
    agreement: Value

    def difference(self, name: str) -> float:
        """The difference of this metric, for arithmetic: NaN where undefined."""
        return as_number(self.differences[name])

    def bounds(self, name: str) -> tuple[float, float]:
        """The interval of this metric's difference, for arithmetic: (NaN, NaN) where there is none."""
        return as_bounds(self.intervals[name])

    @property
    def gain(self) -> float:
        """How much better the second is by the main figure: above 0 where it is, whichever way the figure points."""
        return -self.difference(self.main) if self.main in LOWER_IS_BETTER else self.difference(self.main)


@dataclass(frozen=True)
class _Sums:
    """How the main figure of a shape follows from sums over the texts, and what its exact answers are.

    Attributes:
        of_texts: what each text adds, [n, sums].
        figure: sums [draws, sums] and texts n to the figure, [draws].
        exact: the metric of exactly right answers.
        right: whether each answer is exactly right, bool [n].
        answers: to compare, [n, ...].
    """

    of_texts: Callable[[Any], Floats]
    figure: Callable[[Floats, int], Floats]
    exact: str | None
    right: Callable[[Any], NDArray[np.bool_]]
    answers: Callable[[Any], NDArray[np.generic]]


def _counts(predictions: MultilabelPredictions) -> Floats:
    labels, predicted = predictions.labels, predictions.predicted
    return np.concatenate([2.0 * (labels & predicted), labels.astype(np.float64) + predicted], axis=1)


def _macro_f1(sums: Floats, _: int) -> Floats:
    hits, both = np.split(sums, 2, axis=1)
    return mean_of_defined(ratio(hits, both).T)


def _mean(sums: Floats, n: int) -> Floats:
    means: Floats = sums[:, 0] / n
    return means


_SUMS: dict[type[Any], _Sums] = {
    MultilabelPredictions: _Sums(
        of_texts=_counts,
        figure=_macro_f1,
        exact="subset_accuracy",
        right=lambda these: (these.labels == these.predicted).all(axis=1),
        answers=lambda these: these.predicted,
    ),
    OrdinalPredictions: _Sums(
        of_texts=lambda these: np.abs(these.answers - these.targets)[:, None],
        figure=_mean,
        exact="accuracy",
        right=lambda these: these.predicted == these.labels,
        answers=lambda these: these.predicted,
    ),
    ValuePredictions: _Sums(
        of_texts=lambda these: np.abs(these.values - these.targets)[:, None],
        figure=_mean,
        exact=None,
        right=lambda these: np.zeros(len(these), dtype=bool),
        answers=lambda these: these.values,
    ),
}


def compare_figures(
    models: Mapping[str, Sequence[AnyPredictions]],
    *,
    resamples: int = 2000,
    seed: int = 0,
    pairs: Sequence[tuple[str, str]] | None = None,
) -> list[FigurePair]:
    """Compare models on the same texts, two by two.

    Args:
        models: name -> predictions of each seed, for the same texts in the same order: several labels, ratings or
            numbers. (One class a text: `compare_predictions`.)
        resamples: draws of the bootstrap, and exchanges of the test, at least 1.
        seed: of both.
        pairs: the pairs to compare, for whose number p-values are corrected; None: every two models.

    Raises:
        DataError: the predictions are not for the same texts, or of one class a text.
    """
    drawn = draw_models(models, resamples=resamples, seed=seed)
    return compare_figure_draws(models, drawn, pairs, resamples=resamples, seed=seed)


def compare_figure_draws(
    models: Mapping[str, Sequence[AnyPredictions]],
    drawn: Mapping[str, SeedDraws],
    pairs: Sequence[tuple[str, str]] | None = None,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> list[FigurePair]:
    """`compare_figures`, from existing draws."""
    kind = type(next(iter(models.values()))[0])
    if kind not in _SUMS:
        raise DataError("one class a text is compared otherwise", "call compare_predictions")
    pairs = list(itertools.combinations(models, 2)) if pairs is None else pairs
    compared = [
        _pair(first, second, drawn[first], drawn[second], _SUMS[kind], resamples, seed) for first, second in pairs
    ]
    corrected = holm([as_number(pair.p) for pair in compared])
    return [pair.changed(p_adjusted=p) for pair, p in zip(compared, corrected, strict=True)]


def _pair(
    first: str, second: str, one: SeedDraws, other: SeedDraws, sums: _Sums, resamples: int, seed: int
) -> FigurePair:
    """One pair of models, its p-value not yet corrected."""
    n, main, names = len(one.predictions[0]), one.shape.record.main, one.names
    single = one.seeds == other.seeds == 1
    differences = {name: other.mean(name) - one.mean(name) for name in names}
    draws = {name: other.draws[name] - one.draws[name] for name in names}
    reasons = {name: why for name in names if (why := why_none(differences[name], draws[name]))}
    if single:  # where one of the two has no interval, their difference has none
        reasons = {**one.measured[0].no_interval, **other.measured[0].no_interval, **reasons}
    left, right = (sums.right(model.predictions[0]) for model in (one, other))
    test = mcnemar_of(left, right) if single and sums.exact else None
    if sums.exact and single:
        reasons.pop(sums.exact, None)
    reached = [name for name in names if name not in reasons]
    if single:
        intervals = {name: hybrid(one, other, name, n) for name in reached}
        if test is not None and sums.exact:
            intervals[sums.exact] = difference_interval(test.only_first, test.only_second, n)
        p = randomisation_p(one.predictions[0], other.predictions[0], exchanges=resamples, seed=seed)
    else:
        tested = {name: over_seeds(differences[name], spread(draws[name], n), (one, other), name) for name in reached}
        intervals = {name: bounds for name, (bounds, _) in tested.items()}
        p = tested[main][1] if main in tested else math.nan
    none = (math.nan, math.nan)
    agreed = [
        float((sums.answers(these) == sums.answers(those)).reshape(n, -1).all(axis=1).mean())
        for these in one.predictions
        for those in other.predictions
    ]
    return FigurePair(
        first=first,
        second=second,
        n=n,
        main=main,
        differences=differences,
        intervals={name: intervals.get(name, none) for name in names},
        no_interval=reasons,
        seeds=(one.seeds, other.seeds),
        test="randomisation" if single else "student",
        p=p,
        p_adjusted=p,
        exact=sums.exact,
        mcnemar=test,
        agreement=float(np.mean(agreed)) if sums.exact else None,
    )


def randomisation_p(first: AnyPredictions, second: AnyPredictions, *, exchanges: int, seed: int) -> float:
    """The two-sided p of the difference of the main figure, by exchanging the models' answers; NaN where undefined.

    Args:
        first, second: predictions of two models for the same texts.
        exchanges: how many; the least p is one over one more.
        seed: of them.
    """
    sums = _SUMS[type(first)]
    left, right = sums.of_texts(first), sums.of_texts(second)
    n, apart = len(left), right - left
    totals = left.sum(axis=0), right.sum(axis=0)

    def difference(moved: Floats) -> Floats:
        """Of the figures where so much moved from the second's sums to the first's, [draws, sums]."""
        return np.abs(sums.figure(totals[1] - moved, n) - sums.figure(totals[0] + moved, n))

    real = float(difference(np.zeros((1, len(totals[0]))))[0])
    if math.isnan(real):
        return math.nan
    rng = np.random.default_rng(seed)
    step, as_large = max(1, _CHUNK_CELLS // n), 0
    for begin in range(0, exchanges, step):
        exchanged = rng.integers(0, 2, size=(min(step, exchanges - begin), n)).astype(np.float64)
        found = difference(exchanged @ apart)
        as_large += int((np.isnan(found) | (found >= real - 1e-12 * (1 + real))).sum())
    return (as_large + 1) / (exchanges + 1)
