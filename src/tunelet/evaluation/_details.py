"""What a report shows of a model beyond its metrics, by the shape of its labels."""

from collections.abc import Callable
from typing import Any

from tunelet.evaluation.multilabel import _details as multilabel
from tunelet.evaluation.multilabel._details import MultilabelDetails
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions
from tunelet.evaluation.ordinal import _details as ordinal
from tunelet.evaluation.ordinal._details import RatingDetails
from tunelet.evaluation.ordinal._predictions import OrdinalPredictions
from tunelet.evaluation.regression import _details as regression
from tunelet.evaluation.regression._details import ValueDetails
from tunelet.evaluation.regression._predictions import ValuePredictions

AnyDetails = MultilabelDetails | RatingDetails | ValueDetails  # no two have an entry that both need

_DETAILS: dict[type[Any], Callable[[Any], AnyDetails]] = {
    MultilabelPredictions: multilabel.details,
    OrdinalPredictions: ordinal.details,
    ValuePredictions: regression.details,
}


def details_of(predictions: MultilabelPredictions | OrdinalPredictions | ValuePredictions) -> AnyDetails:
    """The details of predictions of at least one text."""
    return _DETAILS[type(predictions)](predictions)
