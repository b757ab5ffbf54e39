"""Texts that a few steps learn, and a training on them."""

import json

import numpy as np

from encoders import minilm_folder
from tunelet.checkpoint import find_checkpoint
from tunelet.data import Tokens
from tunelet.model import new_classifier
from tunelet.recipe import AdapterSettings, ModelSettings, TrainingSettings
from tunelet.run import RunFolder
from tunelet.training import Silent, TrainingData, fit

LENGTH = 12  # tokens of each text


def toy_data(n: int = 64, *, rare: int = 2) -> TrainingData:
    """Texts whose first word tells the class; every `rare`-th is of class 1."""
    random = np.random.default_rng(0)

    def part(count: int) -> tuple[Tokens, np.ndarray]:
        labels = (np.arange(count) % rare == 0).astype(np.int64)
        ids = random.integers(2000, 3000, (count, LENGTH)).astype(np.int32)
        ids[:, 0], ids[:, -1] = 101, 102
        ids[:, 1:4] = np.where(labels[:, None] == 1, 2307, 6659)  # "great", "terrible"
        offsets = np.arange(count + 1, dtype=np.int64) * LENGTH
        return Tokens(ids.ravel(), offsets, truncated=0), labels

    train, train_labels = part(n)
    validation, validation_labels = part(32)
    return TrainingData(train, train_labels, validation, validation_labels)


def fitted(tmp_path, data=None, *, adapter=None, name="run", **settings):
    classifier = new_classifier(
        find_checkpoint(str(minilm_folder())),
        ("no", "yes"),
        ModelSettings(precision="float32", device="cpu", layers=3),
        AdapterSettings(**(adapter or {})),
        seed=1,
    )
    folder = RunFolder(tmp_path / name)
    folder.start()
    outcome = fit(classifier, data or toy_data(), TrainingSettings(**settings), folder, Silent())
    history = [json.loads(line) for line in folder.history.read_text().splitlines()]
    return classifier, outcome, history
