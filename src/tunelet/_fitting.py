"""Everything that is fitted on the way to the model that is kept: the probe, the adapter, once or once a fold.

Held-out rows pick the epoch, as ever. In a cross-validation nothing is picked: each fold's model is trained to its end
and predicts the texts that it did not see, so that these predictions are those of the whole procedure, and one more is
then trained on all texts.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tunelet._cache import cache_folder
from tunelet._evaluate import label_indices
from tunelet._plan import Plan
from tunelet.evaluation import Predictions, Probe, positive_index, train_probe
from tunelet.model import SequenceClassifier, text_vectors
from tunelet.run import RunFolder
from tunelet.training import Outcome, Progress, TrainingData, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunelet.data import Tokens


@dataclass(frozen=True, eq=False)
class Fitted:
    """What was fitted, the classifier's own weights apart, which are in it.

    Attributes:
        train_labels, validation_labels: int64, indices into the label names.
        outcome: of the training of the classifier, on all training texts.
        validation: what the classifier makes of the validation texts; of a fold's, the one that did not see them.
        probe: logistic regression on the frozen encoder; None: not asked for.
        probe_validation: what it makes of the validation texts, likewise.
    """

    train_labels: "NDArray[np.int64]"
    validation_labels: "NDArray[np.int64]"
    outcome: Outcome
    validation: Predictions
    probe: Probe | None
    probe_validation: Predictions | None


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
        self.vectors = self._vectors("train") if classifier.head is not None and self.settings.probe else None

    def run(self) -> Fitted:
        """All of it."""
        folds = self.plan.prepared.folds
        return self._cross_validated() if folds else self._held_out()

    def _held_out(self) -> Fitted:
        tokens = self.plan.tokens
        probe = self._begin(None)
        data = TrainingData(tokens["train"], self.labels, tokens["validation"], self.held_out, positive=self.positive)
        outcome = fit(self.classifier, data, self.settings, self.folder, self.progress)
        assert outcome.validation is not None  # noqa: S101
        found = None if probe is None else self._predictions(_softmax(probe.logits(self._vectors("validation"))))
        return self._fitted(outcome, outcome.validation.probabilities, probe, found)

    def _cross_validated(self) -> Fitted:
        tokens, folds = self.plan.tokens["train"], self.plan.prepared.folds
        made = np.empty((len(tokens), len(self.names)))
        by_probe = np.empty_like(made)
        untracked = self.settings.model_copy(update={"track": []})
        for number, held_out in enumerate(folds, 1):
            rest = np.setdiff1d(np.arange(len(tokens)), held_out)
            with self.progress.part(f"fold {number}/{len(folds)}"):
                probe = self._begin(rest)
                data = TrainingData(
                    tokens.take(rest), self.labels[rest], tokens.take(held_out), self.labels[held_out],
                    positive=self.positive, select=False,
                )  # fmt: skip
                outcome = fit(self.classifier, data, untracked, self.folder.fold(number), self.progress)
            assert outcome.validation is not None  # noqa: S101
            made[held_out] = outcome.validation.probabilities
            if probe is not None and self.vectors is not None:
                by_probe[held_out] = _softmax(probe.logits(self.vectors[held_out]))
        probe = self._begin(None)
        data = TrainingData(tokens, self.labels, None, None, positive=self.positive, select=False)
        outcome = fit(self.classifier, data, self.settings, self.folder, self.progress)
        return self._fitted(outcome, made, probe, None if probe is None else self._predictions(by_probe))

    def _begin(self, rows: "NDArray[np.int64] | None") -> Probe | None:
        """Put the classifier back to where it began, its head solved on these rows (None: on all)."""
        with torch.no_grad():
            for name, parameter in self.classifier.trained_parameters().items():
                parameter.copy_(self.begin[name])
        if self.vectors is None:
            return None
        features, labels = (self.vectors, self.labels) if rows is None else (self.vectors[rows], self.labels[rows])
        probe = train_probe(features, labels, len(self.names), seed=self.settings.seed)
        self.classifier.set_head(probe.weight, probe.bias)
        return probe

    def _vectors(self, part: str) -> "NDArray[np.float32]":
        tokens: Tokens = self.plan.tokens[part]
        self.progress.stage(f"frozen encoder, {part}", tokens.total)
        return text_vectors(
            self.classifier,
            tokens,
            weights=self.weights or "",
            cache=cache_folder() if self.weights else None,  # random weights have no name
            advance=self.progress.advance,
        )

    def _predictions(self, probabilities: "NDArray[np.float64]") -> Predictions:
        return Predictions(self.plan.prepared.validation.ids, self.names, self.held_out, probabilities)

    def _fitted(
        self,
        outcome: Outcome,
        probabilities: "NDArray[np.float64]",
        probe: Probe | None,
        probe_validation: Predictions | None,
    ) -> Fitted:
        return Fitted(self.labels, self.held_out, outcome, self._predictions(probabilities), probe, probe_validation)


def _softmax(logits: "NDArray[np.float64]") -> "NDArray[np.float64]":
    from scipy.special import softmax

    found: NDArray[np.float64] = softmax(logits, axis=1)
    return found
