"""Many texts in batches of similar length, for what needs no gradients."""

from collections.abc import Callable, Iterator

from tunelet.data import Batch, Tokens, evaluation_batches, gather
from tunelet.model._classifier import SequenceClassifier


def prediction_batches(
    classifier: SequenceClassifier, tokens: Tokens, advance: Callable[[int], None] | None = None
) -> Iterator[Batch]:
    """Every text once, with the classifier in prediction mode until the last batch is done.

    Args:
        classifier: whose limit on tokens holds.
        tokens: of the texts; `Batch.rows` says which of them are in a batch.
        advance: called with the number of tokens of each batch done.
    """
    with classifier.prediction_mode():
        for rows in evaluation_batches(tokens.lengths, token_budget=classifier.execution.pass_tokens.value):
            batch = gather(tokens, rows)
            yield batch
            if advance is not None:
                advance(len(batch.token_ids))
