"""Batches of texts of similar length, for prediction."""

from collections.abc import Callable, Iterator

from tunelet.data import Batch, Tokens, evaluation_batches, gather
from tunelet.model._classifier import SequenceClassifier


def prediction_batches(
    classifier: SequenceClassifier, tokens: Tokens, advance: Callable[[int], None] | None = None
) -> Iterator[Batch]:
    """Every text once, with the classifier in prediction mode until the last batch is done.

    Args:
        classifier: the model; a batch has about as many tokens as its execution allows.
        tokens: the tokenised texts; `Batch.rows` says which of them are in a batch.
        advance: called after each batch with its number of tokens.
    """
    with classifier.prediction_mode():
        for rows in evaluation_batches(tokens.lengths, token_budget=classifier.execution.micro_batch_tokens.value):
            batch = gather(tokens, rows)
            yield batch
            if advance is not None:
                advance(len(batch.token_ids))
