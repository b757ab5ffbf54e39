"""Everything that is fitted on the way to the model that is kept: the probe, the adapter, once or once a fold.

Held-out rows pick the epoch, as ever. In a cross-validation nothing is picked: each fold's model is trained to its end
and predicts the texts that it did not see, so that these predictions are those of the whole procedure, and one more is
then trained on all texts.

Where there are texts without labels every model that was trained is a teacher, and a student is trained after it
(`_self_training`). In a cross-validation what is kept is decided before the last trainings, so that a student of all
texts is trained only where the folds' students were better, and the run's history is that of what is kept.
"""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunelet.evaluation import STUDENT, Baseline, Kept, Predictions, Probe, choose_kept
from tunelet.experiment._plan import Plan
from tunelet.experiment._rivals import ALL, Labelled, Rivals
from tunelet.experiment._trainings import Trainings
from tunelet.model import SequenceClassifier
from tunelet.run import RunFolder
from tunelet.training import Outcome, Reporter

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Fitted:
    """What was fitted, the classifier's own weights apart, which are in it.

    Attributes:
        outcome: of the training of the classifier, on all training texts; tokens and seconds are those of all other
            trainings, too, and elapsed counts all that was done here.
        validation: what the classifier makes of the validation texts; of a fold's, the one that did not see them.
        probe: logistic regression on the frozen encoder; None: not asked for.
        baseline: logistic regression on TF-IDF; None: not asked for.
        kept: which of these is the model from here on; the classifier's weights, and `validation`, are those of it.
        rivals: for each of these that is there, "probe" and "baseline", what it makes of the validation texts.
        test: what each of them makes of the test texts, empty where there are none.
    """

    outcome: Outcome
    validation: Predictions
    probe: Probe | None
    baseline: Baseline | None
    kept: Kept
    rivals: dict[str, Predictions]
    test: dict[str, Predictions]


def fit_all(
    plan: Plan, classifier: SequenceClassifier, weights: str | None, folder: RunFolder, progress: Reporter
) -> Fitted:
    """Fit the probe and the classifier, and predict the validation texts with both.

    Args:
        plan: what was planned.
        classifier: as `new_classifier` made it; what was learnt from all training texts is in it afterwards.
        weights: fingerprint of the checkpoint; None: they are random.
        folder: of the run.
        progress: where to show how it goes.
    """
    return _Fitting(plan, classifier, weights, folder, progress).run()


class _Fitting:
    def __init__(
        self, plan: Plan, classifier: SequenceClassifier, weights: str | None, folder: RunFolder, progress: Reporter
    ) -> None:
        self.begun = time.monotonic()
        self.plan, self.classifier, self.folder, self.progress = plan, classifier, folder, progress
        self.labelled = Labelled.of(plan)
        # Before anything is trained: afterwards the encoder is another.
        self.rivals = Rivals(plan, self.labelled, classifier, weights, progress)
        self.trainings = Trainings(plan, self.labelled, classifier, self.rivals, progress)

    def run(self) -> Fitted:
        """The trainings, and the choice of what is kept."""
        before, rivals, solved = time.monotonic(), self.rivals, self.classifier.method == "head"
        if solved:
            outcome, kept = self._untrained(), self._choose(None, None)
        elif self.plan.prepared.folds:
            outcome, kept = self._cross_validated()
        else:
            outcome, kept = self._held_out()
        outcome = replace(outcome, elapsed=outcome.elapsed + before - self.begun)
        if kept.name == "probe":
            self.trainings.begin(ALL)
        probe = rivals.probes[ALL] if rivals.probes and not solved else None  # else it is the model
        others = {name: made for name, made in rivals.predictions.items() if not (solved and name == "probe")}
        return Fitted(outcome, kept.predictions, probe, rivals.baseline, kept, others, rivals.test)

    def _choose(self, adapter: "NDArray[np.float64] | None", student: "NDArray[np.float64] | None") -> Kept:
        """What is kept, by the probabilities of the validation texts."""
        own, learnt = (None if made is None else self._validated(made) for made in (adapter, student))
        return choose_kept(own, self.rivals.predictions.get("probe"), self.rivals.blended, learnt)

    def _untrained(self) -> Outcome:
        """What a training comes to that is none, for the head is solved."""
        self.folder.history.touch()
        tokens = self.plan.tokens["train"].total
        return Outcome(0, 0, None, steps=0, tokens=tokens, seconds=0.0, elapsed=0.0, validation=None)

    def _held_out(self) -> tuple[Outcome, Kept]:
        """A training on the training texts; the validation texts pick the epoch, and what is kept."""
        trainings = self.trainings
        if self.plan.unlabelled is None:
            outcome = trainings.teach(ALL, self.folder)
            return outcome, self._choose(_said(outcome), None)
        # Which of the two the run's history tells of is known in the end: each has a folder of its own.
        places = {name: self.folder.training(name) for name in ("teacher", "student")}
        with self.progress.part("teacher"):
            teacher = trainings.teach(ALL, places["teacher"])
            trainings.ask(ALL, places["teacher"])
        weights = trainings.weights()
        with self.progress.part("student"):
            student = trainings.study(ALL, places["student"], _said(teacher))
        kept = self._choose(_said(teacher), _said(student))
        if kept.name != STUDENT:
            trainings.put(weights)
        name, outcome = ("student", student) if kept.name == STUDENT else ("teacher", teacher)
        self.folder.write_text(self.folder.history, places[name].history.read_text(encoding="utf-8"))
        return trainings.in_all(outcome), kept

    def _cross_validated(self) -> tuple[Outcome, Kept]:
        """A training for each fold, the choice by what these make of their texts, and a training on all texts."""
        folds, predicted = self.plan.prepared.folds, self.plan.prepared.predicted_rows
        trainings, folder, students = self.trainings, self.folder, self.plan.unlabelled is not None
        made, learnt = (np.zeros((len(self.labelled.labels), len(self.labelled.names))) for _ in range(2))
        shared = trainings.shared(folder)
        for number, held_out in enumerate(folds):
            place = folder.training(f"fold-{number + 1}")
            with self.progress.part(self._part(number)):
                made[held_out] = _said(trainings.teach(number, place, shared))
                trainings.ask(number, place)
        for number, held_out in enumerate(folds if students else ()):
            with self.progress.part(f"{self._part(number)}, student"):
                learnt[held_out] = _said(trainings.study(number, folder.training(f"student-{number + 1}"), made))
        kept = self._choose(made[predicted], learnt[predicted] if students else None)
        if kept.name != STUDENT:
            return trainings.in_all(trainings.teach(ALL, folder, shared)), kept
        place = folder.training("teacher")
        with self.progress.part("teacher"):
            trainings.teach(ALL, place, shared)
            trainings.ask(ALL, place)
        with self.progress.part("student"):
            outcome = trainings.study(ALL, folder, made)
        return trainings.in_all(outcome), kept

    def _part(self, number: int) -> str:
        """What a fold is called on the screen."""
        folds = len(self.plan.prepared.folds)
        return f"fold {number + 1}/{folds}" if folds > 1 else "without the held-out texts"

    def _validated(self, probabilities: "NDArray[np.float64]") -> Predictions:
        """As predictions of the validation texts."""
        return Predictions(
            self.plan.prepared.validation.ids, self.labelled.names, self.labelled.held_out, probabilities
        )


def _said(outcome: Outcome) -> "NDArray[np.float64]":
    """Probabilities of the texts that a training was given to validate by."""
    assert outcome.validation is not None  # noqa: S101
    return outcome.validation.probabilities
