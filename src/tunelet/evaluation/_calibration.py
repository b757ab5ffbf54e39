"""Whether a confidence of 80 % is right in 80 of 100 cases, and one number that mends it.

Expected calibration error as in Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks" (ICML
2017), equation 3: the bins are half-open on the left, ((m - 1)/M, m/M]. Temperature scaling as in section 4.2 there:
one T > 0 divides all logits. It changes no predicted class, and is fitted on validation texts.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.evaluation._intervals import share_interval
from tunelet.evaluation._predictions import Predictions

BINS = 15
TEMPERATURES = (0.05, 20.0)  # beyond them probabilities are all but 0 and 1, or all but equal


class ReliabilityBin(Record):
    """A bin of texts of similar confidence, and how often they are right.

    Attributes:
        low, high: the bin, half-open on the left.
        n: predictions in it.
        confidence: their mean confidence.
        accuracy: share of them that was right.
        accuracy_ci: 95 % interval of that share (Wilson 1927).
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float
    accuracy_ci: tuple[float, float]


def confidence_bins(confidence: NDArray[np.float64], bins: int = BINS) -> NDArray[np.int64]:
    """The bin of each confidence [n], int64 [n], from 0 to `bins` - 1; a confidence of 0 belongs to the first."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1).astype(np.int64)


def expected_calibration_error(confidence: NDArray[np.float64], correct: NDArray[np.bool_], bins: int = BINS) -> float:
    """The mean distance between accuracy and confidence over equal-width bins, weighted by their texts.

    Args:
        confidence: probability of the predicted class, float64 [n], n at least 1.
        correct: whether the predicted class is the true one, bool [n].
        bins: how many bins of equal width the interval from 0 to 1 is cut into.

    Returns:
        Between 0 (calibrated) and 1.
    """
    # |B_m|/n * |accuracy(B_m) - confidence(B_m)| is |sum of (correct - confidence) over B_m| / n.
    gaps = np.bincount(confidence_bins(confidence, bins), weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def calibration_noise(predictions: Predictions, bins: int = BINS) -> float:
    """The calibration error that a resample of a perfectly calibrated model with these confidences shows on average.

    Noise alone moves accuracy and confidence of a bin apart. The number of right answers less the sum of the
    confidences c has the variance sum of c (1 - c), once from the data and once more from the resample; the mean
    absolute value of a normal variable is sqrt(2 / pi) of its deviation.
    """
    confidence = predictions.confidence
    owner = confidence_bins(confidence, bins)
    variances = np.bincount(owner, weights=confidence * (1 - confidence), minlength=bins)
    return float(np.sqrt(2 * variances * 2 / np.pi).sum() / len(confidence))


class Answers(Protocol):
    """Predictions with one answer a text: of classes, or of ratings."""

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of the answer, float64 [n]."""

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The answer, int64 [n]."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """What is true, int64 [n]."""


def reliability(seeds: Sequence[Answers], bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """The bins that hold a text, in rising order.

    Args:
        seeds: one run, or several seeds on the same texts: their predictions are pooled, while intervals count each
            text once.
        bins: of equal width.
    """
    confidence = np.concatenate([predictions.confidence for predictions in seeds])
    correct = np.concatenate([predictions.predicted == predictions.labels for predictions in seeds])
    owner = confidence_bins(confidence, bins)
    occupied = []
    for number in np.unique(owner):
        inside = owner == number
        n, right = int(inside.sum()), int(correct[inside].sum())
        occupied.append(
            ReliabilityBin(
                low=float(number) / bins,
                high=float(number + 1) / bins,
                n=n,
                confidence=float(confidence[inside].mean()),
                accuracy=right / n,
                accuracy_ci=share_interval(right / len(seeds), n / len(seeds)),
            )
        )
    return tuple(occupied)


def fit_temperature(predictions: Predictions) -> float:
    """The temperature under which the true classes are likeliest (least log loss), between 0.05 and 20."""
    from scipy.optimize import minimize_scalar

    logs = log_probabilities(predictions.probabilities)
    rows = np.arange(len(logs))

    def loss(exponent: float) -> float:
        scaled = logs / np.exp(exponent)
        scaled -= scaled.max(axis=1, keepdims=True)
        normal = np.log(np.exp(scaled).sum(axis=1))
        return float(np.mean(normal - scaled[rows, predictions.labels]))

    low, high = np.log(TEMPERATURES)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x))


def with_temperature(predictions: Predictions, temperature: float) -> Predictions:
    """The same predictions with all logits divided by a temperature."""
    return predictions.with_probabilities(scaled_probabilities(predictions.probabilities, temperature))


def scaled_probabilities(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Probabilities [n, classes] with all logits divided by a temperature; 1.0 changes no bit."""
    if temperature == 1.0:
        return probabilities
    scaled = log_probabilities(probabilities) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf))
    normal: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return normal


def cross_fitted_temperature(predictions: Predictions, *, folds: int = 5, seed: int = 0) -> Predictions:
    """Each fold scaled by the temperature of the others: measures scaling fairly on the texts that it is fitted on."""
    owner = np.random.default_rng(seed).permutation(len(predictions)) % folds
    probabilities = predictions.probabilities.copy()
    for fold in np.unique(owner):
        inside = owner == fold
        rest = _rows(predictions, ~inside)
        if len(rest):
            probabilities[inside] = with_temperature(_rows(predictions, inside), fit_temperature(rest)).probabilities
    return Predictions(predictions.ids, predictions.label_names, predictions.labels, probabilities)


def _rows(predictions: Predictions, chosen: NDArray[np.bool_]) -> Predictions:
    ids = tuple(name for name, there in zip(predictions.ids, chosen, strict=True) if there)
    return Predictions(ids, predictions.label_names, predictions.labels[chosen], predictions.probabilities[chosen])


def log_probabilities(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logits up to a constant of each row; a probability of 0 counts as the smallest that float64 has."""
    logs: NDArray[np.float64] = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
    return logs
