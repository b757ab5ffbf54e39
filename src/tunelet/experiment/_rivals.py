"""What is fitted before anything is trained, in seconds: the probe on the frozen encoder, and TF-IDF; for folds, too.

The probes are baselines by themselves, and what a training begins with.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from tunelet._cache import cache_folder
from tunelet.data import Examples, label_indices
from tunelet.evaluation import (
    Baseline,
    Predictions,
    Probe,
    baselines_by_fold,
    cross_validated_baseline,
    train_baseline,
    train_probe,
)
from tunelet.experiment._plan import Plan
from tunelet.experiment._self_training import Answers
from tunelet.model import SequenceClassifier, text_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunelet.data import Tokens
    from tunelet.training import Reporter

ALL = -1  # the number of what is fitted to all training texts; folds are counted from 0
NAMES = {"baseline": "TF-IDF + logistic regression", "probe": "frozen encoder + logistic regression"}
_BEGIN_WITH_ZERO = ("default", "gaussian")  # initialisations of LoRA whose B is 0


@dataclass(frozen=True, eq=False)
class Labelled:
    """The labelled texts of a plan as numbers.

    Attributes:
        names: of the classes.
        labels: of the training texts, int64 [n].
        held_out: of the validation texts, int64 [v].
        rows: of the training texts, those that each fold leaves, and behind them (`ALL`) all.
    """

    names: tuple[str, ...]
    labels: "NDArray[np.int64]"
    held_out: "NDArray[np.int64]"
    rows: "tuple[NDArray[np.int64], ...]"

    @classmethod
    def of(cls, plan: Plan) -> "Labelled":
        """Those of a plan."""
        prepared, source = plan.prepared, plan.reading.source
        labels = label_indices(prepared.train, prepared.label_names, source)
        held_out = label_indices(prepared.validation, prepared.label_names, source)
        everything = np.arange(len(labels))
        rests = [np.setdiff1d(everything, held) for held in prepared.folds]
        return cls(prepared.label_names, labels, held_out, (*rests, everything))


class Rivals:
    """What was fitted, and what it makes of texts.

    Attributes:
        probes: of what each fold leaves, and behind them (`ALL`) of all training texts; empty: none was asked for.
        baseline: TF-IDF of all training texts; None: not asked for.
        predictions: by "probe" and "baseline", of the validation texts; of a fold's, by the one that did not see them.
        test: of the test texts, empty where there are none.
    """

    def __init__(
        self, plan: Plan, labelled: Labelled, classifier: SequenceClassifier, weights: str | None, progress: "Reporter"
    ) -> None:
        """Fit all of it; the encoder must be as it was pretrained.

        Args:
            plan: what was planned.
            labelled: its labelled texts.
            classifier: as `new_classifier` made it.
            weights: fingerprint of the checkpoint; None: they are random.
            progress: where to show how it goes.
        """
        self._plan, self._labelled, self._progress = plan, labelled, progress
        self.predictions: dict[str, Predictions] = {}
        self.test: dict[str, Predictions] = {}
        self.probes: list[Probe] = []
        self.baseline: Baseline | None = None
        self._tfidf: Answers | None = None
        if classifier.head is not None and (plan.recipe.training.probe or classifier.method == "head"):
            self._fit_probes({part: self._vectors(classifier, weights, part) for part in plan.parts})
        if plan.recipe.evaluation.baseline:
            progress.stage("baseline", 0)
            self._fit_baselines()
        for name, made in self.predictions.items():
            right = float((made.predicted == made.labels).mean())
            how = "by cross-validation" if len(plan.prepared.folds) > 1 else "on validation texts"
            progress.say(f"{NAMES[name]}: accuracy {right:.4f} {how}")

    @property
    def blended(self) -> Predictions | None:
        """Of the baseline, where it may be blended in: its terms must lie in the run folder, and texts may."""
        return self.predictions.get("baseline") if self._plan.recipe.evaluation.errors else None

    def tfidf(self, number: int) -> Answers | None:
        """The baselines' answers, with those to texts without labels of the one of a fold, or of all texts (`ALL`).

        None: it may not be blended in.
        """
        found, unlabelled = self._tfidf, self._plan.unlabelled
        if found is None or self.baseline is None or unlabelled is None or self.blended is None:
            return None
        if number not in found.unlabelled:
            found.unlabelled[number] = self.baseline.logits(unlabelled.examples.texts)
        return found

    def _vectors(self, classifier: SequenceClassifier, weights: str | None, part: str) -> "NDArray[np.float32]":
        """What the frozen encoder makes of the texts of a part, float32 [n, width]."""
        tokens: Tokens = self._plan.tokens[part]
        recipe = self._plan.recipe
        # Random weights have no name, and an adapter may begin with weights that are the checkpoint's but for rounding.
        unnamed = recipe.model.random_weights or recipe.adapter.dora or recipe.adapter.init not in _BEGIN_WITH_ZERO
        self._progress.stage(f"frozen encoder, {part}", tokens.total)
        return text_vectors(
            classifier,
            tokens,
            weights=weights or "",
            cache=None if unnamed or not weights else cache_folder(),
            advance=self._progress.advance,
        )

    def _fit_probes(self, vectors: "dict[str, NDArray[np.float32]]") -> None:
        """Logistic regressions on what the frozen encoder makes of the texts of each part."""
        prepared, labels, classes = self._plan.prepared, self._labelled.labels, len(self._labelled.names)
        seed = self._plan.recipe.training.seed
        self.probes = [
            train_probe(vectors["train"][rows], labels[rows], classes, seed=seed) for rows in self._labelled.rows
        ]
        if prepared.folds:
            made = np.empty((len(labels), classes))
            for probe, held_out in zip(self.probes, prepared.folds, strict=False):
                made[held_out] = probe.logits(vectors["train"][held_out])
            found = made[prepared.predicted_rows]
        else:
            found = self.probes[ALL].logits(vectors["validation"])
        self.predictions["probe"] = self._predictions(prepared.validation, found)
        if prepared.test is not None:
            self.test["probe"] = self._predictions(prepared.test, self.probes[ALL].logits(vectors["test"]))

    def _fit_baselines(self) -> None:
        """TF-IDF of all training texts, and, for its answers to the texts that it holds out, of each fold."""
        prepared, unlabelled = self._plan.prepared, self._plan.unlabelled
        texts, labels, classes = prepared.train.texts, self._labelled.labels, len(self._labelled.names)
        seed = self._plan.recipe.training.seed
        if prepared.folds:
            others = unlabelled.examples.texts if unlabelled is not None and self._plan.recipe.evaluation.errors else ()
            by_fold = baselines_by_fold(texts, labels, classes, prepared.folds, others, seed=seed)
            self.baseline = cross_validated_baseline(texts, labels, classes, seed=seed)
            self._tfidf = Answers(by_fold.logits, dict(enumerate(by_fold.others)))
            found = by_fold.logits[prepared.predicted_rows]
        else:
            held_out = self._labelled.held_out
            self.baseline = train_baseline(texts, labels, prepared.validation.texts, held_out, classes)
            found = self.baseline.logits(prepared.validation.texts)
            self._tfidf = Answers(found)
        self.predictions["baseline"] = self._predictions(prepared.validation, found)
        if prepared.test is not None:
            self.test["baseline"] = self._predictions(prepared.test, self.baseline.logits(prepared.test.texts))

    def _predictions(self, examples: Examples, logits: "NDArray[np.float64]") -> Predictions:
        labels = label_indices(examples, self._labelled.names, "the data")
        return Predictions(examples.ids, self._labelled.names, labels, softmax(logits, axis=1))
