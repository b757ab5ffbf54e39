"""From a model's logits to probabilities, a class for each task, and what its config says of them.

Loading none of torch: classifiers without an encoder compute their probabilities here, too.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from tunelet.data._label_space import TaskName

if TYPE_CHECKING:
    import torch


class Output(ABC):
    """How probabilities follow from logits.

    Attributes:
        problem_type: what transformers calls the task, in config.json.
        falling: whether `ordered` puts a text's logits in falling order, as graphs and other languages then have to.
    """

    problem_type: ClassVar[str]
    falling: ClassVar[bool] = False

    def names(self, label_names: Sequence[str]) -> tuple[str, ...]:
        """What the logits are called, one by one, in config.json."""
        return tuple(label_names)

    def columns(self, label_names: Sequence[str]) -> int:
        """How many columns `probabilities` has."""
        return len(label_names)

    @abstractmethod
    def probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of each label, float64 [n, labels], from logits of this shape; of numbers, themselves [n, 1]."""

    def ordered(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits [n, outputs] as they are added to those of another model: as they are."""
        return logits

    @abstractmethod
    def of_tensor(self, logits: "torch.Tensor") -> "torch.Tensor":
        """The same in torch, which need not give the same last bits."""


class Softmax(Output):
    """One label a text: probabilities sum to 1."""

    problem_type = "single_label_classification"

    def probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """As described in `Output`."""
        from scipy.special import softmax

        probabilities: NDArray[np.float64] = softmax(logits, axis=1)
        return probabilities

    def of_tensor(self, logits: "torch.Tensor") -> "torch.Tensor":
        """As described in `Output`."""
        return logits.softmax(dim=-1)


class Sigmoids(Output):
    """Several labels a text: each has a probability of its own."""

    problem_type = "multi_label_classification"

    def probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """As described in `Output`."""
        from scipy.special import expit

        probabilities: NDArray[np.float64] = expit(logits)
        return probabilities

    def of_tensor(self, logits: "torch.Tensor") -> "torch.Tensor":
        """As described in `Output`."""
        return logits.sigmoid()


class Cumulative(Output):
    """Ratings in order: a logit for each but the highest, of lying above it (McCullagh 1980).

    Where a text seems likelier to lie above a higher rating than above a lower one, which cannot be, the logits are put
    in order, as `tunelet.evaluation` has it for linear models of ratings.
    """

    problem_type = "multi_label_classification"  # to other libraries each logit is a question of its own
    falling = True

    def names(self, label_names: Sequence[str]) -> tuple[str, ...]:
        """ "> 1", "> 2", and so on."""
        return tuple(f"> {name}" for name in label_names[:-1])

    def ordered(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits [n, ratings - 1], falling from each rating to the next."""
        falling: NDArray[np.float64] = -np.sort(-logits, axis=1)
        return falling

    def probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability of each rating, float64 [n, ratings], from cumulative logits [n, ratings - 1]."""
        from scipy.special import expit

        above = expit(self.ordered(logits))
        ends = np.ones((len(logits), 1)), np.zeros((len(logits), 1))
        probabilities: NDArray[np.float64] = -np.diff(np.concatenate([ends[0], above, ends[1]], axis=1), axis=1)
        return probabilities

    def of_tensor(self, logits: "torch.Tensor") -> "torch.Tensor":
        """As described in `Output`."""
        import torch

        return torch.from_numpy(self.probabilities(logits.numpy()))


class Identity(Output):
    """A plain number: the output itself. Trained models give it in the unit of the data."""

    problem_type = "regression"

    def names(self, label_names: Sequence[str]) -> tuple[str, ...]:
        """ "number": numbers have no names of their own."""
        return ("number",)

    def columns(self, label_names: Sequence[str]) -> int:
        """One."""
        return 1

    def probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """The numbers, [n, 1]."""
        return logits

    def of_tensor(self, logits: "torch.Tensor") -> "torch.Tensor":
        """As described in `Output`."""
        return logits


SOFTMAX = Softmax()
OUTPUTS: dict[TaskName, Output] = {
    "multiclass": SOFTMAX,
    "multilabel": Sigmoids(),
    "ordinal": Cumulative(),
    "regression": Identity(),
}
