"""Logits and probabilities of many texts, in batches of similar length; only these are kept."""

from collections.abc import Callable

import numpy as np
import torch

from tunelet.data import Batch, Tokens, evaluation_batches, gather
from tunelet.model._classifier import SequenceClassifier


def logits(
    classifier: SequenceClassifier,
    tokens: Tokens,
    advance: Callable[[int], None] | None = None,
    hidden: Callable[[Batch], torch.Tensor] | None = None,
) -> np.ndarray:
    """The logit of each label for each text, float64 [n, classes].

    Args:
        classifier: the model.
        tokens: n tokenised texts, none longer than `classifier.max_length`.
        hidden: what `SequenceClassifier.below` made of a batch, where that was kept.
        advance: called with the number of tokens of each batch done.
    """
    result = np.empty((len(tokens), len(classifier.label_names)), dtype=np.float64)
    with classifier.prediction_mode():
        for rows in evaluation_batches(tokens.lengths, token_budget=classifier.execution.pass_tokens.value):
            batch = gather(tokens, rows)
            found = classifier.logits(batch, hidden(batch) if hidden is not None else None)
            result[rows] = found.cpu().double().numpy()  # not every device has float64
            if advance is not None:
                advance(len(batch.token_ids))
    return result


def probabilities(
    classifier: SequenceClassifier,
    tokens: Tokens,
    advance: Callable[[int], None] | None = None,
    hidden: Callable[[Batch], torch.Tensor] | None = None,
) -> np.ndarray:
    """Probability of each label for each text, float64 [n, classes]; arguments as for `logits`."""
    found: np.ndarray = torch.softmax(torch.from_numpy(logits(classifier, tokens, advance, hidden)), dim=-1).numpy()
    return found
