"""One call that trains a classifier, from its texts to what came of it."""

import torch

from tunelet.model import SequenceClassifier
from tunelet.recipe import TrainingSettings
from tunelet.run import RunFolder, TrainingFolder
from tunelet.training._checkpoint import Weights
from tunelet.training._classification import Classification
from tunelet.training._data import Outcome, TrainingData
from tunelet.training._loop import TrainingLoop
from tunelet.training._pace import Allowance
from tunelet.training._reporter import Reporter
from tunelet.training._step import Helpers


def fit(
    classifier: SequenceClassifier,
    data: TrainingData,
    settings: TrainingSettings,
    folder: RunFolder | TrainingFolder,
    reporter: Reporter,
    allowance: Allowance | None = None,
    helpers: Helpers | None = None,
) -> Outcome:
    """Train a classifier in place and leave in it the weights of its best evaluation, or the last ones.

    Writes history and checkpoints into `folder`; goes on from the newest checkpoint that lies there. The same seed,
    data and machine give bit-identical weights on a CPU, resumed or not.

    Args:
        classifier: as `new_classifier` made it.
        data: training and validation texts.
        settings: the recipe's training section.
        folder: of the run, or of one of its trainings.
        reporter: follows the training.
        allowance: the time that this training has; None: as many steps as the settings say.
        helpers: who computes gradients; None: this process.

    Raises:
        RecipeError: the loss is no number any more.
        DataError: the metric that picks the epoch is undefined on the validation texts.
        RunError: the disk refuses, or a checkpoint cannot be read.
    """
    objective = Classification(classifier, data, settings, reporter)
    loop = TrainingLoop(objective, settings, folder, reporter, allowance, helpers)
    loop.resume()
    if helpers is None:
        objective.keep_activations(loop.pace.length, folder.checkpoints)
    loop.run()
    position = loop.position
    if data.validation is not None:
        if data.select:
            _put(classifier, loop.best)
        if objective.predictions is None:  # the evaluation was in an earlier session
            objective.predictions = objective.predict(position.step)
    loop.note_time()
    return Outcome(
        epochs=position.epoch,
        best_epoch=position.epoch if position.best is None else position.best_epoch + 1,
        best=position.best,
        steps=position.step,
        tokens=position.tokens,
        seconds=position.seconds,
        elapsed=position.elapsed,
        validation=objective.predictions,
    )


def _put(classifier: SequenceClassifier, weights: Weights) -> None:
    with torch.no_grad():
        for name, parameter in classifier.trained_parameters().items():
            parameter.copy_(weights[name])
