"""tunelet's training: the steps of the genuine loop, on the same texts as the stock stack's."""

import time
from typing import Any

import numpy as np

from tunelet.bench.harness._phases import Phases, grouped, shuffled
from tunelet.bench.harness._subject import Subject
from tunelet.bench.harness._worker import Desk
from tunelet.bench.rivals._stock_training import Turn, _grouped_order
from tunelet.data import Tokens


def train_tunelet(
    desk: Desk, subject: Subject, precision: str, phases: Phases, chunk: int, rate: float, mean: bool = False
) -> None:
    """A worker that trains with tunelet; reports a `Turn` for each phase.

    Args:
        desk: asks for the phases.
        subject: the model and its texts.
        precision: "float32", "bfloat16" or whatever else the recipe's model section takes.
        phases: how many steps of each phase.
        chunk: steps that hold the sample's lengths together.
        rate: peak learning rate.
        mean: whether a linear head reads the mean of the tokens, instead of the architecture's own the first.
    """
    tokens = subject.tokens()
    loop = training_loop(
        subject, precision, tokens, subject.labels(), rate=rate, batch_size=phases.batch_size, mean=mean
    )
    lengths = tokens.lengths
    if loop.classifier.packing is None:
        batches = grouped(_grouped_order(lengths, phases.batch_size, subject.seed), lengths, phases)
    else:
        batches = shuffled(lengths, phases, chunk=chunk, seed=subject.seed)
    with loop.classifier.training_mode():
        for phase in batches:
            if not desk.wait():
                return
            seconds, counts, losses = [], [], []
            for rows in phase:
                begin = time.perf_counter()
                loss, count = loop.step([rows])  # ends in reading the loss: a GPU is waited for
                seconds.append(time.perf_counter() - begin)
                counts.append(count)
                losses.append(loss / len(rows))
            desk.report(Turn(tuple(seconds), tuple(counts), tuple(losses), choices(loop.classifier)))


def choices(classifier: Any) -> dict[str, dict[str, str]]:
    """How a classifier runs: what was chosen, each with its reason."""
    described = classifier.execution.described()
    return {name: {"value": choice.value, "reason": choice.reason} for name, choice in described.items()}


def training_loop(
    subject: Subject,
    precision: str,
    tokens: Tokens,
    labels: np.ndarray,
    *,
    rate: float,
    batch_size: int,
    mean: bool = False,
) -> Any:
    """The loop of `tunelet.training.fit`, ready to step through one epoch of these texts."""
    from tunelet.errors import ModelError
    from tunelet.model import new_classifier
    from tunelet.recipe import AdapterSettings, ModelSettings, TrainingSettings
    from tunelet.run import RunFolder
    from tunelet.training import Fit, Silent, TrainingData

    settings = ModelSettings.model_validate(
        {"precision": precision, "device": subject.device, "random_weights": subject.random_weights}
    )
    classifier = new_classifier(
        subject.checkpoint,
        subject.label_names,
        settings,
        AdapterSettings(),
        seed=subject.seed,
        pooling="mean" if mean else None,
    )
    found = classifier.execution.precision
    if found.value != precision:
        raise ModelError(f"runs in {found.value} instead: {found.reason}", "`tunelet doctor` shows what runs here")
    training = TrainingSettings(
        epochs=1, batch_size=batch_size, learning_rate=rate, head_learning_rate=rate, seed=subject.seed
    )
    folder = RunFolder(subject.folder / f"run-{precision}")
    return Fit(classifier, TrainingData(tokens, labels, tokens, labels), training, folder, Silent())
