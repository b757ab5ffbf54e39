"""Logits and probabilities of many texts, in batches of similar length; only these are kept."""

from collections.abc import Callable

import numpy as np
import torch

from tunelet.data import Batch, Tokens
from tunelet.model._classifier import SequenceClassifier
from tunelet.model._prediction_batches import prediction_batches


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
    for batch in prediction_batches(classifier, tokens, advance):
        found = classifier.logits(batch, hidden(batch) if hidden is not None else None)
        result[batch.rows] = found.cpu().double().numpy()  # not every device has float64
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
