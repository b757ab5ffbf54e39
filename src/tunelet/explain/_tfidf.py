"""TF-IDF explained: its logits are sums over the terms of a text, so with two labels nothing is estimated.

With more labels the log odds are no longer linear in the logits, nor is the mean of ratings. Their gradient is then
averaged along the straight way from a text without known terms, as integrated gradients do, at so many points that
nothing is left to see.
"""

import numpy as np

from tunelet.evaluation import Baseline, WordsBaseline, intercepts, logits_by_character
from tunelet.explain._completeness import completeness_error
from tunelet.explain._quantity import CLASS_ODDS, Quantity
from tunelet.explain._words import summed_words
from tunelet.run import Explanation

_POINTS = 64  # of Gauss and Legendre's rule: exact to about 15 digits for so smooth a function


def explain_tfidf(
    baseline: Baseline | WordsBaseline, text: str, label: int, fields: tuple[str, ...], quantity: Quantity = CLASS_ODDS
) -> Explanation:
    """The words of a text that speak for a label of the baseline, without the names of the labels and the probability.

    Args:
        baseline: TF-IDF with a linear model.
        text: cleaned, with something to read.
        label: index of the label to explain.
        fields: those that the text was made of, in order.
        quantity: what is explained.
    """
    by_character = logits_by_character(baseline, text)
    start = intercepts(baseline)
    whole = by_character.sum(axis=1)
    nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
    way = start + (nodes[:, None] + 1) / 2 * whole
    shares = (weights / 2) @ quantity.gradient(way, label)
    at_reference, value = map(float, quantity.value(np.stack([start, start + whole]), label))
    words = summed_words(fields, shares @ by_character, np.ones(len(text), dtype=bool))
    return quantity.explained(
        value,
        at_reference,
        fields=fields,
        reference="",
        words=words,
        completeness_error=completeness_error(sum(word.contribution for word in words), value - at_reference),
        steps=0,
    )
