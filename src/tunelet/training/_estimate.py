"""How long a run will take: all that there is to do, at measured rates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet.data import Tokens
from tunelet.model import SequenceClassifier
from tunelet.recipe import TrainingSettings
from tunelet.training._activations import keeps_activations
from tunelet.training._length import Length, fold_settings
from tunelet.training._rates import Rates, time_steps
from tunelet.training._student import Mix


@dataclass(frozen=True, eq=False)
class Work:
    """What there is to do in a run, beside the settings of its training.

    Attributes:
        lengths: tokens of the training texts, int64 [n].
        validation: tokens of the texts that pick the weights, whenever these are evaluated; 0: there are none.
        test: tokens of the texts that are evaluated once.
        folds: of a cross-validation before the training on all texts, the rows that each holds out.
        trained: whether there are optimizer steps; else the head is solved on vectors of the frozen encoder.
        unlabelled: tokens of the texts without labels that every training's teacher answers and its student learns
            from, int64 [m]; None: there are none.
        known: tokens of those texts whose vectors, which the probe reads, are in the cache.
    """

    lengths: NDArray[np.int64]
    validation: int = 0
    test: int = 0
    folds: Sequence[NDArray[np.int64]] = ()
    trained: bool = True
    unlabelled: NDArray[np.int64] | None = None
    known: int = 0


@dataclass(frozen=True)
class Estimate:
    """How long a run will take.

    Attributes:
        training_rate, evaluation_rate: tokens per second.
        training_seconds: of all optimizer steps.
        evaluation_seconds: of all evaluations, and of texts that the frozen encoder reads once.
        frozen_seconds: of the layers below the lowest adapter, once for all epochs; 0: nothing is kept of them, and the
            other figures include them.
        trainings: seconds of each training: of every fold, then on all texts; a student's count with its teacher's.
        slowness: of the machine, as `Rates` has it.
        vector_seconds: those of `evaluation_seconds` in which the probe's vectors are made, once for all seeds.
    """

    training_rate: float
    evaluation_rate: float
    training_seconds: float
    evaluation_seconds: float
    frozen_seconds: float
    trainings: tuple[float, ...] = ()
    slowness: float = 1.0
    vector_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """Of the whole run."""
        return self.training_seconds + self.evaluation_seconds + self.frozen_seconds


def estimate_time(
    classifier: SequenceClassifier,
    train: Tokens,
    settings: TrainingSettings,
    *,
    validation: Tokens | None = None,
    test: Tokens | None = None,
    folds: Sequence[np.ndarray] = (),
    rates: Rates | None = None,
    unlabelled: NDArray[np.int64] | None = None,
    known: int = 0,
) -> Estimate:
    """Time a few training and evaluation batches; weights, gradients and random states are left as they were.

    Args:
        classifier: the model as it will be trained.
        train: the training texts.
        settings: the recipe's training section.
        validation: the texts that pick the weights, whenever these are evaluated.
        test: the texts that are evaluated once.
        folds: of a cross-validation before the training on all texts, the rows that each holds out.
        rates: that were measured before; None: they are measured now.
        unlabelled: tokens of the texts without labels, int64 [m]; None: there are no students.
        known: tokens of those texts whose vectors are in the cache.
    """
    solved = classifier.method == "head" and classifier.head is not None  # as a probe is, by logistic regression
    keeps = not solved and keeps_activations(classifier, settings, Length.of(settings, train.lengths))
    rates = rates or time_steps(classifier, train, settings, apart=keeps)
    work = Work(
        train.lengths,
        0 if validation is None else validation.total,
        0 if test is None else test.total,
        folds,
        trained=not solved,
        unlabelled=unlabelled,
        known=known,
    )
    return expect(rates, settings, work)


def expect(rates: Rates, settings: TrainingSettings, work: Work) -> Estimate:
    """The seconds of this work at measured rates."""
    training = evaluation = 0.0
    trainings = []
    kept = work.trained and Length.of(settings, work.lengths).epochs > 1  # nothing is kept that is read once
    slower = 0.0 if kept else 1 / rates.frozen
    for training_settings, lengths, evaluated, folded in _trainings(work, settings):
        length = Length.of(training_settings, lengths)
        steps = int(lengths.sum()) * length.passes * (1 / rates.training + slower)
        measured = evaluated * (1 if folded else length.evaluations()) / rates.evaluation
        if work.unlabelled is not None:
            mix = Mix.of(settings, lengths, work.unlabelled)
            steps += _of_student(rates, mix)
            measured += evaluated * (1 if folded else mix.length.evaluations()) / rates.evaluation
            measured += int(work.unlabelled.sum()) / rates.evaluation  # the teacher's answers
        training, evaluation = training + steps, evaluation + measured
        trainings.append(steps + measured)
    vectors = 0
    if settings.probe or not work.trained:
        vectors = int(work.lengths.sum()) + work.validation + work.test - work.known
    return Estimate(
        training_rate=rates.training,
        evaluation_rate=rates.evaluation,
        training_seconds=training,
        evaluation_seconds=evaluation + (work.test + vectors) / rates.evaluation,
        frozen_seconds=(int(work.lengths.sum()) + work.validation) / rates.frozen if kept else 0.0,
        trainings=tuple(trainings),
        slowness=rates.slowness,
        vector_seconds=vectors / rates.evaluation,
    )


def _of_student(rates: Rates, mix: Mix) -> float:
    """Seconds of a student's steps; it runs the frozen layers once for each text, however many its epochs are."""
    tokens, passes = int(mix.lengths.sum()), mix.length.passes
    return tokens * (passes / rates.training + min(passes, 1.0) / rates.frozen)


def _trainings(work: Work, settings: TrainingSettings) -> list[tuple[TrainingSettings, NDArray[np.int64], int, bool]]:
    """Of each training its settings, its texts' lengths, the tokens it is evaluated on, and whether it is a fold's."""
    if not work.trained:
        return []
    lengths = work.lengths
    folds = [
        (fold_settings(settings, lengths, rows), np.delete(lengths, rows), int(lengths[rows].sum()), True)
        for rows in work.folds
    ]
    return [*folds, (settings, lengths, work.validation, False)]
