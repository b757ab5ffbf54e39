"""The model room: head, adapter, precision and packed execution. Training lives elsewhere."""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports

if TYPE_CHECKING:
    from tunelet.model._classifier import SequenceClassifier
    from tunelet.model._load import foreign_model, load_tokenizer, new_classifier, saved_classifier
    from tunelet.model._masked import MaskedModel, new_masked_model
    from tunelet.model._pooling import declared_pooling, head_pooling
    from tunelet.model._prediction_batches import prediction_batches
    from tunelet.model._probabilities import logits, probabilities
    from tunelet.model._turns import RandomNumbers, turn
    from tunelet.model._vectors import text_vectors

__all__ = [
    "MaskedModel",
    "RandomNumbers",
    "SequenceClassifier",
    "declared_pooling",
    "foreign_model",
    "head_pooling",
    "load_tokenizer",
    "logits",
    "new_classifier",
    "new_masked_model",
    "prediction_batches",
    "probabilities",
    "saved_classifier",
    "text_vectors",
    "turn",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "_classifier": ("SequenceClassifier",),
        "_load": ("foreign_model", "load_tokenizer", "new_classifier", "saved_classifier"),
        "_masked": ("MaskedModel", "new_masked_model"),
        "_pooling": ("declared_pooling", "head_pooling"),
        "_prediction_batches": ("prediction_batches",),
        "_probabilities": ("logits", "probabilities"),
        "_turns": ("RandomNumbers", "turn"),
        "_vectors": ("text_vectors",),
    },
)
