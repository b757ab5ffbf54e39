"""All fitting on the way to the model that is kept: the probes, TF-IDF and the adapter, once or once for each fold.

Held-out rows choose the epoch. In a cross-validation no epoch is chosen: each fold's model is trained to its end and
predicts the texts that it has not seen, so that these predictions measure the whole procedure. One more model is then
trained on all texts.

Where there are texts without labels, every trained model is a teacher, and a student is trained after it
(`_self_training`). In a cross-validation the choice between the two comes before the last trainings, so that a student
of all texts is trained only where the folds' students were better. The run's history is that of the kept model.
"""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunelet.data import PLAIN
from tunelet.evaluation import STUDENT, Kept, Probe, ShapedPredictions, predictions_for, scores_of
from tunelet.experiment._fold_jobs import fold_name, train_folds
from tunelet.experiment._keeping import CHOICES, choose_by_shares
from tunelet.experiment._linear_models import AnyBaseline
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
    """The results of fitting, but for the weights, which are in the classifier.

    Attributes:
        outcome: of the classifier's training on all training texts; its tokens and seconds include all other
            trainings, and elapsed includes everything that is done here.
        validation: the kept model's predictions for the validation texts; in a cross-validation each text's are by a
            model that has not seen it.
        probe: a linear model on the frozen encoder; None: the recipe wants none, or it is the model itself.
        baseline: a linear model of TF-IDF; None: the recipe wants none.
        kept: the choice of the model that is kept, whose weights the classifier has.
        rivals: predictions of "probe" and "baseline" for the validation texts.
        test: their predictions for the test texts; empty where there are none.
    """

    outcome: Outcome
    validation: ShapedPredictions
    probe: Probe | None
    baseline: AnyBaseline | None
    kept: Kept
    rivals: dict[str, ShapedPredictions]
    test: dict[str, ShapedPredictions]


def fit_all(
    plan: Plan, classifier: SequenceClassifier, weights: str | None, folder: RunFolder, progress: Reporter
) -> Fitted:
    """Fit the probe and the classifier, and predict the validation texts with both.

    Args:
        plan: of the run.
        classifier: as `new_classifier` returns it; afterwards it has the weights of the kept model.
        weights: fingerprint of the checkpoint; None: its weights are random.
        folder: of the run.
        progress: to report to.
    """
    return _Fitting(plan, classifier, weights, folder, progress).run()


class _Fitting:
    def __init__(
        self, plan: Plan, classifier: SequenceClassifier, weights: str | None, folder: RunFolder, progress: Reporter
    ) -> None:
        self.begun = time.monotonic()
        self.plan, self.classifier, self.folder, self.progress = plan, classifier, folder, progress
        self.labelled = Labelled.of(plan)
        # Before any training, which changes the encoder.
        self.rivals = Rivals(plan, self.labelled, classifier, weights, progress)
        self.trainings = Trainings(plan, self.labelled, classifier, self.rivals, progress)

    def run(self) -> Fitted:
        """Run all trainings, and choose the model that is kept."""
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
        self._give_numbers()
        probe = rivals.probes[ALL] if rivals.probes and not solved else None  # else it is the model
        others = dict(rivals.predictions)
        if solved:
            others.pop("probe", None)
        return Fitted(outcome, kept.predictions, probe, rivals.baseline, kept, others, rivals.test)

    def _choose(self, adapter: "NDArray[np.float64] | None", student: "NDArray[np.float64] | None") -> Kept:
        """Choose the model that is kept, by probabilities for the validation texts."""
        trained, taught = (None if each is None else self._validated(each) for each in (adapter, student))
        # Of texts in windows a probe is the mean, and with another pooling no model that the classifier could become.
        probe = self.rivals.predictions.get("probe") if self.classifier.windows.pooling == "mean" else None
        if self.labelled.shares is not None:
            return choose_by_shares(self.labelled.shares, {"probe": probe, "adapter": trained, STUDENT: taught})
        return CHOICES[self.labelled.space.task](trained, probe, self.rivals.blended, taught)

    def _untrained(self) -> Outcome:
        """The outcome of a run without a training, whose head is solved."""
        self.folder.history.touch()
        tokens = self.plan.tokens["train"].total
        return Outcome(0, 0, None, steps=0, tokens=tokens, seconds=0.0, elapsed=0.0, validation=None)

    def _held_out(self) -> tuple[Outcome, Kept]:
        """Train on the training texts; the validation texts choose the epoch, and the model that is kept."""
        trainings = self.trainings
        if self.plan.unlabelled is None:
            outcome = trainings.teach(ALL, self.folder)
            return outcome, self._choose(_said(outcome), None)
        # The run's history is that of the kept one, which is known only at the end, so each has a folder of its own.
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
        """Train once for each fold, choose by the predictions for held-out texts, and train on all texts."""
        folds, predicted = self.plan.prepared.folds, self.plan.prepared.predicted_rows
        trainings, folder, students = self.trainings, self.folder, self.plan.unlabelled is not None
        shape = len(self.labelled.labels), self.labelled.columns
        of_teachers, of_students = (np.zeros(shape) for _ in range(2))
        shared = trainings.shared(folder)
        if not self.plan.place.is_here and len(folds) > 1:
            train_folds(self.plan, self.labelled, self.rivals.probes, self.progress)
        for number, held_out in enumerate(folds):
            place = folder.training(fold_name(number))
            with self.progress.part(self._part(number)):
                of_teachers[held_out] = _said(trainings.teach(number, place, shared))
                trainings.ask(number, place)
        for number, held_out in enumerate(folds if students else ()):
            with self.progress.part(f"{self._part(number)}, student"):
                of_students[held_out] = _said(
                    trainings.study(number, folder.training(f"student-{number + 1}"), of_teachers)
                )
        kept = self._choose(of_teachers[predicted], of_students[predicted] if students else None)
        if kept.name != STUDENT:
            return trainings.in_all(trainings.teach(ALL, folder, shared)), kept
        place = folder.training("teacher")
        with self.progress.part("teacher"):
            trainings.teach(ALL, place, shared)
            trainings.ask(ALL, place)
        with self.progress.part("student"):
            outcome = trainings.study(ALL, folder, of_teachers)
        return trainings.in_all(outcome), kept

    def _give_numbers(self) -> None:
        """Let the classifier give numbers in the unit of the data, and no longer in that of its training."""
        if self.labelled.unit != PLAIN:
            self.classifier.give_numbers(self.labelled.unit)

    def _part(self, number: int) -> str:
        """The name of a fold's training on the screen."""
        folds = len(self.plan.prepared.folds)
        return f"fold {number + 1}/{folds}" if folds > 1 else "without the held-out texts"

    def _validated(self, probabilities: "NDArray[np.float64]") -> ShapedPredictions:
        """Probabilities of the validation texts, as predictions."""
        labelled, ids = self.labelled, self.plan.prepared.validation.ids
        return predictions_for(labelled.space.task, ids, labelled.names, labelled.held_out, probabilities)


def _said(outcome: Outcome) -> "NDArray[np.float64]":
    """A training's probabilities for its validation texts, or its numbers [n, 1]."""
    assert outcome.validation is not None  # noqa: S101
    return scores_of(outcome.validation)
