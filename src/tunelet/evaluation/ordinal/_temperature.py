"""Whether a rating model's cumulative logits are divided by a temperature: only where that helps on other texts.

The rule is that of classes (`_temperature`): cross-fitted on the validation texts it must lower the log loss of a text
by more than noise, and it is not applied where no text is wrong, nor at the upper end of the temperatures searched.
"""

from tunelet.evaluation._blend import Gain
from tunelet.evaluation._bootstrap import text_losses
from tunelet.evaluation._temperature import Temperature, decided
from tunelet.evaluation.ordinal._cumulative import cross_fitted_rating_temperature, fit_rating_temperature
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions


def choose_rating_temperature(validation: OrdinalPredictions) -> Temperature:
    """The temperature of the validation texts, and whether to apply it."""
    scaled = cross_fitted_rating_temperature(validation)
    return decided(
        fit_rating_temperature(validation),
        Gain.of(*(text_losses(each.probabilities, each.labels) for each in (validation, scaled))),
        any_wrong=bool((validation.predicted != validation.labels).any()),
    )
