"""What is explained of a text, a class for each shape of labels: a number that follows from its logits.

Its words are shares of that number. Of one label it is the log odds, of several labels the log odds of one of them, and
of ratings in order their mean. A plain number is one itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import TaskName
from tunelet.errors import RunError
from tunelet.explain._odds import log_odds, log_odds_gradient, torch_log_odds
from tunelet.run import Explanation, NumberExplanation, RatingExplanation, Task

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.float64]


class Quantity(ABC):
    """A number for each text, of its logits [n, outputs] after temperature and all."""

    @abstractmethod
    def value(self, logits: Floats, label: int) -> Floats:
        """The number for each text, float64 [n], of the label of this index."""

    @abstractmethod
    def gradient(self, logits: Floats, label: int) -> Floats:
        """Its gradient with respect to the logits, float64 [n, outputs]."""

    @abstractmethod
    def of_tensor(self, logits: "torch.Tensor", label: int) -> "torch.Tensor":
        """The same as `value`, differentiable."""

    def ordered(self, logits: "torch.Tensor") -> "torch.Tensor":
        """Logits of one model as they are added to those of another, differentiable."""
        return logits

    def explained(self, value: float, at_reference: float, **others: Any) -> Explanation:
        """The record of a text with this number, and of its reference with that; names are not filled in."""
        return Explanation(
            label=None, predicted=None, probability=None, log_odds=value, reference_log_odds=at_reference, **others
        )


class ClassOdds(Quantity):
    """The log odds of one of several classes."""

    def value(self, logits: Floats, label: int) -> Floats:
        """As described in `Quantity`."""
        return log_odds(logits, label)

    def gradient(self, logits: Floats, label: int) -> Floats:
        """As described in `Quantity`."""
        return log_odds_gradient(logits, label)

    def of_tensor(self, logits: "torch.Tensor", label: int) -> "torch.Tensor":
        """As described in `Quantity`."""
        return torch_log_odds(logits, label)


class LabelOdds(Quantity):
    """The log odds of a label that stands by itself: its logit."""

    def value(self, logits: Floats, label: int) -> Floats:
        """As described in `Quantity`."""
        return logits[:, label]

    def gradient(self, logits: Floats, label: int) -> Floats:
        """As described in `Quantity`."""
        gradient = np.zeros_like(logits)
        gradient[:, label] = 1.0
        return gradient

    def of_tensor(self, logits: "torch.Tensor", label: int) -> "torch.Tensor":
        """As described in `Quantity`."""
        return logits[:, label]


@dataclass(frozen=True)
class ExpectedRating(Quantity):
    """The mean of the distribution over ratings: the lowest, and each step upwards as far as the text lies above it.

    Attributes:
        ratings: as numbers, rising.
    """

    ratings: tuple[float, ...]

    def value(self, logits: Floats, label: int) -> Floats:
        """As described in `Quantity`."""
        from scipy.special import expit

        value: Floats = self.ratings[0] + expit(-np.sort(-logits, axis=1)) @ np.diff(self.ratings)
        return value

    def gradient(self, logits: Floats, label: int) -> Floats:
        """As described in `Quantity`."""
        from scipy.special import expit

        order = np.argsort(-logits, axis=1, kind="stable")
        above = expit(np.take_along_axis(logits, order, axis=1))
        gradient = np.empty_like(logits)
        np.put_along_axis(gradient, order, above * (1 - above) * np.diff(self.ratings), axis=1)
        return gradient

    def of_tensor(self, logits: "torch.Tensor", label: int) -> "torch.Tensor":
        """As described in `Quantity`."""
        above = self.ordered(logits).sigmoid()
        value: torch.Tensor = self.ratings[0] + above @ above.new_tensor(np.diff(self.ratings).tolist())
        return value

    def ordered(self, logits: "torch.Tensor") -> "torch.Tensor":
        """As described in `Quantity`: falling from each rating to the next."""
        falling: torch.Tensor = logits.sort(dim=1, descending=True).values
        return falling

    def explained(self, value: float, at_reference: float, **others: Any) -> Explanation:
        """As described in `Quantity`."""
        return RatingExplanation(
            label=None,
            predicted=None,
            probability=None,
            log_odds=None,
            reference_log_odds=None,
            expected=value,
            reference_expected=at_reference,
            **others,
        )


class PlainNumber(Quantity):
    """The number that a text has: the model's one output."""

    def value(self, logits: Floats, label: int) -> Floats:
        """As described in `Quantity`."""
        return logits[:, 0]

    def gradient(self, logits: Floats, label: int) -> Floats:
        """As described in `Quantity`."""
        return np.ones_like(logits)

    def of_tensor(self, logits: "torch.Tensor", label: int) -> "torch.Tensor":
        """As described in `Quantity`."""
        return logits[:, 0]

    def explained(self, value: float, at_reference: float, **others: Any) -> Explanation:
        """As described in `Quantity`."""
        return NumberExplanation(
            label=None,
            predicted=None,
            probability=None,
            log_odds=None,
            reference_log_odds=None,
            number=value,
            reference_number=at_reference,
            **others,
        )


CLASS_ODDS = ClassOdds()
_QUANTITIES: dict[TaskName, Callable[[Sequence[str]], Quantity]] = {
    "multiclass": lambda _: CLASS_ODDS,
    "multilabel": lambda _: LabelOdds(),
    "ordinal": lambda names: ExpectedRating(tuple(map(float, names))),
    "regression": lambda _: PlainNumber(),
}


def quantity_of(task: Task) -> Quantity:
    """What is explained of a text with such labels. Raises RunError where that is not known yet."""
    if task.shape not in _QUANTITIES:
        raise RunError(f"explanations do not know labels that are {task.shape} yet", "leave explain out")
    return _QUANTITIES[task.shape](task.label_names)
