"""The 95 % interval of every figure of one model, or in words why it has none.

| figure | interval |
| --- | --- |
| accuracy, recall and precision of a class | Wilson's (1927) |
| F1 of a class | Wilson's of hits among hits, misses and false alarms, of which F1 is a function (Lam et al. 2023) |
| means over classes | of the classes' own intervals, see `average_interval` |
| weighted F1 | Wilson's for as many texts as the delta method's variance is worth (Takahashi et al. 2022) |
| ROC AUC | Newcombe's method 5 (2006), scaled to the bootstrap's variance |
| average precision | Wilson's for positive texts (Boyd, Eng and Page 2013), sharpened by the bootstrap's variance |
| log loss | Student's of its logarithm, with as many degrees of freedom as wrong texts allow |
| calibration error | see `calibration_interval` |

The bootstrap alone covers too little (`_bootstrap`), so it gives no limit here: only variances and correlations.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._bootstrap import Draws, text_losses
from tunelet.evaluation._calibration_interval import calibration_interval
from tunelet.evaluation._intervals import (
    CONFIDENCE,
    area_limits,
    average_interval,
    share_interval,
    share_limits,
    share_variance,
)
from tunelet.evaluation._predictions import Predictions

Floats = NDArray[np.float64]
Bounds = tuple[float, float] | str  # low and high, or why there is no interval

UNDEFINED = "the value is undefined for these texts"
FEWEST = 3  # texts of a class, for its area and for means over classes
WRONG = 5  # texts classified wrongly, for the log loss


def all_bounds(
    predictions: Predictions,
    confusion: NDArray[np.int64],
    areas: Mapping[str, Floats],
    draws: Draws,
    positive: int | None,
) -> tuple[dict[str, Bounds], list[dict[str, Bounds]]]:
    """The interval of every metric, and of every class's precision, recall, F1 and areas.

    Args:
        predictions: at least one.
        confusion: texts by class, int64 [true, predicted].
        areas: "roc_auc" and "average_precision" of each class against the rest, [classes].
        draws: of their metrics.
        positive: the class that precision, recall, F1 and the areas speak of; None: means over the classes.
    """
    shares, names = Shares(confusion, predictions.label_names), predictions.label_names
    ranked = Areas(shares.support, len(predictions), names, areas, draws)
    rows = [shares.of_class(label) | ranked.of_class(label) for label in range(len(confusion))]
    bounds = shares.whole() | {"log_loss": _log_loss(predictions), "ece": calibration_interval(predictions)}
    if positive is None:
        return bounds | shares.means() | ranked.means(), rows
    return bounds | {"f1_macro": shares.means()["f1_macro"]} | rows[positive], rows


class Shares:
    """Intervals of the metrics that follow from the confusion matrix alone."""

    def __init__(self, confusion: NDArray[np.int64], names: Sequence[str]) -> None:
        self.confusion, self.names = confusion, names
        self.hits = np.diagonal(confusion)
        self.support, self.predicted = confusion.sum(axis=1), confusion.sum(axis=0)
        self.union = self.support + self.predicted - self.hits  # hits, misses and false alarms

    def of_class(self, label: int) -> dict[str, Bounds]:
        """Intervals of a class's precision, recall and F1."""
        return rate_bounds(int(self.hits[label]), int(self.support[label]), int(self.predicted[label]))

    def whole(self) -> dict[str, Bounds]:
        """Intervals of accuracy and weighted F1, over all classes together."""
        n = int(self.support.sum())
        return {"accuracy": share_interval(int(self.hits.sum()), n), "f1_weighted": self._weighted_f1(n)}

    def means(self) -> dict[str, Bounds]:
        """Intervals of the means over the classes of precision, recall and F1; "f1" and "f1_macro" are the same."""
        if why := too_few(self.support, self.names):
            return dict.fromkeys(("precision", "recall", "f1", "f1_macro"), why)
        never = np.flatnonzero(self.predicted == 0)
        f1 = self._macro_f1()
        return {
            "precision": f"no text was called {self.names[never[0]]!r}"
            if len(never)
            else self._mean_share(self.predicted),
            "recall": self._mean_share(self.support),
            "f1": f1,
            "f1_macro": f1,
        }

    def _mean_share(self, n: NDArray[np.int64]) -> tuple[float, float]:
        return average_interval(self.hits / n, *share_limits(self.hits, n), share_variance(self.hits, n))

    def _macro_f1(self) -> tuple[float, float]:
        return mean_f1_interval(self.hits, self.union, self._f1_correlation())

    def _f1_correlation(self) -> Floats:
        """Correlation of the classes' F1, [classes, classes]: a text of one class that is called another lowers both.

        It follows by the delta method from the confusion matrix, with half a text more in each row, spread evenly.
        """
        cells = self.confusion + 0.5 / len(self.confusion)
        cells = cells / cells.sum()
        hits, both = np.diagonal(cells), cells.sum(axis=0) + cells.sum(axis=1)
        f1 = 2 * hits / both
        shared = np.outer(f1, f1) * (cells + cells.T + np.diag(both)) + np.diag(4 * hits - 8 * hits * f1)
        shared = shared / np.outer(both, both)
        deviation = np.sqrt(np.diagonal(shared))
        correlation: Floats = shared / np.outer(deviation, deviation)
        return correlation

    def _weighted_f1(self, n: int) -> tuple[float, float]:
        """Interval by the delta method, with one more text that is spread over the cells by the classes' shares."""
        classes = len(self.confusion)
        prior = (self.support + 1 / classes) / (n + 1)
        cells = self.confusion + np.outer(prior, prior)
        cells = cells / cells.sum()
        hits, support, predicted = np.diagonal(cells), cells.sum(axis=1), cells.sum(axis=0)
        f1, own = 2 * hits / (support + predicted), support / (support + predicted)
        mean = float((support * f1).sum())
        influence = (f1 - own * f1)[:, None] - (own * f1)[None, :] + np.diag(2 * own) - mean
        variance = float((cells * influence**2).sum() - (cells * influence).sum() ** 2)
        worth = n * mean * (1 - mean) / variance
        both = self.support + self.predicted
        value = float((self.support * 2 * self.hits / np.maximum(both, 1)).sum()) / n
        return share_interval(value * worth, worth)


def rate_bounds(hits: int, support: int, predicted: int) -> dict[str, Bounds]:
    """Intervals of precision, recall and F1 from the texts rightly called, those that are it, and those called it."""
    union = support + predicted - hits
    bounds: dict[str, Bounds] = {}
    for name, n in (("precision", predicted), ("recall", support)):
        bounds[name] = share_interval(hits, n) if n else UNDEFINED
    low, high = share_interval(hits, union) if union else (0.0, 0.0)
    return bounds | {"f1": (2 * low / (1 + low), 2 * high / (1 + high)) if union else UNDEFINED}


def mean_f1_interval(hits: NDArray[np.int64], union: NDArray[np.int64], correlation: Floats) -> tuple[float, float]:
    """Interval of the mean F1 of several classes.

    F1 is a concave function of an unbiased share, so it is too low for small classes; the bias is added back.

    Args:
        hits: texts rightly called of each, [classes].
        union: texts that are of it, called it or both, each at least 1, [classes].
        correlation: of the values, [classes, classes].
    """
    share = hits / union
    lows, highs = (2 * limit / (1 + limit) for limit in share_limits(hits, union))
    smooth = (hits + 0.5) / (union + 1)
    variances = share_variance(hits, union) * (2 / (1 + smooth) ** 2) ** 2
    values = 2 * share / (1 + share)
    low, high = average_interval(values, lows, highs, variances, correlation)
    bias = float((2 * share * (1 - share) / ((1 + share) ** 3 * union)).mean())
    return low + bias, min(1.0, high + bias)


class Areas:
    """ROC AUC and average precision of classes or labels, with variances and correlations from the draws."""

    def __init__(
        self, support: NDArray[np.int64], n: int, names: Sequence[str], values: Mapping[str, Floats], draws: Draws
    ) -> None:
        """Take what is known of the classes.

        Args:
            support: texts of each, [classes].
            n: texts.
            names: of the classes.
            values: "roc_auc" and "average_precision" of each, [classes].
            draws: of these values.
        """
        self.support, self.n, self.names = support, n, names
        self.values, self.draws = values, draws

    def of_class(self, label: int) -> dict[str, Bounds]:
        """Intervals of both areas of a class against the rest."""
        return {name: self._of_class(name, label)[0] for name in self.values}

    def means(self) -> dict[str, Bounds]:
        """Intervals of both areas' means over the classes."""
        if why := too_few(self.support, self.names):
            return dict.fromkeys(self.values, why)
        return {name: self._mean(name) for name in self.values}

    def _mean(self, name: str) -> Bounds:
        of_classes = [self._of_class(name, label) for label in range(len(self.support))]
        limits = [bounds for bounds, _ in of_classes if not isinstance(bounds, str)]
        if len(limits) < len(of_classes):
            return next(bounds for bounds, _ in of_classes if isinstance(bounds, str))
        lows, highs = np.array(limits).T
        variances = np.array([variance for _, variance in of_classes])
        return average_interval(self.values[name], lows, highs, variances, correlation_of(getattr(self.draws, name)))

    def _of_class(self, name: str, label: int) -> tuple[Bounds, float]:
        """The interval of one area of a class, and a variance above 0."""
        value, positives = float(self.values[name][label]), int(self.support[label])
        negatives = self.n - positives
        if np.isnan(value):
            return UNDEFINED, np.nan
        if min(positives, negatives) < FEWEST:
            which = "of it" if positives < FEWEST else "of other classes"
            return f"fewer than {FEWEST} texts {which}", np.nan
        drawn = getattr(self.draws, name)[label]
        variance = float(np.nanvar(drawn))
        smooth = (value * positives + 0.5) / (positives + 1)
        if name == "roc_auc":
            low, high = area_limits(value, positives, negatives, variance)
            return (low, high), max(variance, smooth * (1 - smooth) / self.n)
        # The number of positive texts alone makes the interval too wide, the variance's number too narrow: mix both.
        worth = value * (1 - value) / variance if variance > 0 else 0.0
        worth = max(worth, positives) ** 0.65 * positives**0.35
        return share_interval(value * worth, worth), smooth * (1 - smooth) / worth


def too_few(support: NDArray[np.int64], names: Sequence[str]) -> str:
    """Why a mean over classes has no interval: a class has too few texts; empty where it has one."""
    least = int(np.argmin(support))
    return f"fewer than {FEWEST} texts of {names[least]!r}" if support[least] < FEWEST else ""


def correlation_of(drawn: Floats) -> Floats:
    """Correlation of figures over draws or texts, [figures, draws] to [figures, figures]; 0 of one that is constant."""
    defined = ~np.isnan(drawn)
    apart = np.where(defined, drawn - np.nanmean(drawn, axis=1, keepdims=True), 0.0)
    deviation = np.sqrt((apart**2).sum(axis=1))
    product = apart @ apart.T
    scale = np.outer(deviation, deviation)
    correlation: Floats = np.divide(product, scale, out=np.zeros_like(product), where=scale > 0)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def _log_loss(predictions: Predictions) -> Bounds:
    wrong = int((predictions.predicted != predictions.labels).sum())
    return loss_bounds(text_losses(predictions.probabilities, predictions.labels), wrong)


def loss_bounds(losses: Floats, wrong: int) -> Bounds:
    """Student's interval on the scale of logarithms: losses are skewed, and a few wrong texts make most of them.

    Args:
        losses: of each text, [n].
        wrong: texts with something wrong.
    """
    from scipy.stats import t as student_t

    if wrong < WRONG:
        return f"fewer than {WRONG} texts were classified wrongly: what one costs is hardly known"
    mean, spread, n = float(losses.mean()), float(losses.std(ddof=1)), len(losses)
    if spread <= 1e-12 * mean:
        return "every text costs the same: what others cost is hardly known"
    freedom = min(n - 1, wrong + 3)
    reach = float(student_t.ppf((1 + CONFIDENCE) / 2, freedom)) * spread / n**0.5 / mean
    return mean * float(np.exp(-reach)), mean * float(np.exp(reach))


def split_bounds(bounds: Mapping[str, Bounds]) -> tuple[dict[str, tuple[float, float]], dict[str, str]]:
    """Intervals by name, (NaN, NaN) where there is none, and by name the reasons for these."""
    none = {name: bound for name, bound in bounds.items() if isinstance(bound, str)}
    return {name: (np.nan, np.nan) if isinstance(bound, str) else bound for name, bound in bounds.items()}, none
