"""The unit of what a model is trained to give: numbers are brought to mean 0 and deviation 1, so that a learning rate
means the same for prices and for shares."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Unit:
    """A number is `centre + scale * output`. Of labels with names, outputs are logits and stay as they are.

    Attributes:
        centre: of the numbers that are trained on, their mean.
        scale: their deviation.
    """

    centre: float = 0.0
    scale: float = 1.0

    @classmethod
    def of(cls, numbers: NDArray[np.float64]) -> "Unit":
        """That of n numbers; of equal ones the scale is 1."""
        centre, scale = float(numbers.mean()), float(numbers.std())
        return cls(centre, scale if scale > 1e-12 * (1 + abs(centre)) else 1.0)

    def outputs(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """Numbers of any shape as what a model is trained to give for them."""
        return numbers if self == PLAIN else (numbers - self.centre) / self.scale

    def numbers(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """The numbers that outputs of any shape stand for."""
        return outputs if self == PLAIN else self.centre + self.scale * outputs


PLAIN = Unit()
