"""What a finished run of plain numbers is worth, and the intervals in which 95 of 100 new numbers will lie."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation import (
    Conformal,
    ConformalRecord,
    ValuePredictions,
    cross_fitted_value_intervals,
    value_intervals,
    value_record,
    value_scores,
)
from tunelet.experiment._shaped_results import ShapedResults
from tunelet.recipe import EvaluationSettings


class NumberResults(ShapedResults):
    """Of plain numbers.

    How far an interval goes follows from the errors on validation texts, which the model that made them had not seen:
    in a cross-validation those of all folds. On these very texts the intervals that are reported are cross-fitted, so
    that no text has a say in its own.
    """

    @classmethod
    def decided(
        cls,
        predictions: ValuePredictions,
        validation: ValuePredictions,
        settings: EvaluationSettings,  # noqa: ARG003
    ) -> ValuePredictions:
        """As described in `ShapedResults`: with an interval for each text."""
        if predictions is validation:
            return cross_fitted_value_intervals(validation)
        return value_intervals(predictions, Conformal.of(value_scores(validation)))

    @classmethod
    def intervals_of(cls, validation: ValuePredictions, reported: ValuePredictions, seed: int) -> ConformalRecord:
        """As described in `ShapedResults`."""
        found = Conformal.of(value_scores(validation))
        return value_record(found, reported, cross_fitted=reported is validation, seed=seed)

    @classmethod
    def chosen_of(cls, validation: ValuePredictions) -> dict[str, Any]:
        """As described in `ShapedResults`: how far intervals go to both sides; None: without an end."""
        reach = Conformal.of(value_scores(validation)).reach
        return {"reach": reach if np.isfinite(reach) else None}

    @classmethod
    def wrongness(cls, predictions: ValuePredictions) -> NDArray[np.float64]:
        """As described in `ShapedResults`: the distance of the two numbers."""
        return value_scores(predictions)

    @classmethod
    def wrong_answers(cls, predictions: ValuePredictions) -> int:
        """As described in `ShapedResults`: numbers that lie outside their interval."""
        assert predictions.covered is not None  # noqa: S101  (they were decided)
        return int((~predictions.covered).sum())

    @classmethod
    def sureness(cls, predictions: ValuePredictions) -> NDArray[np.float64]:
        """As described in `ShapedResults`: there are no probabilities."""
        return np.full(len(predictions), np.nan)

    @classmethod
    def written(cls, predictions: ValuePredictions, labels: np.float64) -> str:  # noqa: ARG003
        """As described in `ShapedResults`."""
        return f"{labels:.6g}"
