"""Logits and probabilities of many texts, computed in batches of similar length."""

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
    captured: Callable[[Batch], torch.Tensor] | None = None,
) -> np.ndarray:
    """The logit of each label for each text, float64 [n, classes].

    Args:
        classifier: the model.
        tokens: n tokenised texts, none longer than `classifier.max_length`.
        advance: called after each batch with its number of tokens.
        captured: returns what `SequenceClassifier.frozen_forward` made of a batch, where that was kept.
    """
    result = np.empty((len(tokens), len(classifier.label_names)), dtype=np.float64)
    rows, found = [], []
    for batch in prediction_batches(classifier, tokens, advance):
        rows.append(batch.rows)
        found.append(classifier.logits(batch, captured(batch) if captured is not None else None))
    if rows:  # read at the end: a GPU computes a batch while the processor prepares the next
        result[np.concatenate(rows)] = torch.cat(found).cpu().double().numpy()  # not every device has float64
    return result


def probabilities(
    classifier: SequenceClassifier,
    tokens: Tokens,
    advance: Callable[[int], None] | None = None,
    captured: Callable[[Batch], torch.Tensor] | None = None,
) -> np.ndarray:
    """Probability of each label for each text, float64 [n, labels]; arguments as for `logits`."""
    of_texts = torch.from_numpy(logits(classifier, tokens, advance, captured))
    result: np.ndarray = classifier.output.of_tensor(of_texts).numpy()
    return result
