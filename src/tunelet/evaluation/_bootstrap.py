"""Every metric on resamples of the texts as they come: one bootstrap for all (Efron and Tibshirani 1993, chapter 13).

Notable: a resample is never written out. It is a row of weights, how often each text was drawn, and every metric
follows from the same row: counts per (true, predicted) cell by summing neighbours, log loss and calibration as
weighted sums, ROC AUC and average precision from cumulative weights over scores that are sorted once, equal scores
taken together as scikit-learn does. Tests hold each metric of a row against scikit-learn on the resample written out.

Texts are drawn from all of them, whatever their class: class sizes differ from draw to draw, as they would in other
data. What a draw leaves undefined, such as the recall of a class that it holds no text of, is NaN there.

The draws show how metrics vary and correlate; `_uncertainty` and `_paired` make intervals of that. Plain percentiles of
the draws are too narrow where few texts are wrong, for an error that is not in the data is in no resample either.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation._calibration import confidence_bins
from tunelet.evaluation._predictions import Predictions

CHUNK_CELLS = 2**20  # draws times texts held at once: 8 MiB for each array of a chunk

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Drawn:
    """One model's metrics on resamples of the texts; all metrics of one draw come from the same texts.

    Attributes:
        values: metric -> its value in each draw, [draws]; NaN where undefined.
    """

    values: dict[str, Floats]


@dataclass(frozen=True, eq=False)
class Draws(Drawn):
    """The same where some metrics are of each class or label.

    Attributes:
        roc_auc, average_precision: of each class against the rest, [classes, draws].
    """

    roc_auc: Floats
    average_precision: Floats


def draw_weights(n: int, resamples: int, seed: int) -> Iterator[Integers]:
    """How often each text is drawn, chunk by chunk: int64 [draws, n], `resamples` rows in all.

    The rows depend on the seed alone, not on how many of them make a chunk.
    """
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK_CELLS // n)
    for begin in range(0, resamples, step):
        rows = min(step, resamples - begin)
        uniform = rng.random((rows, n))
        # Stays below n: the largest double under 1, times any whole number, rounds to less than that number.
        uniform *= n
        drawn = uniform.astype(np.intp)
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
        roc_auc = ratio(won_twice, 2 * positives * negatives)
        # A group that was not drawn adds nothing, whatever its precision.
        precision = hits / np.maximum(upto, 1)
        return roc_auc, ratio((group * precision).sum(axis=1), positives)


def resampled_metrics(predictions: Predictions, *, positive: int | None, resamples: int, seed: int) -> Draws:
    """Every metric of one model on resamples of its texts.

    Args:
        predictions: at least one.
        positive: the class that precision, recall, F1 and the two areas speak of; None: macro averages.
        resamples: number of draws, at least 1.
        seed: of `numpy.random.default_rng`.
    """
    return paired_metrics([predictions], positive=positive, resamples=resamples, seed=seed)[0]


def paired_metrics(models: Sequence[Predictions], *, positive: int | None, resamples: int, seed: int) -> list[Draws]:
    """`resampled_metrics` of several models for the same texts: draw by draw, all are measured on the same resample.

    Args:
        models: predictions of each, for the same texts in the same order; equal `labels`.
        positive, resamples, seed: as above.
    """
    resampled = [_Resampled(predictions, positive) for predictions in models]
    chunks: list[list[Draws]] = [[] for _ in models]
    for weights in draw_weights(len(models[0]), resamples, seed):
        for parts, model in zip(chunks, resampled, strict=True):
            parts.append(model.metrics(weights))
    return [joined(parts) for parts in chunks]


def drawn(models: Sequence[Callable[[Floats], dict[str, Floats]]], n: int, resamples: int, seed: int) -> list[Drawn]:
    """What each model's function makes of the same weights of the texts, float64 [draws, n], chunk by chunk."""
    chunks: list[list[dict[str, Floats]]] = [[] for _ in models]
    for weights in draw_weights(n, resamples, seed):
        for parts, metrics in zip(chunks, models, strict=True):
            parts.append(metrics(weights.astype(np.float64)))
    return [Drawn({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}) for parts in chunks]


def joined(chunks: Sequence[Draws]) -> Draws:
    """The draws of several chunks as one."""
    return Draws(
        {name: np.concatenate([chunk.values[name] for chunk in chunks]) for name in chunks[0].values},
        np.concatenate([chunk.roc_auc for chunk in chunks], axis=1),
        np.concatenate([chunk.average_precision for chunk in chunks], axis=1),
    )


class _Resampled:
    """The metrics of one model's predictions, for any weights of the texts.

    Sorted by (true, predicted), a confusion cell is a run to sum.
    """

    def __init__(self, predictions: Predictions, positive: int | None) -> None:
        self.order = np.lexsort((predictions.predicted, predictions.labels))
        labels, predicted = predictions.labels[self.order], predictions.predicted[self.order]
        probabilities, confidence = predictions.probabilities[self.order], predictions.confidence[self.order]
        bins = confidence_bins(confidence)
        self.positive, self.classes = positive, len(predictions.label_names)
        self.cells = _Cells.of(labels, predicted, self.classes)
        self.rankings = {
            int(label): Ranking.of(probabilities[:, label], labels == label) for label in np.unique(labels)
        }
        self.losses = text_losses(probabilities, labels)
        self.gaps = (labels == predicted) - confidence
        self.members = [np.flatnonzero(bins == number) for number in np.unique(bins)]

    def metrics(self, weights: Integers) -> Draws:
        """Each metric of each draw: weights [draws, n]."""
        weights = np.take(weights, self.order, axis=1)
        values = self.cells.rates(weights, self.positive)
        roc_auc, average = (np.full((self.classes, len(weights)), np.nan) for _ in range(2))
        for label, ranking in self.rankings.items():
            roc_auc[label], average[label] = ranking.areas(weights)
        chosen = slice(None) if self.positive is None else slice(self.positive, self.positive + 1)
        values["roc_auc"] = mean_of_defined(roc_auc[chosen])
        values["average_precision"] = mean_of_defined(average[chosen])
        real = weights.astype(np.float64)
        n = len(self.losses)
        values["log_loss"] = real @ self.losses / n
        distances = [np.abs(np.take(real, rows, axis=1) @ self.gaps[rows]) for rows in self.members]
        values["ece"] = np.sum(distances, axis=0) / n
        return Draws(values, roc_auc, average)


def text_losses(probabilities: Floats, labels: Integers) -> Floats:
    """Minus the natural logarithm of the true class's probability, [n], kept finite as scikit-learn's log_loss does."""
    epsilon = np.finfo(np.float64).eps
    chosen: Floats = probabilities[np.arange(len(labels)), labels]
    return -np.log(np.clip(chosen, epsilon, 1 - epsilon))


def mean_of_defined(values: Floats, weights: NDArray[np.number] | None = None) -> Floats:
    """The mean over the first axis of what is not NaN, [classes, ...] to [...]; NaN where nothing is defined."""
    defined = ~np.isnan(values)
    share = defined * (1 if weights is None else weights)
    return ratio((np.where(defined, values, 0.0) * share).sum(axis=0), share.sum(axis=0))


@dataclass(frozen=True)
class _Cells:
    """The confusion cells that occur, as runs of texts sorted by (true, predicted)."""

    begin: NDArray[np.intp]  # [cells], where each run begins
    true_class: Integers
    predicted_class: Integers
    classes: int

    @classmethod
    def of(cls, labels: Integers, predicted: Integers, classes: int) -> "_Cells":
        _, begin = np.unique(labels * classes + predicted, return_index=True)
        return cls(begin, labels[begin], predicted[begin], classes)

    def rates(self, weights: Integers, positive: int | None) -> dict[str, Floats]:
        """Accuracy, precision, recall and the F1 scores of each draw, float64 [draws] by name."""
        counts = np.add.reduceat(weights, self.begin, axis=1)
        right = self.true_class == self.predicted_class
        hits = self._by_class(counts[:, right], self.true_class[right])
        support, predicted = self._by_class(counts, self.true_class), self._by_class(counts, self.predicted_class)
        precision, recall = ratio(hits, predicted), ratio(hits, support)
        f1 = ratio(2 * hits, predicted + support)
        chosen = slice(None) if positive is None else slice(positive, positive + 1)
        return {
            "accuracy": hits.sum(axis=0) / support.sum(axis=0),
            "precision": mean_of_defined(precision[chosen]),
            "recall": mean_of_defined(recall[chosen]),
            "f1": mean_of_defined(f1[chosen]),
            "f1_weighted": mean_of_defined(f1, support),
            "f1_macro": mean_of_defined(f1),
        }

    def _by_class(self, counts: Integers, classes: Integers) -> Integers:
        """Sums of [draws, cells] over the cells of each class, [classes, draws]."""
        total = np.zeros((self.classes, len(counts)), dtype=np.int64)
        order = np.argsort(classes, kind="stable")
        names, begin = np.unique(classes[order], return_index=True)
        if len(names):
            total[names] = np.add.reduceat(counts[:, order], begin, axis=1).T
        return total


def ratio(above: NDArray[np.number], below: NDArray[np.number]) -> Floats:
    """above / below, and NaN, without a warning, where below is 0."""
    quotient = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=quotient, where=np.asarray(below) != 0)
    return quotient
