"""The model room: from a checkpoint to a model that trains or predicts. How it runs is decided in `execution`."""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports

if TYPE_CHECKING:
    from tunelet.model._classifier import SequenceClassifier
    from tunelet.model._embedded import EmbeddedTexts, embedded_texts
    from tunelet.model._load import merged_model, new_classifier, saved_classifier
    from tunelet.model._masked import MaskedModel, new_masked_model
    from tunelet.model._plain import refer_to_base
    from tunelet.model._pooled import PooledClassifier
    from tunelet.model._pooled_files import save_pooled
    from tunelet.model._pooling import declared_pooling, exported_pooling, head_pooling
    from tunelet.model._prediction_batches import prediction_batches
    from tunelet.model._pretrained import foreign_model, load_tokenizer
    from tunelet.model._probabilities import logits, probabilities
    from tunelet.model._quiet import quiet_libraries
    from tunelet.model._targets import resolve_targets
    from tunelet.model._turns import RandomNumbers, turn
    from tunelet.model._vectors import has_text_vectors, text_vectors, text_vectors_by_layer
    from tunelet.model.execution import (
        choose_device,
        choose_precision,
        compute_dtype,
        padded_inputs,
        refused_precisions,
    )

__all__ = [
    "EmbeddedTexts",
    "MaskedModel",
    "PooledClassifier",
    "RandomNumbers",
    "SequenceClassifier",
    "choose_device",
    "choose_precision",
    "compute_dtype",
    "declared_pooling",
    "embedded_texts",
    "exported_pooling",
    "foreign_model",
    "has_text_vectors",
    "head_pooling",
    "load_tokenizer",
    "logits",
    "merged_model",
    "new_classifier",
    "new_masked_model",
    "padded_inputs",
    "prediction_batches",
    "probabilities",
    "quiet_libraries",
    "refer_to_base",
    "refused_precisions",
    "resolve_targets",
    "save_pooled",
    "saved_classifier",
    "text_vectors",
    "text_vectors_by_layer",
    "turn",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "_classifier": ("SequenceClassifier",),
        "_embedded": ("EmbeddedTexts", "embedded_texts"),
        "_load": (
            "merged_model",
            "new_classifier",
            "saved_classifier",
        ),
        "_masked": (
            "MaskedModel",
            "new_masked_model",
        ),
        "_plain": ("refer_to_base",),
        "_pooled": ("PooledClassifier",),
        "_pooled_files": ("save_pooled",),
        "_pooling": (
            "declared_pooling",
            "exported_pooling",
            "head_pooling",
        ),
        "_prediction_batches": ("prediction_batches",),
        "_pretrained": (
            "foreign_model",
            "load_tokenizer",
        ),
        "_probabilities": (
            "logits",
            "probabilities",
        ),
        "_quiet": ("quiet_libraries",),
        "_targets": ("resolve_targets",),
        "_turns": (
            "RandomNumbers",
            "turn",
        ),
        "_vectors": ("has_text_vectors", "text_vectors", "text_vectors_by_layer"),
        "execution": (
            "choose_device",
            "choose_precision",
            "compute_dtype",
            "padded_inputs",
            "refused_precisions",
        ),
    },
)
