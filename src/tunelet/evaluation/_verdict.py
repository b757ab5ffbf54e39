"""What a comparison comes to, in plain sentences that follow from its numbers and from nothing else."""

import math
from typing import TYPE_CHECKING

from tunelet._words import counted

if TYPE_CHECKING:
    from tunelet.evaluation._paired import Pair

LEVEL = 0.05  # of the tests, after correction


def verdict(pair: "Pair", comparisons: int = 1) -> str:
    """One to three sentences on two models.

    Args:
        pair: as `compare_predictions` found it.
        comparisons: how many p is corrected for.
    """
    if differs(pair):
        better, worse = better_first(pair)
        gain, (low, high) = _points(pair, better)
        told = (
            f"{better} is better than {worse}: {gain:+.1f} points of accuracy [{low:.1f}, {high:.1f}], "
            f"{_tested(pair, comparisons)}."
        )
    else:
        told = _undecided(pair, comparisons)
    return " ".join(part for part in (told, _probabilities(pair), _trained_once(pair)) if part)


def against_baseline(pair: "Pair", comparisons: int = 1) -> str | None:
    """What a report says first where a model does not beat the baseline; None where it does.

    Args:
        pair: the baseline first, then the model.
        comparisons: how many p is corrected for.
    """
    if differs(pair) and pair.differences["accuracy"] > 0:
        return None
    if differs(pair):
        gain, (low, high) = _points(pair, pair.first)
        return (
            f"The baseline is better than {pair.second}: {gain:+.1f} points of accuracy [{low:.1f}, {high:.1f}], "
            f"{_tested(pair, comparisons)}. Use the baseline."
        )
    return (
        f"{pair.second} does not beat the baseline: {_signed(pair)} on {counted(pair.n, 'text')}, "
        f"{_tested(pair, comparisons)}. The baseline costs seconds and may be all that is needed; more training texts, "
        "or more test texts to tell them apart, would help."
    )


def differs(pair: "Pair") -> bool:
    """Whether a difference of accuracy is shown: by the corrected test, and by the interval."""
    low, high = pair.intervals["accuracy"]
    return pair.p_adjusted < LEVEL and (low > 0 or high < 0)


def better_first(pair: "Pair") -> tuple[str, str]:
    """The names, that with the higher accuracy first."""
    return (pair.second, pair.first) if pair.differences["accuracy"] > 0 else (pair.first, pair.second)


def p_value(p: float) -> str:
    """As journals print it."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _tested(pair: "Pair", comparisons: int) -> str:
    test = "McNemar's exact test" if pair.mcnemar is not None else "Student's test over texts and seeds"
    corrected = f", corrected for {comparisons} comparisons" if comparisons > 1 else ""
    return f"{p_value(pair.p_adjusted)} ({test}{corrected})"


def _undecided(pair: "Pair", comparisons: int) -> str:
    told = (
        f"No difference between {pair.first} and {pair.second} can be shown with {counted(pair.n, 'text')} "
        f"({_signed(pair)}, {_tested(pair, comparisons)})"
    )
    # One as large as that was seen, and its doubt said: what would be missed is then no news.
    if abs(pair.differences["accuracy"]) >= pair.detectable:
        return f"{told}."
    seen = "would not be seen reliably"
    return f"{told}: a difference under {100 * pair.detectable:.1f} points {seen}."


def _probabilities(pair: "Pair") -> str:
    """How the probabilities of the more accurate one compare, as far as that is shown.

    By log loss, which is least for the true probabilities; by calibration error, which is above 0 for any model, only
    where the difference stands out from what perfectly calibrated models of such confidences would show.
    """
    better, worse = better_first(pair)
    good: list[str] = []
    bad: list[str] = []
    loss, bounds = _gain(pair, "log_loss", better)
    if pair.p_log_loss < LEVEL and (bounds[0] > 0 or bounds[1] < 0):
        (bad if loss > 0 else good).append(f"log loss {loss:+.3f} [{bounds[0]:.3f}, {bounds[1]:.3f}]")
    error, bounds = _gain(pair, "ece", better)
    if bounds[0] > pair.calibration_noise or bounds[1] < -pair.calibration_noise:
        told = f"expected calibration error {error:+.3f} [{bounds[0]:.3f}, {bounds[1]:.3f}]"
        (bad if error > 0 else good).append(told)
    if good and bad:
        return f"The probabilities of {better} are better than those of {worse} by {good[0]}, but worse by {bad[0]}."
    if bad:
        return f"But the probabilities of {better} are worse than those of {worse}: {', '.join(bad)}."
    return f"The probabilities of {better} are better than those of {worse}: {', '.join(good)}." if good else ""


def _trained_once(pair: "Pair") -> str:
    """Where one has several seeds and the other one: what the interval leaves out. (The baseline draws nothing.)"""
    once = [
        name for name, seeds in zip((pair.first, pair.second), pair.seeds, strict=True)
        if seeds == 1 < max(pair.seeds)
    ]  # fmt: skip
    return f"{once[0]} was trained once: how much its seed matters is not in the interval." if once else ""


def _gain(pair: "Pair", metric: str, better: str) -> tuple[float, tuple[float, float]]:
    """The named one's value less the other's, with its interval; NaN where undefined."""
    sign = 1.0 if better == pair.second else -1.0
    low, high = pair.intervals[metric]
    if math.isnan(low) or math.isnan(high):
        return math.nan, (math.nan, math.nan)
    return sign * pair.differences[metric], (low, high) if sign > 0 else (-high, -low)


def _points(pair: "Pair", better: str) -> tuple[float, tuple[float, float]]:
    """The gain of the better one in points, with its interval."""
    gain, (low, high) = _gain(pair, "accuracy", better)
    return 100 * gain, (100 * low, 100 * high)


def _signed(pair: "Pair") -> str:
    low, high = pair.intervals["accuracy"]
    return f"{100 * pair.differences['accuracy']:+.1f} points of accuracy [{100 * low:.1f}, {100 * high:.1f}]"
