"""How the linear models of a run are fitted, a class for each task: probes on the frozen encoder, and TF-IDF."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tunelet.data import TaskName
from tunelet.evaluation import (
    Baseline,
    LabelSolver,
    OutOfFold,
    Probe,
    RatingSolver,
    RidgeSolver,
    ShareSolver,
    Solver,
    WordsBaseline,
    baselines_by_fold,
    cross_validated_baseline,
    cross_validated_words,
    head_costs,
    probe_losses,
    train_baseline,
    train_head,
    train_probe,
    train_words,
    words_by_fold,
)

AnyBaseline = Baseline | WordsBaseline
Features = NDArray[np.float32]
Folds = Sequence[NDArray[np.int64]]


class LinearModels(ABC):
    """Linear models of a number of labels. What they are fitted to is as `LabelSpace.encode` gives it.

    Attributes:
        learner: what it is called; cost: what its losses are called.
    """

    learner: ClassVar[str] = "logistic regression"
    cost: ClassVar[str] = "log loss"

    def __init__(self, names: int, seed: int) -> None:
        """For so many labels; the seed is that of folds."""
        self.names, self.seed = names, seed

    @abstractmethod
    def probe(self, features: Features, labels: NDArray[Any]) -> Probe:
        """On a frozen encoder's vectors of n texts, float32 [n, width]."""

    @abstractmethod
    def probe_losses(self, features: Features, labels: NDArray[Any], folds: Folds) -> NDArray[np.float64]:
        """Log loss of each text [n] by a probe that has not seen its fold, or another cost of about that size."""

    @abstractmethod
    def baseline(
        self, texts: Sequence[str], labels: NDArray[Any], held_out: Sequence[str], held_out_labels: NDArray[Any]
    ) -> AnyBaseline:
        """TF-IDF of n texts, its settings chosen on held-out ones."""

    @abstractmethod
    def cross_validated(self, texts: Sequence[str], labels: NDArray[Any]) -> AnyBaseline:
        """TF-IDF of n texts, its settings chosen by cross-validation on them."""

    @abstractmethod
    def by_fold(self, texts: Sequence[str], labels: NDArray[Any], folds: Folds, others: Sequence[str]) -> OutOfFold:
        """TF-IDF that has not seen each fold, with what it says of other texts."""


class OneLabelModels(LinearModels):
    """Of one label a text."""

    def probe(self, features: Features, labels: NDArray[Any]) -> Probe:
        """As described in `LinearModels`."""
        return train_probe(features, labels, self.names, seed=self.seed)

    def probe_losses(self, features: Features, labels: NDArray[Any], folds: Folds) -> NDArray[np.float64]:
        """As described in `LinearModels`."""
        return probe_losses(features, labels, self.names, folds)

    def baseline(
        self, texts: Sequence[str], labels: NDArray[Any], held_out: Sequence[str], held_out_labels: NDArray[Any]
    ) -> Baseline:
        """As described in `LinearModels`."""
        return train_baseline(texts, labels, held_out, held_out_labels, self.names)

    def cross_validated(self, texts: Sequence[str], labels: NDArray[Any]) -> Baseline:
        """As described in `LinearModels`."""
        return cross_validated_baseline(texts, labels, self.names, seed=self.seed)

    def by_fold(self, texts: Sequence[str], labels: NDArray[Any], folds: Folds, others: Sequence[str]) -> OutOfFold:
        """As described in `LinearModels`."""
        return baselines_by_fold(texts, labels, self.names, folds, others, seed=self.seed)


class SolvedModels(LinearModels):
    """Of another shape, learnt by the solver of that shape."""

    solver: Solver

    def probe(self, features: Features, labels: NDArray[Any]) -> Probe:
        """As described in `LinearModels`."""
        return train_head(self.solver, features, labels, seed=self.seed)

    def probe_losses(self, features: Features, labels: NDArray[Any], folds: Folds) -> NDArray[np.float64]:
        """As described in `LinearModels`."""
        return head_costs(self.solver, features, labels, folds)

    def baseline(
        self, texts: Sequence[str], labels: NDArray[Any], held_out: Sequence[str], held_out_labels: NDArray[Any]
    ) -> WordsBaseline:
        """As described in `LinearModels`."""
        return train_words(self.solver, texts, labels, held_out, held_out_labels)

    def cross_validated(self, texts: Sequence[str], labels: NDArray[Any]) -> WordsBaseline:
        """As described in `LinearModels`."""
        return cross_validated_words(self.solver, texts, labels, seed=self.seed)

    def by_fold(self, texts: Sequence[str], labels: NDArray[Any], folds: Folds, others: Sequence[str]) -> OutOfFold:
        """As described in `LinearModels`."""
        return words_by_fold(self.solver, texts, labels, folds, others, seed=self.seed)


class SeveralLabelsModels(SolvedModels):
    """Of several labels a text: one classifier a label."""

    solver = LabelSolver()


class RatingModels(SolvedModels):
    """Of ratings in order: one score of a text, cut below each rating but the first."""

    def __init__(self, names: int, seed: int) -> None:
        """As described in `LinearModels`."""
        super().__init__(names, seed)
        self.solver = RatingSolver(names)


class ShareModels(SolvedModels):
    """Of soft labels: probes that learn how probable each label is."""

    solver = ShareSolver()


class NumberModels(SolvedModels):
    """Of plain numbers."""

    learner = "ridge regression"
    cost = "squared error, as a share of the numbers' variance,"
    solver = RidgeSolver()

    def probe_losses(self, features: Features, labels: NDArray[Any], folds: Folds) -> NDArray[np.float64]:
        """As described in `LinearModels`: squared errors as shares of the variance."""
        return super().probe_losses(features, labels, folds) / max(float(labels.var()), np.finfo(np.float64).tiny)


LINEAR_MODELS: dict[TaskName, type[LinearModels]] = {
    "multiclass": OneLabelModels,
    "multilabel": SeveralLabelsModels,
    "ordinal": RatingModels,
    "regression": NumberModels,
}
