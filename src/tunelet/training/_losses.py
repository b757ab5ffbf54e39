"""What a classifier's training lowers, a class for each kind of answer: the losses of texts, summed over a batch.

Focal loss (Lin et al., ICCV 2017, equation 4) weighs the cross-entropy of each answer by (1 - p) to the power of gamma,
p being the probability of the right answer, so that what is answered well already counts less.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from tunelet.data import TaskName
from tunelet.recipe import TrainingSettings


@dataclass(frozen=True, eq=False)
class Loss(ABC):
    """The loss of a training.

    Attributes:
        targets: of the training texts, on the device of the model.
        weights: of the labels.
        settings: the recipe's training section.
    """

    targets: torch.Tensor
    weights: torch.Tensor
    settings: TrainingSettings

    @classmethod
    @abstractmethod
    def of(cls, labels: NDArray[Any], names: int, settings: TrainingSettings, device: torch.device) -> "Loss":
        """For the labels of the training texts, as `LabelSpace.encode` gives them.

        Args:
            labels: the rows first.
            names: number of labels.
            settings: the recipe's training section.
            device: of the model.
        """

    @abstractmethod
    def __call__(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """The losses of texts, summed, in float32.

        Args:
            logits: of the texts, float32 [m, outputs].
            rows: which of the training texts they are, int64 [m].
        """

    def of_rows(self, rows: NDArray[np.int64]) -> "Loss":
        """The same for these texts alone, which are numbered anew: row i is `rows[i]`."""
        return replace(self, targets=self.targets[torch.from_numpy(rows).to(self.targets.device)])

    def to(self, device: torch.device) -> "Loss":
        """The same on a device."""
        return replace(self, targets=self.targets.to(device), weights=self.weights.to(device))

    def __reduce__(self) -> tuple[Any, ...]:
        arrays = self.targets.numpy(force=True), self.weights.numpy(force=True)
        return _from_arrays, (type(self), *arrays, self.settings)  # a tensor would be sent as memory that is shared

    @property
    def is_focal(self) -> bool:
        """Whether easy answers count less."""
        return self.settings.loss == "focal"


class CrossEntropy(Loss):
    """Of one label a text: targets int64 [n], or the probability of each label, float32 [n, labels]."""

    @classmethod
    def of(cls, labels: NDArray[Any], names: int, settings: TrainingSettings, device: torch.device) -> "CrossEntropy":
        """As described in `Loss`."""
        targets = torch.from_numpy(labels).to(device)
        return cls(targets, _class_weights(labels, names, settings).to(device), settings)

    def __call__(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """As described in `Loss`."""
        targets = self.targets[rows]
        if self.is_focal:
            return self._focal(logits, targets)
        return F.cross_entropy(
            logits,
            targets,
            weight=self.weights,
            label_smoothing=self.settings.label_smoothing,
            reduction="sum",
        )

    def _focal(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        names = logits.shape[1]
        shares = targets if targets.ndim == 2 else F.one_hot(targets, names).to(logits.dtype)
        smoothing = self.settings.label_smoothing
        shares = shares * (1 - smoothing) + smoothing / names
        logarithms = logits.log_softmax(dim=1)
        easy = (1 - logarithms.exp()).pow(self.settings.focal_gamma)
        return -(shares * self.weights * easy * logarithms).sum()


class BinaryCrossEntropy(Loss):
    """Of several labels a text: the mean over the labels of the cross-entropy of having it.

    Targets are float32 [n, labels], weights [2, labels], of texts that have not and that have a label.
    """

    @classmethod
    def of(
        cls, labels: NDArray[Any], names: int, settings: TrainingSettings, device: torch.device
    ) -> "BinaryCrossEntropy":
        """As described in `Loss`."""
        having = labels.astype(np.float32)
        weights = np.ones((2, names), dtype=np.float32)
        if settings.class_weights == "balanced":
            counts = having.sum(axis=0, dtype=np.float64)
            weights = (len(having) / (2 * np.maximum([len(having) - counts, counts], 1))).astype(np.float32)
        return cls(torch.from_numpy(having).to(device), torch.from_numpy(weights).to(device), settings)

    def __call__(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """As described in `Loss`."""
        having = self.targets[rows]
        smoothing = self.settings.label_smoothing
        targets = having * (1 - smoothing) + smoothing / 2
        losses = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        weights = self.weights[0] + having * (self.weights[1] - self.weights[0])
        if self.is_focal:
            right = logits.sigmoid() * (2 * having - 1) + (1 - having)
            weights = weights * (1 - right).pow(self.settings.focal_gamma)
        return (losses * weights).mean(dim=1).sum()


class CumulativeCrossEntropy(BinaryCrossEntropy):
    """Of ratings in order: the same of the questions whether a text lies above each rating but the highest.

    CORAL (Cao, Mirjalili and Raschka 2020) has one row of weights for all questions; here each has its own, which begin
    equal where the head begins as a probe.
    """

    @classmethod
    def of(
        cls, labels: NDArray[Any], names: int, settings: TrainingSettings, device: torch.device
    ) -> "BinaryCrossEntropy":
        """As described in `Loss`; labels are ranks, int64 [n], and names the questions."""
        return super().of(labels[:, None] > np.arange(names), names, settings, device)


class SquaredError(Loss):
    """Of plain numbers: targets float32 [n], in the unit of the outputs; there are no weights."""

    @classmethod
    def of(
        cls,
        labels: NDArray[Any],
        names: int,  # noqa: ARG003
        settings: TrainingSettings,
        device: torch.device,
    ) -> "SquaredError":
        """As described in `Loss`."""
        return cls(torch.from_numpy(labels.astype(np.float32)).to(device), torch.ones(0, device=device), settings)

    def __call__(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """As described in `Loss`."""
        return F.mse_loss(logits[:, 0], self.targets[rows], reduction="sum")


LOSSES: dict[TaskName, type[Loss]] = {
    "multiclass": CrossEntropy,
    "multilabel": BinaryCrossEntropy,
    "ordinal": CumulativeCrossEntropy,
    "regression": SquaredError,
}


def _from_arrays(kind: type[Loss], targets: NDArray[Any], weights: NDArray[Any], settings: TrainingSettings) -> Loss:
    return kind(torch.from_numpy(targets), torch.from_numpy(weights), settings)


def _class_weights(labels: np.ndarray, classes: int, settings: TrainingSettings) -> torch.Tensor:
    """n / (classes * count) for each class, scikit-learn's "balanced"; ones where no weights are asked for.

    Of probabilities [n, classes] the sum of a class is its count.
    """
    if settings.class_weights == "none":
        return torch.ones(classes)
    counts = np.bincount(labels, minlength=classes) if labels.ndim == 1 else labels.sum(axis=0, dtype=np.float64)
    return torch.from_numpy(len(labels) / (classes * np.maximum(counts, 1))).float()
