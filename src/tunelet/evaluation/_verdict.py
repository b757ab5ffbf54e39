"""What a comparison comes to, in plain sentences that follow from its numbers and from nothing else."""

import math
from collections.abc import Sequence

from tunelet.evaluation._paired import Pair

LEVEL = 0.05
_WORSE = {  # metrics of the probabilities, where more is worse
    "ece": "expected calibration error",
    "log_loss": "log loss",
}


def verdict(pair: Pair, comparisons: int = 1) -> str:
    """One or two sentences on two models.

    Args:
        pair: as `compare_predictions` found it.
        comparisons: how many p is corrected for.
    """
    if not differs(pair):
        sentence = _undecided(pair)
        return f"{sentence} {extra}" if (extra := _probabilities(pair)) else sentence
    better, worse = better_first(pair)
    gain, (low, high) = _points(pair, better)
    corrected = f", corrected for {comparisons} comparisons" if comparisons > 1 else ""
    test = "McNemar's exact test" if pair.mcnemar is not None else "paired bootstrap over texts and seeds"
    sentence = (
        f"{better} is better than {worse}: {gain:+.1f} points of accuracy [{low:.1f}, {high:.1f}], "
        f"{p_value(pair.p_adjusted)} ({test}{corrected})."
    )
    return f"{sentence} {extra}" if (extra := _probabilities(pair)) else sentence


def against_baseline(pair: Pair) -> str | None:
    """What a report says first where a model does not beat the baseline; None where it does.

    Args:
        pair: the baseline first, then the model.
    """
    if differs(pair) and pair.differences["accuracy"] > 0:
        return None
    if differs(pair):
        gain, (low, high) = _points(pair, pair.first)
        return (
            f"The baseline is better than {pair.second}: {gain:+.1f} points of accuracy [{low:.1f}, {high:.1f}], "
            f"{p_value(pair.p_adjusted)}. Use the baseline."
        )
    return (
        f"{pair.second} does not beat the baseline: {_signed(pair)} on {pair.n:,} texts, {p_value(pair.p_adjusted)}. "
        "The baseline costs seconds and may be all that is needed; more training texts, or more test texts to tell "
        "them apart, would help."
    )


def differs(pair: Pair) -> bool:
    """Whether a difference of accuracy is shown: by the corrected test, and by the interval."""
    low, high = pair.intervals["accuracy"]
    return pair.p_adjusted < LEVEL and not low <= 0 <= high


def better_first(pair: Pair) -> tuple[str, str]:
    """The names, that with the higher accuracy first."""
    return (pair.second, pair.first) if pair.differences["accuracy"] > 0 else (pair.first, pair.second)


def summary(pairs: Sequence[Pair]) -> list[str]:
    """The verdicts on all pairs."""
    return [verdict(pair, len(pairs)) for pair in pairs]


def p_value(p: float) -> str:
    """As journals print it."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _undecided(pair: Pair) -> str:
    detectable = 100 * pair.detectable
    return (
        f"No difference between {pair.first} and {pair.second} can be shown with {pair.n:,} texts "
        f"({_signed(pair)}, {p_value(pair.p_adjusted)}): a difference under {detectable:.1f} points would not be seen."
    )


def _probabilities(pair: Pair) -> str:
    """How the probabilities of the more accurate one compare, where that is shown to differ."""
    better, worse = better_first(pair)
    found = []
    for name, words in _WORSE.items():
        sign = 1.0 if better == pair.second else -1.0
        low, high = (sign * bound for bound in pair.intervals[name])
        low, high = min(low, high), max(low, high)
        value = sign * pair.differences[name]
        if math.isnan(low) or math.isnan(high) or low <= 0 <= high:
            continue
        found.append((value > 0, f"{words} {value:+.3f} [{low:.3f}, {high:.3f}]"))
    if not found:
        return ""
    bad = [text for is_worse, text in found if is_worse]
    good = [text for is_worse, text in found if not is_worse]
    sentences = []
    if bad:
        sentences.append(f"But the probabilities of {better} are worse than those of {worse}: {', '.join(bad)}.")
    if good:
        sentences.append(f"The probabilities of {better} are better than those of {worse}: {', '.join(good)}.")
    return " ".join(sentences)


def _points(pair: Pair, better: str) -> tuple[float, tuple[float, float]]:
    """The gain of the better one in points, with its interval."""
    sign = 100.0 if better == pair.second else -100.0
    bounds = sorted(sign * bound for bound in pair.intervals["accuracy"])
    return sign * pair.differences["accuracy"], (bounds[0], bounds[1])


def _signed(pair: Pair) -> str:
    low, high = pair.intervals["accuracy"]
    return f"{100 * pair.differences['accuracy']:+.1f} points of accuracy [{100 * low:.1f}, {100 * high:.1f}]"
