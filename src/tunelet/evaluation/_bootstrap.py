"""95 % percentile intervals of every metric from one stratified bootstrap (Efron and Tibshirani 1993, chapter 13).

Notable: a resample is never written out. It is a row of weights, how often each text was drawn, and every metric
follows from the same row: counts per (true, predicted) cell by summing neighbours, log loss and calibration as
weighted sums, ROC AUC and average precision from cumulative weights over scores that are sorted once, equal scores
taken together as scikit-learn does. Tests hold each metric of a row against scikit-learn on the resample written out.

Texts are drawn within each true class, so class sizes are those of the data, and what is defined for the data is
defined for every draw. The exception is what needs a predicted text, such as precision, in a draw that holds none: such
a draw is left out of that metric's percentiles.

With few texts the intervals are too narrow: the spread of a class of m texts comes out short by sqrt((m - 1) / m), and
percentiles of a share near 0 or 1 cover less than they promise. Both matter below some 20 texts a class.

The calibration error of a resample is on average larger than the data's own, because noise within a bin adds to the
absolute distance; its interval may therefore lie above the point estimate when that is small.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._calibration import confidence_bins
from tunelet.evaluation._predictions import Predictions

LEVEL = 0.95
CHUNK_CELLS = 2**20  # draws times texts held at once: 8 MiB for each array of a chunk

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def draw_weights(labels: Integers, resamples: int, seed: int) -> Iterator[Integers]:
    """How often each text is drawn, chunk by chunk: int64 [draws, n], `resamples` rows in all.

    The rows depend on the seed alone, not on how many of them make a chunk.

    Args:
        labels: true classes [n], sorted.
    """
    rng = np.random.default_rng(seed)
    n = len(labels)
    _, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    size, offset = np.repeat(sizes.astype(np.float64), sizes), np.repeat(first, sizes)
    step = max(1, CHUNK_CELLS // n)
    for begin in range(0, resamples, step):
        rows = min(step, resamples - begin)
        uniform = rng.random((rows, n))
        # Stays below the size: the largest double under 1, times any whole number, rounds to less than that number.
        uniform *= size
        drawn = uniform.astype(np.intp)
        drawn += offset
        drawn += np.arange(rows)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n)


@dataclass(frozen=True)
class Ranking:
    """The texts in falling order of one class's score, and where its positive texts stand.

    Groups are the runs of equal scores that hold at least one positive text; no other run changes a curve's area
    except by the weight above it.

    Args:
        order: texts by falling score, [n].
        positives: the positive texts by falling score, [positives].
        group_of_first: where each group begins among `positives`, [groups].
        begin: texts above each group, [groups].
        end: texts above or in each group, [groups].
    """

    order: NDArray[np.intp]
    positives: NDArray[np.intp]
    group_of_first: NDArray[np.intp]
    begin: NDArray[np.intp]
    end: NDArray[np.intp]

    @classmethod
    def of(cls, scores: Floats, positive: NDArray[np.bool_]) -> "Ranking":
        """Sort once. scores [n], positive [n] with at least one true."""
        order = np.argsort(-scores, kind="stable")
        falling = scores[order]
        run_begin = np.flatnonzero(np.concatenate(([True], falling[1:] != falling[:-1])))
        run_end = np.append(run_begin[1:], len(scores))
        run_of_positive = np.searchsorted(run_begin, np.flatnonzero(positive[order]), side="right") - 1
        runs, group_of_first = np.unique(run_of_positive, return_index=True)
        return cls(order, order[positive[order]], group_of_first, run_begin[runs], run_end[runs])

    def areas(self, weights: Integers) -> tuple[Floats, Floats]:
        """ROC AUC and average precision of each draw: weights [draws, n] to float64 [draws] and [draws].

        ROC AUC counts pairs, ties by half (Hanley and McNeil 1982), in whole numbers; NaN without negative texts.
        """
        drawn, n = weights.shape
        above = np.zeros((drawn, n + 1), dtype=np.int64)
        np.cumsum(np.take(weights, self.order, axis=1), axis=1, out=above[:, 1:])
        group = np.add.reduceat(np.take(weights, self.positives, axis=1), self.group_of_first, axis=1)
        hits = group.cumsum(axis=1)
        before, upto = above[:, self.begin], above[:, self.end]
        positives = hits[:, -1]
        negatives = n - positives
        tied = upto - before - group
        below = negatives[:, None] - (upto - hits)
        won_twice = (group * (2 * below + tied)).sum(axis=1)
        roc_auc = _ratio(won_twice, 2 * positives * negatives)
        # A group that was not drawn adds nothing, whatever its precision.
        precision = hits / np.maximum(upto, 1)
        return roc_auc, _ratio((group * precision).sum(axis=1), positives)


def resampled_metrics(
    predictions: Predictions, *, positive: int | None, resamples: int, seed: int
) -> dict[str, Floats]:
    """Every metric of every draw, float64 [resamples] by name; all metrics of one draw come from the same texts.

    Args:
        predictions: at least one.
        positive: for two classes the one that precision, recall, F1 and the two areas speak of; None: macro averages.
        resamples: number of draws, at least 1.
        seed: of `numpy.random.default_rng`.
    """
    return paired_metrics([predictions], positive=positive, resamples=resamples, seed=seed)[0]


def paired_metrics(
    models: Sequence[Predictions], *, positive: int | None, resamples: int, seed: int
) -> list[dict[str, Floats]]:
    """`resampled_metrics` of several models for the same texts: draw by draw, all are measured on the same resample.

    Args:
        models: predictions of each, for the same texts in the same order; equal `labels`.
        positive, resamples, seed: as above.
    """
    resampled = [_Resampled(predictions, positive) for predictions in models]
    chunks: list[list[dict[str, Floats]]] = [[] for _ in models]
    for weights in draw_weights(np.sort(models[0].labels), resamples, seed):
        for found, model in zip(chunks, resampled, strict=True):
            found.append(model.metrics(weights))
    return [{name: np.concatenate([chunk[name] for chunk in found]) for name in found[0]} for found in chunks]


class _Resampled:
    """The metrics of one model's predictions, for any weights of the texts.

    Sorted by (true, predicted), a confusion cell is a run to sum. The weights come sorted by true class alone, texts of
    a class in their own order, which is the same for every model.
    """

    def __init__(self, predictions: Predictions, positive: int | None) -> None:
        order = np.lexsort((predictions.predicted, predictions.labels))
        place = np.empty_like(order)  # of each text among the weights
        place[np.argsort(predictions.labels, kind="stable")] = np.arange(len(order))
        labels, predicted = predictions.labels[order], predictions.predicted[order]
        probabilities, confidence = predictions.probabilities[order], predictions.confidence[order]
        scored = np.unique(labels) if positive is None else np.intersect1d(labels, [positive])
        bins = confidence_bins(confidence)
        self.positive = positive
        self.columns = place[order]
        self.cells = _Cells.of(labels, predicted, len(predictions.label_names))
        self.rankings = [Ranking.of(probabilities[:, label], labels == label) for label in scored]
        self.losses = text_losses(probabilities, labels)
        self.gaps = (labels == predicted) - confidence
        self.members = [np.flatnonzero(bins == number) for number in np.unique(bins)]

    def metrics(self, weights: Integers) -> dict[str, Floats]:
        """Each metric of each draw: weights [draws, n] to float64 [draws] by name."""
        weights = np.take(weights, self.columns, axis=1)
        found = self.cells.rates(weights, self.positive)
        areas = [ranking.areas(weights) for ranking in self.rankings]
        nothing = np.full((0, len(weights)), np.nan)
        found["roc_auc"] = mean_of_defined(np.stack([roc_auc for roc_auc, _ in areas]) if areas else nothing)
        found["average_precision"] = mean_of_defined(np.stack([average for _, average in areas]) if areas else nothing)
        real = weights.astype(np.float64)
        n = len(self.losses)
        found["log_loss"] = real @ self.losses / n
        distances = [np.abs(np.take(real, rows, axis=1) @ self.gaps[rows]) for rows in self.members]
        found["ece"] = np.sum(distances, axis=0) / n
        return found


def percentile_intervals(draws: Mapping[str, Floats]) -> dict[str, tuple[float, float]]:
    """The middle `LEVEL` of each metric's draws, as (low, high); (NaN, NaN) where no draw is defined."""
    tail = 50 * (1 - LEVEL)
    intervals = {}
    for name, values in draws.items():
        defined = values[~np.isnan(values)]
        low, high = np.percentile(defined, [tail, 100 - tail]) if len(defined) else (np.nan, np.nan)
        intervals[name] = (float(low), float(high))
    return intervals


def text_losses(probabilities: Floats, labels: Integers) -> Floats:
    """Minus the natural logarithm of the true class's probability, [n], kept finite as scikit-learn's log_loss does."""
    epsilon = np.finfo(np.float64).eps
    chosen: Floats = probabilities[np.arange(len(labels)), labels]
    return -np.log(np.clip(chosen, epsilon, 1 - epsilon))


def mean_of_defined(values: Floats, weights: Integers | None = None) -> Floats:
    """The mean over the first axis of what is not NaN: [classes, ...] to [...]; NaN where nothing is defined."""
    defined = ~np.isnan(values)
    share = defined * (1 if weights is None else weights[:, None])
    return _ratio((np.where(defined, values, 0.0) * share).sum(axis=0), share.sum(axis=0))


@dataclass(frozen=True)
class _Cells:
    """The confusion cells that occur, as runs of texts sorted by (true, predicted)."""

    begin: NDArray[np.intp]  # [cells], where each run begins
    diagonal: NDArray[np.intp]  # cells on the diagonal
    diagonal_class: Integers
    by_predicted: NDArray[np.intp]  # cells sorted by predicted class
    column_begin: NDArray[np.intp]
    column_class: Integers
    support: Integers  # [classes]; the same in every draw

    @classmethod
    def of(cls, labels: Integers, predicted: Integers, classes: int) -> "_Cells":
        _, begin = np.unique(labels * classes + predicted, return_index=True)
        true_class, predicted_class = labels[begin], predicted[begin]
        diagonal = np.flatnonzero(true_class == predicted_class)
        by_predicted = np.argsort(predicted_class, kind="stable")
        column_class, column_begin = np.unique(predicted_class[by_predicted], return_index=True)
        support = np.bincount(labels, minlength=classes)
        return cls(begin, diagonal, true_class[diagonal], by_predicted, column_begin, column_class, support)

    def rates(self, weights: Integers, positive: int | None) -> dict[str, Floats]:
        """Accuracy, precision, recall and the F1 scores of each draw, float64 [draws] by name."""
        counts = np.add.reduceat(weights, self.begin, axis=1)
        shape = (len(self.support), len(weights))
        hits, predicted = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        hits[self.diagonal_class] = counts[:, self.diagonal].T
        predicted[self.column_class] = np.add.reduceat(counts[:, self.by_predicted], self.column_begin, axis=1).T
        support = np.broadcast_to(self.support[:, None], shape)
        precision, recall = _ratio(hits, predicted), _ratio(hits, support)
        f1 = _ratio(2 * hits, predicted + support)
        chosen = slice(None) if positive is None else slice(positive, positive + 1)
        return {
            "accuracy": hits.sum(axis=0) / self.support.sum(),
            "precision": mean_of_defined(precision[chosen]),
            "recall": mean_of_defined(recall[chosen]),
            "f1": mean_of_defined(f1[chosen]),
            "f1_weighted": mean_of_defined(f1, self.support),
            "f1_macro": mean_of_defined(f1),
        }


def _ratio(above: NDArray[np.number], below: NDArray[np.number]) -> Floats:
    """above / below, and NaN, without a warning, where below is 0."""
    quotient = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=quotient, where=np.asarray(below) != 0)
    return quotient
