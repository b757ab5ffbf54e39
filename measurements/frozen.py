"""The frozen encoder's vectors of a training file's texts: what rules for few texts are tried on, in seconds a draw."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_data import SOURCES, draw_within, parts
from numpy.typing import NDArray

from tunelet.data import Examples, ordered, tokenise

SIZES, _DRAWS, _OTHERS = (8, 16, 32, 64), 5, 1_500
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


def measure(name: str, measured: Callable[[FrozenTexts, Any, Any], dict[str, Any]]) -> list[dict[str, Any]]:
    """All draws of a data set, each measured from its texts, the rows to learn from, and those to measure on."""
    texts = frozen_texts(name)
    found = []
    for size in texts.sizes:
        for draw in range(1, _DRAWS + 1):
            rows, others = draw_within(texts.labels, size, draw, _OTHERS)
            found.append({"data": name, "size": size, "draw": draw} | measured(texts, rows, others))
    return found


def rules_table(found: list[dict[str, Any]], names: Sequence[str]) -> str:
    """Accuracy of rules by data set and size, mean over draws; then the means over all, log loss too."""
    cells = sorted(
        {(line["data"], line["size"]) for line in found}, key=lambda cell: (list(SOURCES).index(cell[0]), cell)
    )
    lines = [f"| data | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    for data, size in cells:
        here = [line["rules"] for line in found if (line["data"], line["size"]) == (data, size)]
        means = (np.mean([rules[name]["accuracy"] for rules in here]) for name in names)
        lines.append(f"| {data}, {size} a class | {' | '.join(f'{value:.3f}' for value in means)} |")
    for word, key in (("accuracy", "accuracy"), ("log loss", "log_loss")):
        means = (np.mean([line["rules"][name][key] for line in found]) for name in names)
        lines.append(f"| *all: {word}* | {' | '.join(f'{value:.3f}' for value in means)} |")
    return "\n".join(lines)


def run(
    about: str | None,
    measured: Callable[[FrozenTexts, Any, Any], dict[str, Any]],
    table: Callable[[list[dict[str, Any]]], str],
) -> None:
    """The command of a measurement: its lines into a file, and its table on the screen."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=list(SOURCES), default=list(SOURCES))
    parser.add_argument("--out", type=Path, help="JSON file of the measurement")
    arguments = parser.parse_args()
    found = [line for name in arguments.data for line in measure(name, measured)]
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(found))


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
