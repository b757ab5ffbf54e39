"""The linear models that are fitted in seconds before training: probes on the frozen encoder, and TF-IDF.

There is one of each for all training texts and one for each fold. A probe is a baseline, and the head that a training
begins with.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tunelet._cache import cache_folder
from tunelet._words import counted, number
from tunelet.data import OUTPUTS, Examples, LabelSpace, TaskName, Unit, sample_rows, taken
from tunelet.evaluation import Probe, ShapedPredictions, measure, predictions_for
from tunelet.experiment._linear_models import LINEAR_MODELS, AnyBaseline, LinearModels, ShareModels
from tunelet.experiment._plan import Plan
from tunelet.experiment._self_training import Answers
from tunelet.model import SequenceClassifier, text_vectors
from tunelet.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunelet.data import Tokens
    from tunelet.training import Reporter

ALL = -1  # the number of a model that is fitted to all training texts; folds are counted from 0
_FEATURES = {"baseline": "TF-IDF", "probe": "frozen encoder"}
_CHARACTERS = 2**26  # of the texts that TF-IDF learns from: its features take some fifty bytes for each
_BEGIN_WITH_ZERO = ("default", "gaussian")  # initialisations of LoRA whose B is 0


def cache_of_vectors(recipe: Recipe, weights: str | None) -> Path | None:
    """Where vectors of the frozen encoder, whose weights have this fingerprint, are kept; None: nowhere.

    Random weights have no fingerprint, and some adapters begin with a rounding error.
    """
    unnamed = recipe.model.random_weights or recipe.adapter.dora or recipe.adapter.init not in _BEGIN_WITH_ZERO
    return None if unnamed or not weights else cache_folder()


@dataclass(frozen=True, eq=False)
class Labelled:
    """The labelled texts of a plan as numbers.

    Attributes:
        space: their shape.
        labels: of the training texts, as `LabelSpace.encode` gives them, int64 [n] for one label a text.
        held_out: of the validation texts, likewise.
        targets: what trainings lower their loss for: the labels, or where labels are soft the probability of each,
            float32 [n, names].
        shares: of the validation texts, where labels are soft, float32 [m, names]; None: they are sure.
        rows: of the training texts: for each fold those that it does not hold out, and last (`ALL`) all of them.
    """

    space: LabelSpace
    labels: "NDArray[Any]"
    held_out: "NDArray[Any]"
    rows: "tuple[NDArray[np.int64], ...]"
    targets: "NDArray[Any]"
    shares: "NDArray[np.float32] | None"

    @classmethod
    def of(cls, plan: Plan) -> "Labelled":
        """The label numbers of a plan's texts. Raises DataError for a label that is none of its names."""
        prepared, source = plan.prepared, plan.reading.source
        labels = prepared.space.encode(prepared.train, source)
        held_out = prepared.space.encode(prepared.validation, source)
        everything = np.arange(len(labels))
        rests = [np.setdiff1d(everything, held) for held in prepared.folds]
        soft = prepared.space.targets(prepared.train)
        targets, shares = labels if soft is None else soft, prepared.space.targets(prepared.validation)
        return cls(prepared.space, labels, held_out, (*rests, everything), targets, shares)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the labels."""
        return self.space.names

    @property
    def soft(self) -> bool:
        """Whether probabilities are learnt."""
        return self.targets is not self.labels

    @property
    def unit(self) -> Unit:
        """Of what is trained to be given for the labels."""
        return self.space.unit(self.labels)

    @property
    def columns(self) -> int:
        """Of an answer's probabilities, or of numbers one."""
        return OUTPUTS[self.space.task].columns(self.names)


def rival_name(key: str, task: TaskName) -> str:
    """What screens and pages call a linear model, "baseline" or "probe", of labels of this shape."""
    return f"{_FEATURES[key]} + {LINEAR_MODELS[task].learner}"


class Rivals:
    """The linear models of a run, and their predictions.

    Attributes:
        probes: one for each fold, fitted to the other folds, and last (`ALL`) one for all training texts; empty: the
            recipe wants none.
        baseline: TF-IDF of all training texts; None: the recipe wants none.
        predictions: for the validation texts, by "probe" and "baseline"; a fold's texts are predicted by the model that
            has not seen them.
        test: for the test texts, likewise; empty where there are none.
    """

    def __init__(
        self, plan: Plan, labelled: Labelled, classifier: SequenceClassifier, weights: str | None, progress: "Reporter"
    ) -> None:
        """Fit all models; the encoder must still have its pretrained weights.

        Args:
            plan: of the run.
            labelled: the plan's labelled texts.
            classifier: as `new_classifier` returns it.
            weights: fingerprint of the checkpoint; None: its weights are random.
            progress: to report to.
        """
        self._plan, self._labelled, self._progress = plan, labelled, progress
        self._models = LINEAR_MODELS[labelled.space.task](len(labelled.names), plan.recipe.training.seed)
        self._probing: LinearModels = self._models
        if labelled.soft:
            self._probing = ShareModels(len(labelled.names), plan.recipe.training.seed)
        self.predictions: dict[str, ShapedPredictions] = {}
        self.test: dict[str, ShapedPredictions] = {}
        self.probes: list[Probe] = []
        self.baseline: AnyBaseline | None = None
        self._tfidf: Answers | None = None
        if classifier.head is not None and (plan.recipe.training.probe or classifier.method == "head"):
            self._fit_probes({name: self._vectors(classifier, weights, name) for name in plan.splits})
        if plan.recipe.evaluation.baseline:
            progress.stage("baseline", 0)
            self._fit_baselines()
        for name, predictions in self.predictions.items():
            measured = measure(predictions, resamples=0)
            what, value = measured.main.replace("_", " "), number(measured.value(measured.main))
            how = "by cross-validation" if len(plan.prepared.folds) > 1 else "on validation texts"
            progress.say(f"{rival_name(name, labelled.space.task)}: {what} {value} {how}")

    @property
    def blended(self) -> ShapedPredictions | None:
        """The baseline's predictions; None where it may not be blended in, as where labels are soft.

        A blend needs its terms in the run folder, which are words of the texts, and `evaluation.errors` = 0 forbids
        texts there.
        """
        allowed = self._plan.recipe.evaluation.errors and not self._labelled.soft
        return self.predictions.get("baseline") if allowed else None

    def tfidf(self, number: int) -> Answers | None:
        """The baselines' answers, among them to texts without labels those of a fold's baseline, or of that of `ALL`.

        None: the baseline may not be blended in, or there are no texts without labels.
        """
        answers, unlabelled = self._tfidf, self._plan.unlabelled
        if answers is None or self.baseline is None or unlabelled is None or self.blended is None:
            return None
        if number not in answers.unlabelled:
            answers.unlabelled[number] = self.baseline.logits(unlabelled.examples.texts)
        return answers

    def _vectors(self, classifier: SequenceClassifier, weights: str | None, split: str) -> "NDArray[np.float32]":
        """The frozen encoder's vectors of the texts of a split, float32 [n, width]."""
        tokens: Tokens = self._plan.tokens[split]
        self._progress.stage(f"frozen encoder, {split}", tokens.total)
        return text_vectors(
            classifier,
            tokens,
            weights=weights or "",
            cache=cache_of_vectors(self._plan.recipe, weights),
            advance=self._progress.advance,
        )

    def _fit_probes(self, vectors: "dict[str, NDArray[np.float32]]") -> None:
        """Fit linear models to the frozen encoder's vectors, which are given by split."""
        prepared, targets = self._plan.prepared, self._labelled.targets
        self.probes = [self._probing.probe(vectors["train"][rows], targets[rows]) for rows in self._labelled.rows]
        if prepared.folds:
            out_of_fold = np.empty((len(targets), len(self.probes[ALL].bias)))
            for probe, held_out in zip(self.probes, prepared.folds, strict=False):
                out_of_fold[held_out] = probe.logits(vectors["train"][held_out])
            logits = out_of_fold[prepared.predicted_rows]
        else:
            logits = self.probes[ALL].logits(vectors["validation"])
        self.predictions["probe"] = self._predictions(prepared.validation, logits)
        if prepared.test is not None:
            self.test["probe"] = self._predictions(prepared.test, self.probes[ALL].logits(vectors["test"]))

    def _fit_baselines(self) -> None:
        """Fit TF-IDF to all training texts, and one for each fold, which predicts the texts that the fold holds out."""
        prepared, unlabelled = self._plan.prepared, self._plan.unlabelled
        texts, labels = prepared.train.texts, self._labelled.labels
        if prepared.folds:
            others = unlabelled.examples.texts if unlabelled is not None and self._plan.recipe.evaluation.errors else ()
            by_fold = self._models.by_fold(texts, labels, prepared.folds, others)
            self.baseline = self._models.cross_validated(texts, labels)
            self._tfidf = Answers(by_fold.logits, dict(enumerate(by_fold.others)))
            logits = by_fold.logits[prepared.predicted_rows]
        else:
            learnt, chosen = self._some(prepared.train), self._some(prepared.validation)
            if len(learnt) < len(texts):
                self._progress.say(
                    f"baseline: learns from {len(learnt):,} of {counted(len(texts), 'text')}, drawn at random"
                )
            self.baseline = self._models.baseline(
                taken(texts, learnt),
                labels[learnt],
                taken(prepared.validation.texts, chosen),
                self._labelled.held_out[chosen],
            )
            logits = self.baseline.logits(prepared.validation.texts)
            self._tfidf = Answers(logits)
        self.predictions["baseline"] = self._predictions(prepared.validation, logits)
        if prepared.test is not None:
            self.test["baseline"] = self._predictions(prepared.test, self.baseline.logits(prepared.test.texts))

    def _some(self, examples: Examples) -> "NDArray[np.int64]":
        """The rows that TF-IDF learns from, or is chosen by: all, or some with the labels' shares kept."""
        characters = sum(map(len, examples.texts))
        if characters <= _CHARACTERS:
            return np.arange(len(examples))
        strata = self._labelled.space.stratified(examples)
        limit = max(len(examples) * _CHARACTERS // characters, 2 * len(set(strata.labels)))
        return sample_rows(strata, limit=limit, balanced=False, seed=self._plan.recipe.training.seed)

    def _predictions(self, examples: Examples, logits: "NDArray[np.float64]") -> ShapedPredictions:
        space = self._labelled.space
        probabilities = OUTPUTS[space.task].probabilities(logits)
        return predictions_for(space.task, examples.ids, space.names, space.encode(examples, "the data"), probabilities)
