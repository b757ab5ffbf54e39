"""The trainings of a run, all from the same initial weights: for each fold and on all texts, teachers and students."""

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from tunelet._array_cache import load_arrays, store_arrays
from tunelet.evaluation import Probe, log_probabilities, positive_index
from tunelet.experiment._plan import Plan
from tunelet.experiment._rivals import ALL, Labelled
from tunelet.experiment._self_training import Answers, soft_labels
from tunelet.experiment._shared_steps import shared_steps
from tunelet.model import SequenceClassifier, logits
from tunelet.recipe import TrainingSettings
from tunelet.run import RunFolder, TrainingFolder
from tunelet.training import (
    GIB,
    Activations,
    Allowance,
    HiddenStates,
    Length,
    Mix,
    Outcome,
    Reporter,
    TrainingData,
    fit,
    keeps_activations,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunelet.data import Tokens


class Heads(Protocol):
    """What trainings take of a run's linear models."""

    @property
    def probes(self) -> "Sequence[Probe] | Mapping[int, Probe]":
        """The heads that trainings begin with, by the training's number; empty: random ones."""

    def tfidf(self, number: int) -> "Answers | None":
        """As `Rivals` has it."""


class Trainings:
    """The trainings of a run, one after the other in one classifier.

    Attributes:
        outcomes: of the trainings so far.
    """

    def __init__(
        self, plan: Plan, labelled: Labelled, classifier: SequenceClassifier, rivals: "Heads", progress: Reporter
    ) -> None:
        """Keep the initial weights; nothing is trained yet.

        Args:
            plan: of the run.
            labelled: the plan's labelled texts.
            classifier: as `new_classifier` returns it.
            rivals: whose probes are the heads that trainings begin with, and whose TF-IDF helps teachers.
            progress: to report to.
        """
        self._plan, self._labelled, self._classifier, self._rivals = plan, labelled, classifier, rivals
        self._progress = progress
        self._settings = plan.recipe.training
        one = labelled.space.task == "multiclass"
        self._positive = positive_index(labelled.names, plan.recipe.evaluation.positive) if one else None
        self._beginning = self.weights()
        self._answers: dict[int, NDArray[np.float64]] = {}  # of teachers, to the texts without labels
        self._asking = 0.0  # seconds
        self.outcomes: list[Outcome] = []

    def weights(self) -> dict[str, torch.Tensor]:
        """A copy of the classifier's trainable weights, by name."""
        return {name: parameter.detach().clone() for name, parameter in self._classifier.trained_parameters().items()}

    def put(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Copy these weights into the classifier."""
        with torch.no_grad():
            for name, parameter in self._classifier.trained_parameters().items():
                parameter.copy_(weights[name])

    def begin(self, number: int) -> None:
        """Put the classifier back to its initial weights, with the probe of this number as its head."""
        self.put(self._beginning)
        if probes := self._rivals.probes:
            probe, unit = probes[number], self._labelled.unit
            self._classifier.set_head((probe.weight / unit.scale).astype(np.float32), unit.outputs(probe.bias))

    def shared(self, folder: RunFolder) -> Activations | None:
        """The activations below the lowest adapter, which all folds share; None where they are not kept."""
        tokens = self._plan.tokens["train"]
        if not keeps_activations(self._classifier, self._settings, Length.of(self._settings, tokens.lengths)):
            return None
        self._progress.stage("frozen layers", tokens.total)
        limit = int(self._settings.activations_gib * GIB)
        advance = self._progress.advance
        kept = Activations(self._classifier, tokens, limit=limit, folder=folder.checkpoints, advance=advance)
        return kept if kept.kept else None

    def teach(self, number: int, place: RunFolder | TrainingFolder, shared: Activations | None = None) -> Outcome:
        """Train on the labelled texts that a fold does not hold out, or on all of them.

        Args:
            number: of the fold; `ALL`: all texts.
            place: folder of the training.
            shared: the activations that `shared` returned.
        """
        rows, folds, budget = self._labelled.rows[number], self._plan.prepared.folds, self._plan.budget
        kept: dict[str, HiddenStates] = {}
        if shared is not None:
            kept = {"train": shared}
            if number != ALL:
                kept = {"train": shared.subset(rows), "validation": shared.subset(folds[number])}
        position = number if number != ALL else len(folds)
        allowance = None if budget is None else budget.allowance(self._plan.estimate, position)
        settings = self._settings if number == ALL else self._plan.fold_settings(number)
        return self._fit(number, self._tokens(number), self._labelled.targets[rows], settings, place, kept, allowance)

    def ask(self, number: int, place: TrainingFolder) -> None:
        """Let the classifier, just trained, answer the texts without labels, where there are any.

        A resumed run reads the answers from its teacher's folder, for they may have taken as long as the training.
        """
        if self._plan.unlabelled is None:
            return
        tokens = self._plan.unlabelled.tokens
        shape = (len(tokens), len(self._labelled.names))
        known = (load_arrays(place.answers, ["logits"], "logits") or {}).get("logits")
        if known is None or known.shape != shape or known.dtype != np.float64:
            self._progress.stage("unlabelled texts", tokens.total)
            begun = time.monotonic()
            known = logits(self._classifier, tokens, self._progress.advance)
            self._asking += time.monotonic() - begun
            store_arrays({"logits": known}, place.answers)
        self._answers[number] = known

    def study(self, number: int, place: RunFolder | TrainingFolder, probabilities: "NDArray[np.float64]") -> Outcome:
        """Train the student of a teacher whose answers are there, from the same initial weights.

        Args:
            number, place: as `teach` has them.
            probabilities: by the teachers for the texts that they have not seen, [n, classes]: for the training texts
                where there are folds, else for the validation texts.
        """
        unlabelled, folds, known = self._plan.unlabelled, self._plan.prepared.folds, self._labelled
        assert unlabelled is not None  # noqa: S101  (without them there is no student)
        teachers = Answers(log_probabilities(probabilities), self._answers)
        labels = known.labels if folds else known.held_out
        soft = soft_labels(number, teachers, self._rivals.tfidf(number), labels, folds)
        labelled = self._tokens(number)
        mix = Mix.of(self._settings, labelled.lengths, unlabelled.tokens.lengths)
        texts, targets = mix.texts(labelled, unlabelled.tokens), mix.targets(known.targets[known.rows[number]], soft)
        return self._fit(number, texts, targets, mix.settings, place)

    def in_all(self, outcome: Outcome) -> Outcome:
        """One training's outcome, with the tokens and the time of all trainings and of the teachers' answers."""
        spent = {name: sum(getattr(each, name) for each in self.outcomes) for name in ("tokens", "seconds", "elapsed")}
        return replace(outcome, **spent | {"elapsed": spent["elapsed"] + self._asking})

    def _fit(
        self,
        number: int,
        train: "Tokens",
        labels: "NDArray[Any]",
        settings: TrainingSettings,
        place: RunFolder | TrainingFolder,
        kept: Mapping[str, HiddenStates] = MappingProxyType({}),
        allowance: Allowance | None = None,
    ) -> Outcome:
        """Train from the initial weights; the held-out texts of the fold, or the validation texts, validate it."""
        self.begin(number)
        folds, tokens = self._plan.prepared.folds, self._plan.tokens
        held_out = held_out_labels = shares = None
        if not folds:
            held_out, held_out_labels, shares = tokens["validation"], self._labelled.held_out, self._labelled.shares
        elif number != ALL:
            held_out, held_out_labels = tokens["train"].take(folds[number]), self._labelled.labels[folds[number]]
        data = TrainingData(
            train,
            labels,
            held_out,
            held_out_labels,
            validation_shares=shares,
            label_names=self._labelled.names,
            positive=self._positive,
            select=not folds,
            task=self._labelled.space.task,
            unit=self._labelled.unit,
            kept=kept,
        )
        if number != ALL:
            settings = settings.model_copy(update={"track": []})
        plan = self._plan
        shared = number == ALL and not plan.place.is_here and not folds and plan.unlabelled is None
        with (
            shared_steps(plan, self._labelled, self._classifier, self._progress) if shared else nullcontext() as helpers
        ):
            outcome = fit(self._classifier, data, settings, place, self._progress, allowance, helpers)
        self.outcomes.append(outcome)
        return outcome

    def _tokens(self, number: int) -> "Tokens":
        """The tokens of the training texts that a fold does not hold out, or of all."""
        tokens = self._plan.tokens["train"]
        return tokens if number == ALL else tokens.take(self._labelled.rows[number])
