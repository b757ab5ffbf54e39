"""Everything that is fitted on the way to the model that is kept: the probe, the adapter, once or once a fold.

Held-out rows pick the epoch, as ever. In a cross-validation nothing is picked: each fold's model is trained to its end
and predicts the texts that it did not see, so that these predictions are those of the whole procedure, and one more is
then trained on all texts.
"""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.special import softmax

from tunelet._cache import cache_folder
from tunelet._evaluate import label_indices
from tunelet._plan import Plan
from tunelet.data import Examples
from tunelet.evaluation import (
    Baseline,
    Kept,
    Predictions,
    Probe,
    baseline_out_of_fold,
    choose_kept,
    cross_validated_baseline,
    positive_index,
    train_baseline,
    train_probe,
)
from tunelet.model import SequenceClassifier, text_vectors
from tunelet.run import RunFolder
from tunelet.training import (
    GIB,
    Activations,
    Allowance,
    Length,
    Outcome,
    Progress,
    TrainingData,
    fit,
    keeps_activations,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunelet.data import Tokens


_BEGIN_WITH_ZERO = ("default", "gaussian")  # initialisations of LoRA whose B is 0
RIVALS = {"baseline": "TF-IDF + logistic regression", "probe": "frozen encoder + logistic regression"}


@dataclass(frozen=True, eq=False)
class Fitted:
    """What was fitted, the classifier's own weights apart, which are in it.

    Attributes:
        outcome: of the training of the classifier, on all training texts; tokens and seconds are those of the folds,
            too, and elapsed counts all that was done here.
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
    plan: Plan, classifier: SequenceClassifier, weights: str | None, folder: RunFolder, progress: Progress
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
        self, plan: Plan, classifier: SequenceClassifier, weights: str | None, folder: RunFolder, progress: Progress
    ) -> None:
        self.begun = time.monotonic()
        self.plan, self.classifier, self.weights, self.folder, self.progress = (
            plan, classifier, weights, folder, progress,
        )  # fmt: skip
        prepared = plan.prepared
        self.settings = plan.recipe.training
        self.names = prepared.label_names
        self.labels = label_indices(prepared.train, self.names, plan.reading.source)
        self.held_out = label_indices(prepared.validation, self.names, plan.reading.source)
        self.positive = positive_index(self.names, plan.recipe.evaluation.positive)
        self.begin = {name: p.detach().clone() for name, p in classifier.trained_parameters().items()}
        # All before anything is trained: afterwards the encoder is another.
        probes = classifier.head is not None and (self.settings.probe or classifier.method == "head")
        self.vectors = {part: self._vectors(part) for part in plan.parts} if probes else {}
        everything = np.arange(len(self.labels))
        self.rests = [np.setdiff1d(everything, held_out) for held_out in prepared.folds]
        # Of what each fold leaves, and of all training texts: baselines by themselves, and what a training begins with.
        self.probes = [self._solve(rows) for rows in (*self.rests, everything)] if probes else []

    def run(self) -> Fitted:
        """All of it: what costs seconds first."""
        prepared, recipe = self.plan.prepared, self.plan.recipe
        rivals: dict[str, Predictions] = {}
        test: dict[str, Predictions] = {}
        probe = baseline = None
        if self.vectors:
            probe = self.probes[-1]
            rivals["probe"] = self._predictions(prepared.validation, self._logits_of_probes())
            if prepared.test is not None:
                test["probe"] = self._predictions(prepared.test, probe.logits(self.vectors["test"]))
        if recipe.evaluation.baseline:
            self.progress.stage("baseline", 0)
            baseline, logits = self._baseline()
            rivals["baseline"] = self._predictions(prepared.validation, logits)
            if prepared.test is not None:
                test["baseline"] = self._predictions(prepared.test, baseline.logits(prepared.test.texts))
        for name, predictions in rivals.items():
            right = float((predictions.predicted == predictions.labels).mean())
            how = "by cross-validation" if len(prepared.folds) > 1 else "on validation texts"
            self.progress.say(f"{RIVALS[name]}: accuracy {right:.4f} {how}")
        adapter = None
        before = time.monotonic()
        if self.classifier.method == "head":
            outcome = self._untrained()
        elif prepared.folds:
            outcome, adapter = self._cross_validated()
        else:
            outcome, adapter = self._held_out()
        outcome = replace(outcome, elapsed=outcome.elapsed + before - self.begun)
        # A blend needs the baseline in the run folder, where it is not kept if no texts may be.
        blended = rivals.get("baseline") if recipe.evaluation.errors else None
        kept = choose_kept(adapter, rivals.get("probe"), blended)
        if kept.name == "probe":
            self._begin(-1)
        if self.classifier.method == "head":
            del rivals["probe"]  # it is the model
            probe = None
        return Fitted(outcome, kept.predictions, probe, baseline, kept, rivals, test)

    def _solve(self, rows: "NDArray[np.int64]") -> Probe:
        """Logistic regression on what the frozen encoder makes of these training texts."""
        features, labels = self.vectors["train"][rows], self.labels[rows]
        return train_probe(features, labels, len(self.names), seed=self.settings.seed)

    def _logits_of_probes(self) -> "NDArray[np.float64]":
        """Of the validation texts; of a fold's, by the probe that has not seen them."""
        prepared = self.plan.prepared
        if not prepared.folds:
            return self.probes[-1].logits(self.vectors["validation"])
        made = np.empty((len(self.labels), len(self.names)))
        for probe, held_out in zip(self.probes, prepared.folds, strict=False):
            made[held_out] = probe.logits(self.vectors["train"][held_out])
        found: NDArray[np.float64] = made[prepared.predicted_rows]
        return found

    def _baseline(self) -> "tuple[Baseline, NDArray[np.float64]]":
        """The baseline of all training texts, and the logits of the validation texts; of a fold's, by its own."""
        prepared, classes, seed = self.plan.prepared, len(self.names), self.settings.seed
        texts = prepared.train.texts
        if prepared.folds:
            by_fold = baseline_out_of_fold(texts, self.labels, classes, prepared.folds, seed=seed)
            whole = cross_validated_baseline(texts, self.labels, classes, seed=seed)
            return whole, by_fold[prepared.predicted_rows]
        found = train_baseline(texts, self.labels, prepared.validation.texts, self.held_out, classes)
        return found, found.logits(prepared.validation.texts)

    def _untrained(self) -> Outcome:
        """What a training comes to that is none, for the head is solved."""
        self.folder.history.touch()
        tokens = self.plan.tokens["train"].total
        return Outcome(0, 0, None, steps=0, tokens=tokens, seconds=0.0, elapsed=0.0, validation=None)

    def _held_out(self) -> tuple[Outcome, Predictions]:
        tokens = self.plan.tokens
        self._begin(-1)
        data = TrainingData(tokens["train"], self.labels, tokens["validation"], self.held_out, positive=self.positive)
        outcome = fit(self.classifier, data, self.settings, self.folder, self.progress, self._allowance(0))
        assert outcome.validation is not None  # noqa: S101
        return outcome, self._validated(outcome.validation.probabilities)

    def _cross_validated(self) -> tuple[Outcome, Predictions]:
        tokens, folds = self.plan.tokens["train"], self.plan.prepared.folds
        made = np.empty((len(tokens), len(self.names)))
        untracked = self.settings.model_copy(update={"track": []})
        shared = self._shared(tokens)
        outcomes = []
        for number, (held_out, rest) in enumerate(zip(folds, self.rests, strict=True)):
            with self.progress.part(
                f"fold {number + 1}/{len(folds)}" if len(folds) > 1 else "without the held-out texts"
            ):
                self._begin(number)
                data = TrainingData(
                    tokens.take(rest), self.labels[rest], tokens.take(held_out), self.labels[held_out],
                    positive=self.positive, select=False,
                    kept={} if shared is None else {"train": shared.part(rest), "validation": shared.part(held_out)},
                )  # fmt: skip
                folder, allowance = self.folder.fold(number + 1), self._allowance(number)
                outcome = fit(self.classifier, data, untracked, folder, self.progress, allowance)
            assert outcome.validation is not None  # noqa: S101
            made[held_out] = outcome.validation.probabilities
            outcomes.append(outcome)
        self._begin(-1)
        data = TrainingData(
            tokens, self.labels, None, None, positive=self.positive, select=False,
            kept={} if shared is None else {"train": shared},
        )  # fmt: skip
        whole = fit(self.classifier, data, self.settings, self.folder, self.progress, self._allowance(len(folds)))
        outcomes.append(whole)
        spent = {name: sum(getattr(each, name) for each in outcomes) for name in ("tokens", "seconds", "elapsed")}
        return replace(whole, **spent), self._validated(made[self.plan.prepared.predicted_rows])

    def _shared(self, tokens: "Tokens") -> Activations | None:
        """What lies below the lowest adapter is the same in every fold: computed once, where it may be kept."""
        if not keeps_activations(self.classifier, self.settings, Length.of(self.settings, tokens.lengths)):
            return None
        self.progress.stage("frozen layers", tokens.total)
        limit = int(self.settings.activations_gib * GIB)
        folder, advance = self.folder.checkpoints, self.progress.advance
        kept = Activations(self.classifier, tokens, limit=limit, folder=folder, advance=advance)
        return kept if kept.kept else None

    def _allowance(self, part: int) -> Allowance | None:
        """The time of a training, where there is a budget."""
        budget = self.plan.budget
        return None if budget is None else budget.allowance(self.plan.estimate, part)

    def _begin(self, number: int) -> None:
        """Put the classifier back to where it began, with the head that this one of the probes is."""
        with torch.no_grad():
            for name, parameter in self.classifier.trained_parameters().items():
                parameter.copy_(self.begin[name])
        if self.probes:
            self.classifier.set_head(self.probes[number].weight, self.probes[number].bias)

    def _vectors(self, part: str) -> "NDArray[np.float32]":
        tokens: Tokens = self.plan.tokens[part]
        recipe = self.plan.recipe
        # Random weights have no name, and an adapter may begin with weights that are the checkpoint's but for rounding.
        unnamed = recipe.model.random_weights or recipe.adapter.dora or recipe.adapter.init not in _BEGIN_WITH_ZERO
        self.progress.stage(f"frozen encoder, {part}", tokens.total)
        return text_vectors(
            self.classifier,
            tokens,
            weights=self.weights or "",
            cache=None if unnamed or not self.weights else cache_folder(),
            advance=self.progress.advance,
        )

    def _validated(self, probabilities: "NDArray[np.float64]") -> Predictions:
        return Predictions(self.plan.prepared.validation.ids, self.names, self.held_out, probabilities)

    def _predictions(self, examples: Examples, logits: "NDArray[np.float64]") -> Predictions:
        labels = label_indices(examples, self.names, "the data")
        return Predictions(examples.ids, self.names, labels, softmax(logits, axis=1))
