"""What finished runs of several labels a text, and of ratings in order, are worth."""

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation import (
    FigureWarning,
    MultilabelPredictions,
    OrdinalPredictions,
    ThresholdsRecord,
    choose_thresholds,
    thresholds_record,
)
from tunelet.experiment._shaped_results import ShapedResults
from tunelet.recipe import EvaluationSettings


class SeveralLabelsResults(ShapedResults):
    """Of several labels a text."""

    @classmethod
    def decided(
        cls, predictions: MultilabelPredictions, validation: MultilabelPredictions, settings: EvaluationSettings
    ) -> MultilabelPredictions:
        """As described in `ShapedResults`: with a threshold for each label."""
        return predictions.with_thresholds(choose_thresholds(validation, settings.threshold).values)

    @classmethod
    def thresholds_of(
        cls, validation: MultilabelPredictions, settings: EvaluationSettings, seed: int
    ) -> ThresholdsRecord:
        """As described in `ShapedResults`."""
        return thresholds_record(validation, choose_thresholds(validation, settings.threshold), seed=seed)

    @classmethod
    def wrongness(cls, predictions: MultilabelPredictions) -> NDArray[np.float64]:
        """As described in `ShapedResults`: how sure the surest wrong decision was."""
        surest: NDArray[np.float64] = _of_wrong_decisions(predictions).max(axis=1)
        return surest

    @classmethod
    def sureness(cls, predictions: MultilabelPredictions) -> NDArray[np.float64]:
        """As described in `ShapedResults`."""
        return cls.wrongness(predictions)

    @classmethod
    def written(cls, predictions: MultilabelPredictions, labels: NDArray[np.bool_]) -> str:
        """As described in `ShapedResults`."""
        names = [name for name, has in zip(predictions.label_names, labels, strict=True) if has]
        return ", ".join(names) or "none of them"

    @classmethod
    def chosen_here(cls) -> list[FigureWarning]:
        """As described in `ShapedResults`."""
        return [
            FigureWarning(
                kind="thresholds_chosen_on_these_texts",
                message="The thresholds of the labels were chosen on these very texts, which flatters F1 a little.",
                hint="pass --test DATA for figures that do not flatter",
                labels=(),
            )
        ]


class RatingResults(ShapedResults):
    """Of ratings in order."""

    @classmethod
    def decided(
        cls,
        predictions: OrdinalPredictions,
        validation: OrdinalPredictions,  # noqa: ARG003
        settings: EvaluationSettings,  # noqa: ARG003
    ) -> OrdinalPredictions:
        """As described in `ShapedResults`: nothing is chosen."""
        return predictions

    @classmethod
    def wrongness(cls, predictions: OrdinalPredictions) -> NDArray[np.float64]:
        """As described in `ShapedResults`: the distance of the two ratings, and among equal ones how sure it was."""
        distance = np.abs(predictions.answers - predictions.targets)
        return np.where(distance > 0, distance + predictions.confidence / 1000, 0.0)

    @classmethod
    def sureness(cls, predictions: OrdinalPredictions) -> NDArray[np.float64]:
        """As described in `ShapedResults`."""
        return predictions.confidence

    @classmethod
    def written(cls, predictions: OrdinalPredictions, labels: np.int64) -> str:
        """As described in `ShapedResults`."""
        return predictions.label_names[labels]


def _of_wrong_decisions(found: MultilabelPredictions) -> NDArray[np.float64]:
    """The probability that spoke for each wrong decision, float64 [n, labels]; 0 where it is right."""
    spoke = np.where(found.predicted, found.probabilities, 1 - found.probabilities)
    return np.where(found.predicted != found.labels, np.maximum(spoke, np.finfo(np.float64).tiny), 0.0)
