"""The temperature of a model of any label shape: how it is chosen, what it does, and its record.

Of several labels a text it divides the logit of each label, of ratings in order the logit of lying above each. Neither
changes an answer: thresholds move along, and a median stays where it is. Numbers have no logits, and none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import TaskName
from tunelet.evaluation._calibration import (
    ReliabilityBin,
    cross_fitted_temperature,
    reliability,
    scaled_probabilities,
)
from tunelet.evaluation._for_task import ShapedPredictions, task_of
from tunelet.evaluation._shapes import measure
from tunelet.evaluation._temperature import Sharpness, Temperature, TemperatureRecord, choose_temperature
from tunelet.evaluation.multilabel._calibration import (
    choose_decision_temperature,
    cross_fitted_scaling,
    decision_reliability,
    logits_of,
)
from tunelet.evaluation.ordinal._cumulative import (
    cross_fitted_rating_temperature,
    cumulative_logits,
    rating_probabilities,
)
from tunelet.evaluation.ordinal._temperature import choose_rating_temperature

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Scaled:
    """What a temperature is of labels of one shape.

    Attributes:
        scaled: probabilities and temperature to probabilities [n, labels]; a row of NaN stays one.
        choose: validation predictions to the temperature.
        cross_fitted: predictions to the same, each fifth with the temperature of the others.
        reliability: predictions to bins of similar probability.
    """

    scaled: Callable[[Floats, float], Floats]
    choose: Callable[[Any], Temperature]
    cross_fitted: Callable[[Any], Any]
    reliability: Callable[[Any], tuple[ReliabilityBin, ...]]


def _scaled_decisions(probabilities: Floats, temperature: float) -> Floats:
    from scipy.special import expit

    scaled: Floats = expit(logits_of(probabilities) / temperature)
    return scaled


_SCALED: Mapping[TaskName, _Scaled] = {
    "multiclass": _Scaled(
        scaled_probabilities, choose_temperature, cross_fitted_temperature, lambda these: reliability([these])
    ),
    "multilabel": _Scaled(
        _scaled_decisions,
        choose_decision_temperature,
        lambda these: cross_fitted_scaling(these, "temperature"),
        lambda these: decision_reliability([these]),
    ),
    "ordinal": _Scaled(
        lambda probabilities, temperature: rating_probabilities(cumulative_logits(probabilities) / temperature),
        choose_rating_temperature,
        cross_fitted_rating_temperature,
        lambda these: reliability([these]),
    ),
}


def scaled_for(task: TaskName, probabilities: Floats, temperature: float) -> Floats:
    """Probabilities [n, labels] with all logits divided by a temperature; 1.0 changes no bit."""
    return probabilities if temperature == 1.0 else _SCALED[task].scaled(probabilities, temperature)


def temperature_for(validation: ShapedPredictions) -> Temperature | None:
    """The temperature of validation predictions of any shape, and whether to apply it; None: numbers have none."""
    scaled = _SCALED.get(task_of(validation))
    return None if scaled is None else scaled.choose(validation)


def with_temperature_for(predictions: Any, temperature: Temperature | None) -> Any:
    """Predictions of labels or ratings as `predict` gives them: scaled where the temperature is applied."""
    if temperature is None or not temperature.applied:
        return predictions
    return predictions.with_probabilities(
        scaled_for(task_of(predictions), predictions.probabilities, temperature.value)
    )


def temperature_record(chosen: Temperature, reported: Any, *, n: int, cross_fitted: bool) -> TemperatureRecord:
    """The temperature's entry in `evaluation.json`; numbers have none.

    Args:
        chosen: the temperature of the validation texts.
        reported: the model's predictions for the texts that are reported on, without a temperature.
        n: validation texts.
        cross_fitted: whether these are the texts that it was fitted on; then each fifth has the others' temperature.
    """
    scaled = _SCALED[task_of(reported)]
    after = (
        scaled.cross_fitted(reported)
        if cross_fitted
        else reported.with_probabilities(scaled.scaled(reported.probabilities, chosen.value))
    )
    return TemperatureRecord(
        value=chosen.value,
        applied=chosen.applied,
        reason=chosen.reason,
        p_value=chosen.p_value,
        fitted_on="validation",
        n=n,
        cross_fitted=cross_fitted,
        before=_sharpness(reported),
        after=_sharpness(after),
        reliability_before=scaled.reliability(reported),
        reliability=scaled.reliability(after),
    )


def _sharpness(predictions: Any) -> Sharpness:
    metrics = measure(predictions, resamples=0)
    return Sharpness.model_validate({name: metrics.value(name) for name in ("log_loss", "ece")})
