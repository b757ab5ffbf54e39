"""Texts with words taken out, in the order of their contributions and in random order, and what becomes of the label.

A word is dropped, not masked: an encoder and TF-IDF then read the same text, one that somebody might have written.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tunelet.data import join_fields
from tunelet.evaluation import Faithfulness, faithfulness
from tunelet.run import Explanation, Word

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)  # of the words
_ORDERS = 3  # random ones of each text, whose mean is taken
DELETIONS = 1 + (1 + _ORDERS) * (len(SHARES) - 1)  # predictions that the curves of a text take: whole, and cut


def deletion_curves(
    explanations: Sequence[Explanation],
    label_names: Sequence[str],
    probabilities: Callable[[list[str]], NDArray[np.float64]],
    *,
    seed: int = 0,
) -> Faithfulness | None:
    """How much the explained words matter to the model that was explained; None: no text has two words.

    Args:
        explanations: of texts; the label that is explained is the one that is watched.
        label_names: in the order of the probabilities.
        probabilities: given cleaned texts, [n, classes] as `predict` has them.
        seed: of the random orders.
    """
    random = np.random.default_rng(seed)
    ordered, shuffled = [], []
    for explanation in explanations:
        words = [word for word in explanation.words if word.read or word.contribution]
        if len(words) < 2 or explanation.label is None:
            continue
        falling = sorted(words, key=lambda word: -word.contribution)
        orders = [falling, *([words[at] for at in random.permutation(len(words))] for _ in range(_ORDERS))]
        cut = [_without(explanation, order[: _removed(share, len(words))]) for order in orders for share in SHARES[1:]]
        label = list(label_names).index(explanation.label)
        whole, *rest = probabilities([_without(explanation, ()), *cut])[:, label]
        curves = np.insert(np.array(rest).reshape(len(orders), -1), 0, whole, axis=1)
        ordered.append(curves[0])
        shuffled.append(curves[1:].mean(axis=0))
    if not ordered:
        return None
    return faithfulness(np.array(SHARES), np.array(ordered), np.array(shuffled))


def _removed(share: float, words: int) -> int:
    """How many words go; never all of them."""
    return min(words - 1, int(np.ceil(share * words)))


def _without(explanation: Explanation, gone: Sequence[Word]) -> str:
    """The text without these words, as it was joined from its fields."""
    fields = []
    for number, field in enumerate(explanation.fields):
        kept, done = [], 0
        for word in sorted((word for word in gone if word.field == number), key=lambda word: word.begin):
            kept.append(field[done : word.begin])
            done = word.end
        fields.append("".join([*kept, field[done:]]))
    return join_fields(fields) if len(fields) > 1 else fields[0]
