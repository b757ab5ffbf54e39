"""What a finished run is worth whose labels are not one of several a text, but several at once, or ratings in order.

What is chosen (thresholds, one a label) is chosen on validation texts, for the model and for each linear model apart.
Test texts choose nothing.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import shown_fields
from tunelet.evaluation import (
    ConformalRecord,
    FigureWarning,
    KeptRecord,
    MultilabelPredictions,
    OrdinalPredictions,
    ShapedPredictions,
    ThresholdsRecord,
    choose_thresholds,
    compare_figure_draws,
    draw_models,
    measure,
    thresholds_record,
)
from tunelet.experiment._evidence import Classified, Rival
from tunelet.experiment._results import Results
from tunelet.recipe import EvaluationSettings
from tunelet.run import (
    SUMMARIES,
    Cost,
    EvaluatedOn,
    RunFacts,
    ShapedError,
    ShapedEvaluation,
    ShapedMetrics,
    ShapedRival,
)


@dataclass(frozen=True, eq=False)
class ShapedResults(Results):
    """Of another shape than one label a text.

    Attributes:
        measured: metrics by split.
        rivals: by key, beside the model on the texts that are reported on.
        errors: the worst answers to these; wrong: texts whose answer is not the right one.
        thresholds: of several labels, and what they do to the validation texts; None: there are none.
        intervals: of numbers, and how often they hold; None: there are none.
    """

    predictions: dict[str, ShapedPredictions]
    warnings: list[FigureWarning]
    measured: dict[str, ShapedMetrics]
    rivals: dict[str, ShapedRival]
    errors: tuple[ShapedError, ...]
    wrong: int
    thresholds: ThresholdsRecord | None = None
    intervals: ConformalRecord | None = None

    @classmethod
    def of(
        cls,
        splits: Mapping[str, Classified[Any]],
        rivals: Sequence[Rival[Any]],
        settings: EvaluationSettings,
        *,
        seed: int,
        model: str,
    ) -> "ShapedResults":
        """As described in `Results`."""
        validation = splits["validation"].predictions
        found = {name: cls.decided(split.predictions, validation, settings) for name, split in splits.items()}
        reported = "test" if "test" in found else "validation"
        others = {
            rival.name: [cls.decided(rival.predictions, rival.validation or rival.predictions, settings)]
            for rival in rivals
        }
        models = others | {model: [found[reported]]}
        drawn = draw_models(models, resamples=settings.resamples, seed=seed)  # once, for metrics and comparisons alike
        pairs = compare_figure_draws(
            models, drawn, [(name, model) for name in others], resamples=settings.resamples, seed=seed
        )
        of_rivals: dict[str, Any] = {name: drawn[name].measured[0] for name in others}
        measured: dict[str, Any] = {reported: drawn[model].measured[0]}
        if reported == "test":
            measured["validation"] = measure(found["validation"], resamples=settings.resamples, seed=seed)
        return cls(
            predictions=dict(found),
            warnings=[] if reported == "test" else cls.chosen_here(),
            measured=measured,
            rivals={
                rival.key: ShapedRival(
                    name=rival.name,
                    features=rival.features,
                    strength=rival.strength,
                    seconds=rival.seconds,
                    metrics=of_rivals[rival.name],
                    pair=pair,
                    **cls.chosen_of(rival.validation or rival.predictions),
                )
                for rival, pair in zip(rivals, pairs, strict=True)
            },
            errors=_errors(cls, splits[reported], found[reported], settings.errors),
            wrong=cls.wrong_answers(found[reported]),
            thresholds=cls.thresholds_of(validation, settings, seed),
            intervals=cls.intervals_of(validation, splits[reported].predictions, seed),
        )

    @classmethod
    @abstractmethod
    def decided(cls, predictions: Any, validation: Any, settings: EvaluationSettings) -> Any:
        """The predictions with what is chosen on the same model's validation predictions."""

    @classmethod
    @abstractmethod
    def wrongness(cls, predictions: Any) -> NDArray[np.float64]:
        """How wrong each answer is, float64 [n]; 0: it is right."""

    @classmethod
    def wrong_answers(cls, predictions: Any) -> int:
        """How many answers are wrong."""
        return int((cls.wrongness(predictions) > 0).sum())

    @classmethod
    @abstractmethod
    def sureness(cls, predictions: Any) -> NDArray[np.float64]:
        """The probability that a wrong answer was given with, float64 [n]; NaN where there are no probabilities."""

    @classmethod
    @abstractmethod
    def written(cls, predictions: Any, labels: Any) -> str:
        """The label of one text, for a person."""

    @classmethod
    def thresholds_of(
        cls,
        validation: Any,  # noqa: ARG003
        settings: EvaluationSettings,  # noqa: ARG003
        seed: int,  # noqa: ARG003
    ) -> ThresholdsRecord | None:
        """The record of thresholds; None: there are none."""
        return None

    @classmethod
    def intervals_of(cls, validation: Any, reported: Any, seed: int) -> ConformalRecord | None:  # noqa: ARG003
        """The record of the intervals of numbers, chosen on validation texts; None: there are none."""
        return None

    @classmethod
    def chosen_of(cls, validation: Any) -> dict[str, Any]:  # noqa: ARG003
        """What is chosen on a model's validation predictions and needed for its answers, by key of the records."""
        return {}

    @classmethod
    def chosen_here(cls) -> list[FigureWarning]:
        """What to bear in mind where figures are of the texts on which choices were made."""
        return []

    @property
    def evaluated_on(self) -> EvaluatedOn:
        """The texts that are reported on."""
        return "test" if "test" in self.measured else "validation"

    def record(self, kept: KeptRecord, cost: Cost) -> ShapedEvaluation:
        """As described in `Results`."""
        return ShapedEvaluation(
            evaluated_on=self.evaluated_on,
            n=len(self.predictions[self.evaluated_on]),
            chosen_on=len(self.predictions["validation"]),
            thresholds=self.thresholds,
            intervals=self.intervals,
            wrong=self.wrong,
            errors=self.errors,
            baseline=self.rivals.get("baseline"),
            probe=self.rivals.get("probe"),
            kept=kept,
            cost=cost,
        )

    def summary(self, facts: Mapping[str, Any]) -> RunFacts:
        """As described in `Results`."""
        metrics = self.measured[self.evaluated_on]
        figures = {
            **{name: getattr(metrics, name) for name in metrics.model_fields_set},
            **facts,
            "temperature": 1.0,
            **self.chosen_of(self.predictions["validation"]),
        }
        if self.evaluated_on != "validation":
            figures["validation"] = self.measured["validation"]
        return SUMMARIES[type(metrics)].model_validate(figures)


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


def _errors(kind: type[ShapedResults], split: Classified[Any], found: Any, count: int) -> tuple[ShapedError, ...]:
    """The texts with the worst answers."""
    wrong, sure = kind.wrongness(found), kind.sureness(found)
    rows = [row for row in np.argsort(-wrong, kind="stable")[:count] if wrong[row] > 0]
    return tuple(
        ShapedError(
            id=found.ids[row],
            text=shown_fields(split.examples.texts[row]),
            tokens=int(split.lengths[row]),
            label=kind.written(found, found.labels[row]),
            predicted=kind.written(found, found.predicted[row]),
            probability=float(sure[row]),
        )
        for row in rows
    )
