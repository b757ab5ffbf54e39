"""How the probabilities of labels are mended: their logits divided by a temperature, or a line for each label.

A temperature is one number for all labels; a line a slope and a shift for each (Platt 1999), fitted with a Gaussian
prior about the temperature, so that a label with few texts hardly leaves it. What is fitted on validation texts always
helps there. Cross-fitting shows what it is worth on others, and the simplest is kept from which no other gains more
than
noise: a one-sided paired t test over the texts, at 5 %, as for classes (`_temperature`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.evaluation._blend import Gain
from tunelet.evaluation._calibration import BINS, TEMPERATURES, ReliabilityBin, confidence_bins
from tunelet.evaluation._clustered import clustered_interval
from tunelet.evaluation._power import SIGNIFICANCE
from tunelet.evaluation._temperature import Temperature, decided
from tunelet.evaluation.multilabel._draws import decision_losses
from tunelet.evaluation.multilabel._measure import estimate
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions

Floats = NDArray[np.float64]
ScalingName = Literal["none", "temperature", "per label"]
_TINY = 1e-12  # probabilities nearer to 0 and 1 count as this near
_FOLDS = 5
_PRIOR = 4.0  # precision of the prior of slope and shift: a standard deviation of one half
_STEPS = 25  # of Newton's method
_RICHER: tuple[ScalingName, ...] = ("temperature", "per label")
_SIMPLEST: tuple[ScalingName, ...] = ("none", "temperature")


@dataclass(frozen=True, eq=False)
class Scaling:
    """A line for the logit of each label: probabilities become sigmoid(slope * logit + shift).

    Attributes:
        name: which of the three it is.
        slopes, shifts: float64 [labels]; equal slopes 1 / T and no shifts for a temperature.
        reason: why it is used.
        p_value: of its gain over the simpler one, by cross-fitting; None where nothing was tested.
    """

    name: ScalingName
    slopes: Floats
    shifts: Floats
    reason: str
    p_value: float | None

    @property
    def temperature(self) -> float:
        """One over the mean slope: the temperature, where it is one."""
        return float(1 / self.slopes.mean())

    def probabilities(self, probabilities: Floats) -> Floats:
        """Probabilities [n, labels] scaled; no bit changes where nothing is scaled."""
        if self.name == "none":
            return probabilities
        return _sigmoid(self.slopes * logits_of(probabilities) + self.shifts)


class ScalingRecord(Record):
    """The scaling's entry in `evaluation.json`.

    Attributes:
        name, reason, p_value: as `Scaling` has them.
        slopes, shifts: of each label, in their order.
        fitted_on: always "validation".
        n: validation texts.
        log_loss_before, log_loss_after, ece_before, ece_after: of the texts that are reported on.
        reliability_before, reliability: how often a label of such a probability is there, without and with it.
    """

    name: ScalingName
    reason: str
    p_value: float | None
    slopes: tuple[float, ...]
    shifts: tuple[float, ...]
    fitted_on: Literal["validation"]
    n: int
    log_loss_before: float
    log_loss_after: float
    ece_before: float
    ece_after: float
    reliability_before: tuple[ReliabilityBin, ...]
    reliability: tuple[ReliabilityBin, ...]


def choose_scaling(validation: MultilabelPredictions, *, seed: int = 0) -> Scaling:
    """The scaling of the validation texts: none, a temperature, or a line for each label."""
    count = len(validation.label_names)
    if len(validation) < 2 * _FOLDS or not 0 < validation.labels.sum() < validation.labels.size:
        return _unscaled(count, "too few texts, or labels, to tell a gain from noise", None)
    if (validation.predicted == validation.labels).all():
        return _unscaled(count, "no validation text is wrong: any certainty would seem right", None)
    chosen: ScalingName = "none"
    reason = "cross-fitted on the validation texts no scaling lowers the log loss by more than noise would"
    p_value: float | None = None
    before = _cross_fitted_losses(validation, "none", seed)
    for name in _RICHER:
        after = _cross_fitted_losses(validation, name, seed)
        gain = Gain.of(before, after)
        if gain.p_value is not None and gain.p_value < SIGNIFICANCE:
            chosen, before, p_value = name, after, gain.p_value
            reason = f"cross-fitted on the validation texts it lowers the log loss of a decision by {gain.mean:.5f}"
        elif chosen == "none":
            p_value = gain.p_value if p_value is None else p_value
    slopes, shifts = _fit(validation, chosen)
    return Scaling(chosen, slopes, shifts, reason, p_value)


def choose_decision_temperature(validation: MultilabelPredictions) -> Temperature:
    """The one temperature of all labels, and whether to apply it, by the rule of classes (`_temperature`)."""
    gain = Gain.of(*(_cross_fitted_losses(validation, name, 0) for name in _SIMPLEST))
    value = _temperature(logits_of(validation.probabilities), validation.labels)
    return decided(value, gain, any_wrong=bool((validation.predicted != validation.labels).any()))


def cross_fitted_scaling(
    predictions: MultilabelPredictions, name: ScalingName, *, seed: int = 0
) -> MultilabelPredictions:
    """Each fifth of the texts scaled as the other four ask for: measured fairly on the texts it is fitted on."""
    owner = np.random.default_rng(seed).permutation(len(predictions)) % _FOLDS
    logits = logits_of(predictions.probabilities)
    scaled = predictions.probabilities.copy()
    for fold in np.unique(owner) if name != "none" else ():
        rest = np.flatnonzero(owner != fold)
        if len(rest):
            slopes, shifts = _fit(predictions.rows(rest), name)
            scaled[owner == fold] = _sigmoid(slopes * logits[owner == fold] + shifts)
    return predictions.with_probabilities(scaled)


def scaling_record(
    scaling: Scaling, reported: MultilabelPredictions, *, n: int, cross_fitted: bool, seed: int = 0
) -> ScalingRecord:
    """What a scaling does to the texts that are reported on.

    Args:
        scaling: of the validation texts.
        reported: the model's predictions, without a scaling.
        n: validation texts.
        cross_fitted: whether these are the texts that it was fitted on; then each fifth has the others' scaling.
        seed: of the fifths.
    """
    if cross_fitted:
        scaled = cross_fitted_scaling(reported, scaling.name, seed=seed)
    else:
        scaled = reported.with_probabilities(scaling.probabilities(reported.probabilities))
    before, after = estimate(reported), estimate(scaled)
    return ScalingRecord(
        name=scaling.name,
        reason=scaling.reason,
        p_value=scaling.p_value,
        slopes=tuple(scaling.slopes.tolist()),
        shifts=tuple(scaling.shifts.tolist()),
        fitted_on="validation",
        n=n,
        log_loss_before=before.log_loss,
        log_loss_after=after.log_loss,
        ece_before=before.ece,
        ece_after=after.ece,
        reliability_before=decision_reliability([reported]),
        reliability=decision_reliability([scaled]),
    )


def decision_reliability(seeds: Sequence[MultilabelPredictions], bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """How often a text has a label of such a probability, over the decisions of all labels; bins in rising order.

    Args:
        seeds: one run, or several seeds on the same texts: pooled, while intervals count each text once.
        bins: of equal width; those that hold no decision are left out.
    """
    n, count = seeds[0].probabilities.shape
    inside, there = np.zeros((n, bins)), np.zeros((n, bins))
    sums = np.zeros(bins)
    for predictions in seeds:
        scores = predictions.probabilities.ravel()
        bin_of = confidence_bins(scores, bins)
        cell = np.repeat(np.arange(n), count) * bins + bin_of
        inside += np.bincount(cell, minlength=n * bins).reshape(n, bins)
        there += np.bincount(cell, weights=predictions.labels.ravel(), minlength=n * bins).reshape(n, bins)
        sums += np.bincount(bin_of, weights=scores, minlength=bins)
    occupied = []
    for number in np.flatnonzero(inside.sum(axis=0)):
        total = float(inside[:, number].sum())
        interval = clustered_interval(there[:, number] / len(seeds), inside[:, number] / len(seeds))
        occupied.append(
            ReliabilityBin(
                low=float(number) / bins,
                high=float(number + 1) / bins,
                n=int(total),
                confidence=float(sums[number]) / total,
                accuracy=float(there[:, number].sum()) / total,
                accuracy_ci=interval or (0.0, 1.0),
            )
        )
    return tuple(occupied)


def logits_of(probabilities: Floats) -> Floats:
    """Logits of probabilities; those nearer to 0 or 1 than 1e-12 count as that near."""
    clipped = np.clip(probabilities, _TINY, 1 - _TINY)
    logits: Floats = np.log(clipped) - np.log1p(-clipped)
    return logits


def _unscaled(count: int, reason: str, p_value: float | None) -> Scaling:
    return Scaling("none", np.ones(count), np.zeros(count), reason, p_value)


def _cross_fitted_losses(predictions: MultilabelPredictions, name: ScalingName, seed: int) -> Floats:
    """The mean log loss of each text's decisions, [n]."""
    losses: Floats = decision_losses(cross_fitted_scaling(predictions, name, seed=seed)).mean(axis=1)
    return losses


def _fit(predictions: MultilabelPredictions, name: ScalingName) -> tuple[Floats, Floats]:
    """Slopes and shifts, [labels] each."""
    count = len(predictions.label_names)
    if name == "none":
        return np.ones(count), np.zeros(count)
    logits, labels = logits_of(predictions.probabilities), predictions.labels
    slope = 1 / _temperature(logits, labels)
    if name == "temperature":
        return np.full(count, slope), np.zeros(count)
    return _lines(logits, labels, slope)


def _temperature(logits: Floats, labels: NDArray[np.bool_]) -> float:
    """The temperature of the least log loss of all decisions, between 0.05 and 20."""
    from scipy.optimize import minimize_scalar

    signed = np.where(labels, -logits, logits)

    def loss(exponent: float) -> float:
        return float(np.logaddexp(0.0, signed / np.exp(exponent)).mean())

    low, high = np.log(TEMPERATURES)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x))


def _lines(logits: Floats, labels: NDArray[np.bool_], slope: float) -> tuple[Floats, Floats]:
    """Slope and shift of each label by Newton's method, all labels at once, about a prior mean (slope, 0)."""
    slopes, shifts = np.full(logits.shape[1], slope), np.zeros(logits.shape[1])
    for _ in range(_STEPS):
        chances = _sigmoid(slopes * logits + shifts)
        rest, weight = chances - labels, chances * (1 - chances)
        pull = (rest * logits).sum(axis=0) + _PRIOR * (slopes - slope), rest.sum(axis=0) + _PRIOR * shifts
        square = (weight * logits**2).sum(axis=0) + _PRIOR
        cross, plain = (weight * logits).sum(axis=0), weight.sum(axis=0) + _PRIOR
        determinant = square * plain - cross**2
        step = (plain * pull[0] - cross * pull[1]) / determinant, (square * pull[1] - cross * pull[0]) / determinant
        # A full step may overshoot where a label is all but certain; half a unit at most keeps it from that.
        slopes -= np.clip(step[0], -0.5, 0.5)
        shifts -= np.clip(step[1], -0.5, 0.5)
    return np.maximum(slopes, 1 / TEMPERATURES[1]), shifts


def _sigmoid(logits: Floats) -> Floats:
    from scipy.special import expit

    values: Floats = expit(logits)
    return values
