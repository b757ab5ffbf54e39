"""Predictions of plain numbers, with the interval in which each is believed to lie."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tunelet.errors import DataError

LARGEST = 1e60  # so that squares, and squares of these, are finite


@dataclass(frozen=True, eq=False)
class ValuePredictions:
    """n texts with a number each, and the number that was predicted.

    Args:
        ids: the texts' identifiers [n].
        targets: the true numbers, float64 [n].
        values: the predicted ones, float64 [n].
        low, high: of the interval of each text, float64 [n]; both None where there are none. An end may be infinite.

    Raises:
        DataError: the shapes do not fit together, a number is not finite, or an interval ends before it begins.
    """

    ids: tuple[str, ...]
    targets: NDArray[np.float64]
    values: NDArray[np.float64]
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        n = len(self.ids)
        for name in ("targets", "values", "low", "high"):
            given = getattr(self, name)
            if given is None and name in ("low", "high"):
                continue
            numbers = np.asarray(given, dtype=np.float64)
            if numbers.shape != (n,):
                raise DataError(f"{n} ids need {name} [{n}], found {list(numbers.shape)}", "pass one number a text")
            if np.isnan(numbers).any() or (name in ("targets", "values") and (np.abs(numbers) > LARGEST).any()):
                raise DataError(
                    f"{name} must be numbers, none above {LARGEST:g} or below -{LARGEST:g}",
                    "leave out the texts that have none, or measure in a larger unit",
                )
            object.__setattr__(self, name, numbers)
        if (self.low is None) != (self.high is None):
            raise DataError("an interval has two ends, found one of low and high", "pass both, or neither")
        if self.low is not None and self.high is not None and (self.low > self.high).any():
            raise DataError("low must not lie above high", "pass the lower end of each interval as low")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Numbers have no names: ()."""
        return ()

    @property
    def labels(self) -> NDArray[np.float64]:
        """The true numbers, by the name that other predictions have for what the data says."""
        return self.targets

    @property
    def predicted(self) -> NDArray[np.float64]:
        """The predicted numbers, by the name that other predictions have for their answers."""
        return self.values

    @property
    def covered(self) -> NDArray[np.bool_] | None:
        """Whether the true number of each text lies in its interval, bool [n]; None where there are no intervals."""
        if self.low is None or self.high is None:
            return None
        inside: NDArray[np.bool_] = (self.low <= self.targets) & (self.targets <= self.high)
        return inside

    @property
    def widths(self) -> NDArray[np.float64] | None:
        """The width of each text's interval, float64 [n]; None where there are no intervals."""
        return None if self.low is None or self.high is None else self.high - self.low

    def rows(self, chosen: NDArray[np.generic]) -> "ValuePredictions":
        """The predictions for some of the texts: rows, or a bool for each [n]."""
        ends = {name: None if end is None else end[chosen] for name, end in (("low", self.low), ("high", self.high))}
        return replace(
            self,
            ids=tuple(np.array(self.ids, dtype=object)[chosen]),
            targets=self.targets[chosen],
            values=self.values[chosen],
            **ends,
        )

    def with_intervals(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> "ValuePredictions":
        """The same predictions with an interval for each text, [n] and [n]."""
        return replace(self, low=low, high=high)
