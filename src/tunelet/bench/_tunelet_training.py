"""tunelet's training: the step of its loop, on the same texts as the stock stack's."""

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from tunelet.bench.harness._phases import Phases, grouped, shuffled
from tunelet.bench.harness._subject import Subject
from tunelet.bench.harness._worker import Desk
from tunelet.bench.rivals._stock_training import Turn, _grouped_order, waited
from tunelet.data import Tokens

if TYPE_CHECKING:
    from tunelet.training import TrainingStep


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
    step = training_step(
        subject, precision, tokens, subject.labels(), rate=rate, batch_size=phases.batch_size, mean=mean
    )
    lengths, classifier = tokens.lengths, step.objective.model
    if classifier.packing is None:
        batches = grouped(_grouped_order(lengths, phases.batch_size, subject.seed), lengths, phases)
    else:
        batches = shuffled(lengths, phases, chunk=chunk, seed=subject.seed)
    with classifier.training_mode():
        for phase in batches:
            if not desk.wait():
                return
            seconds, counts, losses = [], [], []
            for rows in phase:
                begin = time.perf_counter()
                done = step([rows])
                seconds.append(time.perf_counter() - begin)
                counts.append(done.tokens)
                losses.append(done.summed / done.texts)
            seconds[-1] += waited(subject.device)
            desk.report(Turn(tuple(seconds), tuple(counts), tuple(map(float, losses)), choices(classifier)))


def choices(classifier: Any) -> dict[str, dict[str, str]]:
    """How a classifier runs: what was chosen, each with its reason."""
    return {name: asdict(choice) for name, choice in classifier.execution.described().items()}


def training_step(
    subject: Subject,
    precision: str,
    tokens: Tokens,
    labels: np.ndarray,
    *,
    rate: float,
    batch_size: int,
    mean: bool = False,
) -> "TrainingStep":
    """The step that `tunelet.training.fit` takes, for an epoch of these texts; "auto": in the machine's precision."""
    from tunelet.errors import ModelError
    from tunelet.model import new_classifier
    from tunelet.recipe import AdapterSettings, ModelSettings, TrainingSettings
    from tunelet.training import Classification, Length, Silent, TrainingData, TrainingStep

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
    chosen = classifier.execution.precision
    if precision not in ("auto", chosen.value):
        raise ModelError(f"runs in {chosen.value} instead: {chosen.reason}", "`tunelet doctor` shows what runs here")
    training = TrainingSettings(
        epochs=1, batch_size=batch_size, learning_rate=rate, head_learning_rate=rate, seed=subject.seed
    )
    objective = Classification(classifier, TrainingData(tokens, labels, None, None), training, Silent())
    return TrainingStep.of(objective, training, Length.of(training, tokens.lengths).steps)
