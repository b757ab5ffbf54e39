"""The vectors that a frozen encoder makes of texts, features for a logistic regression: computed once, then cached."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tunelet._array_cache import load_arrays, remove_entry, store_arrays
from tunelet._version import __version__
from tunelet.data import Tokens
from tunelet.model._classifier import SequenceClassifier
from tunelet.model._prediction_batches import prediction_batches


def text_vectors(
    classifier: SequenceClassifier,
    tokens: Tokens,
    *,
    weights: str,
    cache: Path | None,
    advance: Callable[[int], None] | None = None,
) -> np.ndarray:
    """What the linear head of a classifier reads of n texts, float32 [n, width]; memory-mapped from the cache.

    Args:
        classifier: with a linear head, its encoder as it was pretrained.
        tokens: the n tokenised texts.
        weights: fingerprint of the checkpoint's weights.
        cache: folder of the cache; None, or a folder that cannot be written, keeps the result in memory.
        advance: called after each batch with its number of tokens.
    """
    if cache is None:
        return _computed(classifier, tokens, advance)
    folder = _entry(classifier, tokens, weights, cache)
    cached = load_arrays(folder, ("vectors",), mapped="vectors")
    if cached is not None and cached["vectors"].shape[0] == len(tokens):
        return cached["vectors"]
    if cached is not None:
        remove_entry(folder)
    made = _computed(classifier, tokens, advance)
    stored = store_arrays({"vectors": made}, folder) and load_arrays(folder, ("vectors",), mapped="vectors")
    return stored["vectors"] if stored else made


def has_text_vectors(classifier: SequenceClassifier, tokens: Tokens, *, weights: str, cache: Path | None) -> bool:
    """Whether `text_vectors` with these arguments would compute none."""
    return cache is not None and _entry(classifier, tokens, weights, cache).is_dir()


def _entry(classifier: SequenceClassifier, tokens: Tokens, weights: str, cache: Path) -> Path:
    return cache / "vectors" / _fingerprint(classifier, tokens, weights)


def _computed(classifier: SequenceClassifier, tokens: Tokens, advance: Callable[[int], None] | None) -> np.ndarray:
    assert classifier.head is not None  # noqa: S101
    result = np.empty((len(tokens), classifier.head.in_features), dtype=np.float32)
    for batch in prediction_batches(classifier, tokens, advance):
        result[batch.rows] = classifier.vectors(batch).cpu().numpy()
    return result


def _fingerprint(classifier: SequenceClassifier, tokens: Tokens, weights: str) -> str:
    digest = hashlib.sha256()
    execution = classifier.execution.described()
    made_by = {name: execution[name].value for name in ("device", "precision", "execution", "layers", "attention")}
    layers = classifier.base.config.num_hidden_layers
    digest.update(
        repr((__version__, weights, type(classifier.base).__name__, classifier.base.pooling, layers, made_by)).encode()
    )
    if tokens.windows is not None:
        digest.update(b"windows")  # which are told from the lengths of first fields so
    of_texts = (array for array in (tokens.first_lengths, tokens.windows) if array is not None)
    for array in (tokens.offsets, tokens.token_ids, *of_texts):
        digest.update(repr((array.dtype.str, array.shape)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:32]
