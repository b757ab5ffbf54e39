"""The frozen encoder's vectors of a training file's texts: what rules for few texts are tried on, in seconds a draw."""

from dataclasses import dataclass

import numpy as np
from accuracy_data import parts
from numpy.typing import NDArray

from tunelet.data import Examples, ordered, tokenise

SIZES, DRAWS, OTHERS = (8, 16, 32, 64), 5, 1_500
_TEXTS = {"imdb": 3_000, "long_reviews": 1_400}  # that vectors are computed of, where they are long
_MOST_TEXTS, _MOST_DRAWN = 5_000, 1_200


@dataclass(frozen=True, eq=False)
class FrozenTexts:
    """Some texts of a training file.

    Attributes:
        examples: n texts with their labels.
        labels: int64 [n].
        classes: how many.
        vectors: means over tokens after each of the last half of the layers, float32 [layers, n, width].
    """

    examples: Examples
    labels: NDArray[np.int64]
    classes: int
    vectors: NDArray[np.float32]

    @property
    def sizes(self) -> list[int]:
        """Texts a class that can be drawn; too many in all are left out."""
        most = min(int(np.bincount(self.labels).min()), _MOST_DRAWN // self.classes)
        return [size for size in SIZES if size <= most]


def frozen_texts(name: str) -> FrozenTexts:
    """Of a data set that `accuracy_data` knows."""
    train, _ = parts(name)
    examples = train.take(np.random.default_rng(0).permutation(len(train))[: _TEXTS.get(name, _MOST_TEXTS)])
    names = ordered(examples.labels)
    place = {label: number for number, label in enumerate(names)}
    labels = np.array([place[label] for label in examples.labels])
    return FrozenTexts(examples, labels, len(names), _vectors(examples.texts, tuple(names)))


def _vectors(texts: tuple[str, ...], names: tuple[str, ...]) -> NDArray[np.float32]:
    from tunelet.checkpoint import find_checkpoint
    from tunelet.model import load_tokenizer, new_classifier, prediction_batches
    from tunelet.recipe import AdapterSettings, ModelSettings

    checkpoint = find_checkpoint("minilm")
    tokens = tokenise(texts, load_tokenizer(checkpoint.path), max_length=256)
    classifier = new_classifier(
        checkpoint, names, ModelSettings(), AdapterSettings(method="head"), seed=1, pooling="mean"
    )
    depth, width = int(classifier.base.config.num_hidden_layers), int(classifier.base.config.hidden_size)
    vectors = np.empty((depth // 2 + 1, len(tokens), width), dtype=np.float32)
    for batch in prediction_batches(classifier, tokens):
        vectors[:, batch.rows] = classifier.vectors_by_layer(batch)[-len(vectors) :].numpy()
    return vectors
