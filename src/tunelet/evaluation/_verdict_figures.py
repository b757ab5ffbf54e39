"""The result of a comparison by macro F1 or mean absolute error in plain sentences, from its numbers alone."""

import math

from tunelet._words import counted, fixed
from tunelet.evaluation._metrics import LOWER_IS_BETTER
from tunelet.evaluation._paired_figures import FigurePair
from tunelet.evaluation._power import SIGNIFICANCE
from tunelet.evaluation._verdict import p_value

_WORDS = {"f1_macro": "macro F1", "mae": "mean absolute error"}


def figure_differs(pair: FigurePair) -> bool:
    """Whether the main figures differ by the corrected test, and by the interval where there is one."""
    low, high = pair.bounds(pair.main)
    shown = pair.p_adjusted is not None and pair.p_adjusted < SIGNIFICANCE
    return shown and (math.isnan(low) or low > 0 or high < 0)


def figure_verdict(pair: FigurePair, comparisons: int = 1) -> str:
    """One or two sentences on two models.

    Args:
        pair: as `compare_figures` returns it.
        comparisons: the number that p is corrected for.
    """
    if pair.p_adjusted is None:
        return f"{pair.first} and {pair.second} cannot be compared: {_WORDS[pair.main]} is undefined for these texts."
    better, worse = (pair.second, pair.first) if pair.gain > 0 else (pair.first, pair.second)
    if figure_differs(pair):
        first = f"{better} is better than {worse}: {_difference(pair, better)}, {_tested(pair, comparisons)}."
    else:
        first = (
            f"No difference between {pair.first} and {pair.second} can be shown with {counted(pair.n, 'text')} "
            f"({_difference(pair, pair.second)}, {_tested(pair, comparisons)})."
        )
    once = [
        name for name, seeds in zip((pair.first, pair.second), pair.seeds, strict=True) if seeds == 1 < max(pair.seeds)
    ]
    doubt = f" {once[0]} was trained once: how much its seed matters is not in the interval." if once else ""
    return first + doubt


def figure_against_baseline(pair: FigurePair, comparisons: int = 1) -> str | None:
    """The first sentence of a report where a model is not shown to beat the baseline; None where it is.

    Args:
        pair: the baseline first, then the model.
        comparisons: the number that p is corrected for.
    """
    if pair.p_adjusted is None:
        return f"{pair.second} cannot be compared with the baseline {pair.first}: {_WORDS[pair.main]} is undefined."
    if figure_differs(pair):
        if pair.gain > 0:
            return None
        return (
            f"The baseline {pair.first} is better than {pair.second}: {_difference(pair, pair.first)}, "
            f"{_tested(pair, comparisons)}. Use the baseline."
        )
    texts, shown = counted(pair.n, "text"), f"{_difference(pair, pair.second)}, {_tested(pair, comparisons)}"
    if pair.gain > 0:
        return f"{pair.second} is ahead of the baseline {pair.first}, but {texts} are too few to show it: {shown}."
    return (
        f"{pair.second} does not beat the baseline {pair.first}: {shown}, on {texts}. The baseline costs seconds and "
        "may be all that is needed; more training texts, or more test texts to tell them apart, would help."
    )


def _difference(pair: FigurePair, of: str) -> str:
    """The main figure of the model named `of` less the other's, with its interval."""
    sign = 1.0 if of == pair.second else -1.0
    low, high = sorted(sign * bound for bound in pair.bounds(pair.main))
    shown = "" if math.isnan(low) else f" [{fixed(low, 3)}, {fixed(high, 3)}]"
    less = " (less is better)" if pair.main in LOWER_IS_BETTER else ""
    return f"{_WORDS[pair.main]} {fixed(sign * pair.difference(pair.main), 3, signed=True)}{shown}{less}"


def _tested(pair: FigurePair, comparisons: int) -> str:
    test = "randomisation test" if pair.test == "randomisation" else "Student's test over texts and seeds"
    corrected = f", corrected for {comparisons} comparisons" if comparisons > 1 else ""
    p = 1.0 if pair.p_adjusted is None else pair.p_adjusted
    return f"{p_value(p)} ({test}{corrected})"
