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
    folder = None if cache is None else _entry(classifier, tokens, weights, cache)
    known = _kept(folder, len(tokens))
    return _keep(_computed(classifier, tokens, advance), folder) if known is None else known


def text_vectors_by_layer(
    classifier: SequenceClassifier, tokens: Tokens, *, weights: str, cache: Path | None
) -> dict[int, np.ndarray]:
    """What a linear head would read after each layer of the upper half: layers -> float32 [n, width].

    Args:
        classifier: with all its layers, run as fused layers (`classifier.fused` is not None).
        tokens, weights, cache: as for `text_vectors`, which finds in the cache what was computed here.
    """
    depth = classifier.base.config.num_hidden_layers
    numbers = range(-(-depth // 2), depth + 1)
    folders = {n: None if cache is None else _entry(classifier, tokens, weights, cache, layers=n) for n in numbers}
    known = {number: _kept(folder, len(tokens)) for number, folder in folders.items()}
    found = {number: vectors for number, vectors in known.items() if vectors is not None}
    if len(found) == len(known):
        return found
    made = np.empty((len(numbers), len(tokens), _width(classifier)), dtype=np.float32)
    for batch in prediction_batches(classifier, tokens):
        made[:, batch.rows] = classifier.vectors_by_layer(batch)[-len(numbers) :].cpu().numpy()
    return {number: _keep(vectors, folders[number]) for number, vectors in zip(numbers, made, strict=True)}


def has_text_vectors(classifier: SequenceClassifier, tokens: Tokens, *, weights: str, cache: Path | None) -> bool:
    """Whether `text_vectors` with these arguments would compute none."""
    return cache is not None and _entry(classifier, tokens, weights, cache).is_dir()


def _entry(
    classifier: SequenceClassifier, tokens: Tokens, weights: str, cache: Path, *, layers: int | None = None
) -> Path:
    layers = layers or classifier.base.config.num_hidden_layers
    return cache / "vectors" / _fingerprint(classifier, tokens, weights, layers)


def _kept(folder: Path | None, texts: int) -> np.ndarray | None:
    """The vectors in an entry; None: there are none, or a broken entry was removed."""
    if folder is None:
        return None
    cached = load_arrays(folder, ("vectors",), mapped="vectors")
    if cached is not None and cached["vectors"].shape[0] == texts:
        return cached["vectors"]
    if cached is not None:
        remove_entry(folder)
    return None


def _keep(made: np.ndarray, folder: Path | None) -> np.ndarray:
    if folder is None or not store_arrays({"vectors": made}, folder):
        return made
    stored = load_arrays(folder, ("vectors",), mapped="vectors")
    return stored["vectors"] if stored else made


def _width(classifier: SequenceClassifier) -> int:
    assert classifier.head is not None  # noqa: S101
    return classifier.head.in_features


def _computed(classifier: SequenceClassifier, tokens: Tokens, advance: Callable[[int], None] | None) -> np.ndarray:
    result = np.empty((len(tokens), _width(classifier)), dtype=np.float32)
    for batch in prediction_batches(classifier, tokens, advance):
        result[batch.rows] = classifier.vectors(batch).cpu().numpy()
    return result


def _fingerprint(classifier: SequenceClassifier, tokens: Tokens, weights: str, layers: int) -> str:
    digest = hashlib.sha256()
    execution = classifier.execution.described()
    made_by = {name: execution[name].value for name in ("device", "precision", "execution", "layers", "attention")}
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
