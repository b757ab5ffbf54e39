"""The result of a comparison in plain sentences, which follow from its numbers alone."""

import math
from typing import TYPE_CHECKING

from tunelet._record import as_number
from tunelet._words import counted, fixed
from tunelet.evaluation._power import SIGNIFICANCE

if TYPE_CHECKING:
    from tunelet.evaluation._paired import Pair

_LARGE_AREA = 0.05  # a difference of ROC AUC that is mentioned even where it is not significant
_SMALL_AREA = 0.0005  # a difference that is printed as 0.000: not mentioned even where it is significant


def verdict(pair: "Pair", comparisons: int = 1) -> str:
    """One to three sentences on two models.

    Args:
        pair: as `compare_predictions` returns it.
        comparisons: the number that p is corrected for.
    """
    if differs(pair):
        better, worse = better_first(pair)
        gain, (low, high) = _points(pair, better)
        accuracy = (
            f"{better} is better than {worse}: {_points_of_accuracy(gain, low, high)}, {_tested(pair, comparisons)}."
        )
    else:
        accuracy = _undecided(pair, comparisons)
    return " ".join(part for part in (accuracy, _ranking(pair), _probabilities(pair), _trained_once(pair)) if part)


def against_baseline(pair: "Pair", comparisons: int = 1) -> str | None:
    """The first sentence of a report where a model is not shown to beat the baseline; None where it is.

    Args:
        pair: the baseline first, then the model.
        comparisons: the number that p is corrected for.
    """
    if differs(pair) and pair.difference("accuracy") > 0:
        return None
    if differs(pair):
        gain, (low, high) = _points(pair, pair.first)
        return (
            f"The baseline {pair.first} is better than {pair.second}: {_points_of_accuracy(gain, low, high)}, "
            f"{_tested(pair, comparisons)}. Use the baseline."
        )
    if pair.difference("accuracy") > 0:
        accuracy = (
            f"{pair.second} is ahead of the baseline {pair.first}, but {counted(pair.n, 'text')} are too few to show "
            f"that it is more often right: {_signed(pair)}, {_tested(pair, comparisons)}."
        )
        return " ".join(part for part in (accuracy, _ranking(pair), _probabilities(pair)) if part)
    return (
        f"{pair.second} does not beat the baseline {pair.first}: {_signed(pair)} on {counted(pair.n, 'text')}, "
        f"{_tested(pair, comparisons)}. The baseline costs seconds and may be all that is needed; more training texts, "
        "or more test texts to tell them apart, would help."
    )


def differs(pair: "Pair") -> bool:
    """Whether the accuracies differ by the corrected test and by the interval, which leaves out 0."""
    low, high = pair.bounds("accuracy")
    return pair.p_adjusted < SIGNIFICANCE and (low > 0 or high < 0)


def better_first(pair: "Pair") -> tuple[str, str]:
    """The two names, the one with the higher accuracy first."""
    return (pair.second, pair.first) if pair.difference("accuracy") > 0 else (pair.first, pair.second)


def p_value(p: float) -> str:
    """A p-value as journals print it."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _tested(pair: "Pair", comparisons: int) -> str:
    test = "McNemar's exact test" if pair.mcnemar is not None else "Student's test over texts and seeds"
    corrected = f", corrected for {comparisons} comparisons" if comparisons > 1 else ""
    return f"{p_value(pair.p_adjusted)} ({test}{corrected})"


def _undecided(pair: "Pair", comparisons: int) -> str:
    sentence = (
        f"No difference between {pair.first} and {pair.second} can be shown with {counted(pair.n, 'text')} "
        f"({_signed(pair)}, {_tested(pair, comparisons)})"
    )
    # A smallest detectable difference is worth printing only if it is larger than the difference just printed.
    if abs(pair.difference("accuracy")) >= pair.detectable:
        return f"{sentence}."
    return f"{sentence}: a difference under {100 * pair.detectable:.1f} points would not be seen reliably."


def _ranking(pair: "Pair") -> str:
    """How the ROC AUC differs, where the difference is significant, or large though not significant."""
    difference, (low, high) = pair.difference("roc_auc"), pair.bounds("roc_auc")
    if math.isnan(difference):
        return ""
    shown = as_number(pair.p_roc_auc) < SIGNIFICANCE and (low > 0 or high < 0)
    if abs(difference) < (_SMALL_AREA if shown else _LARGE_AREA):
        return ""
    better, worse = (pair.second, pair.first) if difference > 0 else (pair.first, pair.second)
    gain, bounds = _gain(pair, "roc_auc", better)
    area = f"ROC AUC {fixed(gain, 3, signed=True)}{_bracketed(bounds, 3)}"
    if shown:
        return f"{better} ranks texts better than {worse}: {area}."
    doubt = "which may be chance" if not math.isnan(low) else "of which there is no interval"
    return f"{better} ranks these texts better than {worse}, {doubt}: {area}."


def _probabilities(pair: "Pair") -> str:
    """How the probabilities of the more accurate model compare with the other's, where that is significant.

    Log loss, which is least for the true probabilities, is mentioned only where one of the two is better than the
    constant prediction of each label's share. Calibration error, which is above 0 for any model, is mentioned only
    where the difference is larger than perfectly calibrated models with these confidences would show.
    """
    better, worse = better_first(pair)
    good: list[str] = []
    bad: list[str] = []
    loss, bounds = _gain(pair, "log_loss", better)
    shown = pair.p_log_loss < SIGNIFICANCE and (bounds[0] > 0 or bounds[1] < 0)
    idle = min(pair.log_losses[:2]) >= pair.log_losses[2]
    if shown and not idle and abs(loss) >= 0.0005:  # a difference that is printed as 0.000 is not mentioned
        (bad if loss > 0 else good).append(f"log loss {fixed(loss, 3, signed=True)}{_bracketed(bounds, 3)}")
    error, bounds = _gain(pair, "ece", better)
    if not idle and (bounds[0] > pair.calibration_noise or bounds[1] < -pair.calibration_noise):
        calibration = f"expected calibration error {fixed(error, 3, signed=True)}{_bracketed(bounds, 3)}"
        (bad if error > 0 else good).append(calibration)
    if idle:
        return (
            "The probabilities of neither are worth more than each label's share of the texts "
            f"(log loss {fixed(pair.log_losses[2], 3)})."
        )
    if good and bad:
        return f"The probabilities of {better} are better than those of {worse} by {good[0]}, but worse by {bad[0]}."
    if bad:
        return f"But the probabilities of {better} are worse than those of {worse}: {', '.join(bad)}."
    return f"The probabilities of {better} are better than those of {worse}: {', '.join(good)}." if good else ""


def _trained_once(pair: "Pair") -> str:
    """A warning where one model has several seeds and the other a single one, whose variance the interval lacks."""
    once = [
        name for name, seeds in zip((pair.first, pair.second), pair.seeds, strict=True)
        if seeds == 1 < max(pair.seeds)
    ]  # fmt: skip
    return f"{once[0]} was trained once: how much its seed matters is not in the interval." if once else ""


def _gain(pair: "Pair", metric: str, better: str) -> tuple[float, tuple[float, float]]:
    """The value of the model named `better` less the other's, with its interval; NaN where undefined."""
    sign = 1.0 if better == pair.second else -1.0
    low, high = pair.bounds(metric)
    if math.isnan(low) or math.isnan(high):
        return math.nan, (math.nan, math.nan)
    return sign * pair.difference(metric), (low, high) if sign > 0 else (-high, -low)


def _points(pair: "Pair", better: str) -> tuple[float, tuple[float, float]]:
    """The gain in accuracy of the model named `better`, in percentage points, with its interval."""
    gain, (low, high) = _gain(pair, "accuracy", better)
    return 100 * gain, (100 * low, 100 * high)


def _signed(pair: "Pair") -> str:
    low, high = pair.bounds("accuracy")
    return _points_of_accuracy(100 * pair.difference("accuracy"), 100 * low, 100 * high)


def _points_of_accuracy(gain: float, low: float, high: float) -> str:
    return f"{fixed(gain, 1, signed=True)} points of accuracy{_bracketed((low, high), 1)}"


def _bracketed(bounds: tuple[float, float], decimals: int) -> str:
    """An interval in brackets, to stand behind a value; empty where there is none."""
    if math.isnan(bounds[0]):
        return ""
    return f" [{fixed(bounds[0], decimals)}, {fixed(bounds[1], decimals)}]"
