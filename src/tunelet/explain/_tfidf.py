"""TF-IDF explained: its logits are sums over the terms of a text, so with two labels nothing is estimated.

With more labels the log odds are no longer linear in the logits. Their gradient is then averaged along the straight way
from a text without known terms, as integrated gradients do, at so many points that nothing is left to see.
"""

import numpy as np

from tunelet.evaluation import Baseline, intercepts, logits_by_character
from tunelet.explain._completeness import completeness_error
from tunelet.explain._odds import log_odds, log_odds_gradient
from tunelet.explain._words import summed_words
from tunelet.run import Explanation

_POINTS = 64  # of Gauss and Legendre's rule: exact to about 15 digits for so smooth a function


def explain_tfidf(baseline: Baseline, text: str, label: int, fields: tuple[str, ...]) -> Explanation:
    """The words of a text that speak for a label of the baseline, without the names of the labels and the probability.

    Args:
        baseline: TF-IDF with logistic regression.
        text: cleaned, with something to read.
        label: index of the label to explain.
        fields: those that the text was made of, in order.
    """
    by_character = logits_by_character(baseline, text)
    start = intercepts(baseline)
    whole = by_character.sum(axis=1)
    nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
    way = start + (nodes[:, None] + 1) / 2 * whole
    shares = (weights / 2) @ log_odds_gradient(way, label)
    reference, odds = log_odds(np.stack([start, start + whole]), label)
    words = summed_words(fields, shares @ by_character, np.ones(len(text), dtype=bool))
    return Explanation(
        fields=fields,
        label=None,
        predicted=None,
        probability=None,
        log_odds=float(odds),
        reference_log_odds=float(reference),
        reference="",
        words=words,
        completeness_error=completeness_error(sum(word.contribution for word in words), float(odds - reference)),
        steps=0,
    )
