"""Whether a run's logits are divided by its temperature: only where that helps on other texts.

A temperature is fitted on the validation texts, so it always helps there. Cross-fitting shows what it is worth on other
texts: each fifth of the texts is scaled by the temperature of the other four. It is applied where this lowers the log
loss of a text by more than noise: a one-sided paired t test over the texts (Student 1908), at 5 %. It is not applied
where no validation text is wrong, for the fitted temperature would then make the model certain of everything; nor at
the upper end of the temperatures searched, where all labels are equally probable.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.evaluation._blend import Gain
from tunelet.evaluation._calibration import (
    TEMPERATURES,
    ReliabilityBin,
    cross_fitted_temperature,
    fit_temperature,
)
from tunelet.evaluation._power import SIGNIFICANCE
from tunelet.evaluation._predictions import Predictions

_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Temperature:
    """A temperature, and whether it is applied.

    Attributes:
        value: of the least log loss on the validation texts.
        applied: whether predictions are scaled by it.
        reason: why, or why not.
        p_value: of the gain by cross-fitting; None where there is nothing to test.
    """

    value: float
    applied: bool
    reason: str
    p_value: float | None

    @property
    def used(self) -> float:
        """What logits are divided by: 1.0 where it is not applied."""
        return self.value if self.applied else 1.0


class Sharpness(Record):
    """The figures that a temperature changes; it leaves every predicted label as it is."""

    log_loss: float
    ece: float


class TemperatureRecord(Record):
    """A temperature, and what it changes on the texts that are reported on.

    Attributes:
        value, applied, reason, p_value: as `Temperature` has them.
        fitted_on: always "validation".
        n: validation texts.
        cross_fitted: whether validation texts are reported on; then each fold has the temperature of the others.
        before, after: figures without the temperature and with it.
        reliability_before, reliability: accuracy by confidence, without it and with it.
    """

    value: float
    applied: bool
    reason: str
    p_value: float | None
    fitted_on: Literal["validation"]
    n: int
    cross_fitted: bool
    before: Sharpness
    after: Sharpness
    reliability_before: tuple[ReliabilityBin, ...]
    reliability: tuple[ReliabilityBin, ...]


def choose_temperature(validation: Predictions) -> Temperature:
    """The temperature of the validation texts, and whether to apply it."""
    return decided(
        fit_temperature(validation),
        Gain.of(_losses(validation), _losses(cross_fitted_temperature(validation))),
        any_wrong=bool((validation.predicted != validation.labels).any()),
    )


def decided(value: float, gain: Gain, *, any_wrong: bool) -> Temperature:
    """Whether a temperature is applied.

    Args:
        value: of the least log loss on the validation texts.
        gain: what cross-fitted temperatures take from their log loss.
        any_wrong: whether the model is wrong about one of them.
    """
    if not any_wrong:
        return Temperature(value, False, "no validation text is wrong: any certainty would seem right", None)
    if value > TEMPERATURES[1] / 1.01:
        return Temperature(value, False, "it would make all labels equally probable", None)
    p_value = gain.p_value
    if p_value is None or p_value >= SIGNIFICANCE:
        reason = "cross-fitted on the validation texts it lowers the log loss by no more than noise would"
        return Temperature(value, False, reason, p_value)
    reason = f"cross-fitted on the validation texts it lowers the log loss by {gain.mean:.4f}"
    return Temperature(value, True, reason, p_value)


def _losses(predictions: Predictions) -> NDArray[np.float64]:
    rows = np.arange(len(predictions))
    losses: NDArray[np.float64] = -np.log(np.maximum(predictions.probabilities[rows, predictions.labels], _TINY))
    return losses
