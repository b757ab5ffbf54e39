"""What a finished run is worth whose labels are not one of several a text, but several at once, or ratings in order.

What is chosen (a temperature, and a threshold for each label) is chosen on validation texts, thresholds for the model
and for each linear model apart.
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
    AnyDetails,
    ConformalRecord,
    FigureSlice,
    FigureWarning,
    KeptRecord,
    ShapedPredictions,
    Temperature,
    TemperatureRecord,
    ThresholdsRecord,
    compare_figure_draws,
    details_of,
    draw_models,
    figures_by_length,
    measure,
    temperature_for,
    temperature_record,
    with_temperature_for,
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
    WithoutTfidf,
    thresholds_in,
)


@dataclass(frozen=True, eq=False)
class ShapedResults(Results):
    """Of another shape than one label a text.

    Attributes:
        measured: metrics by split.
        rivals: by key, beside the model on the texts that are reported on.
        errors: the worst answers to these; wrong: texts whose answer is not the right one.
        lengths, details: figures by length of text, and what else a report shows.
        without_tfidf: the encoder alone, where TF-IDF is added; None: it is alone.
        temperature, scaling: of the logits, and what it does to the texts that are reported on; None: there is none.
        thresholds: of several labels, and what they do to the validation texts; None: there are none.
        intervals: of numbers, and how often they hold; None: there are none.
    """

    predictions: dict[str, ShapedPredictions]
    warnings: list[FigureWarning]
    measured: dict[str, ShapedMetrics]
    rivals: dict[str, ShapedRival]
    errors: tuple[ShapedError, ...]
    wrong: int
    lengths: tuple[FigureSlice, ...]
    details: AnyDetails
    thresholds: ThresholdsRecord | None = None
    intervals: ConformalRecord | None = None
    without_tfidf: WithoutTfidf | None = None
    temperature: Temperature | None = None
    scaling: TemperatureRecord | None = None

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
        temperature = temperature_for(splits["validation"].predictions)
        scaled = {name: with_temperature_for(split.predictions, temperature) for name, split in splits.items()}
        validation = scaled["validation"]
        found = {name: cls.decided(predictions, validation, settings) for name, predictions in scaled.items()}
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
            lengths=figures_by_length(found[reported], splits[reported].lengths),
            details=details_of(found[reported]),
            thresholds=cls.thresholds_of(validation, settings, seed),
            intervals=cls.intervals_of(validation, splits[reported].predictions, seed),
            without_tfidf=_without_tfidf(cls, splits["validation"], found["validation"], settings),
            temperature=temperature,
            scaling=None
            if temperature is None
            else temperature_record(
                temperature, splits[reported].predictions, n=len(validation), cross_fitted=reported == "validation"
            ),
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
            temperature=self.scaling,
            without_tfidf=self.without_tfidf,
            wrong=self.wrong,
            errors=self.errors,
            lengths=self.lengths,
            details=self.details,
            baseline=self.rivals.get("baseline"),
            probe=self.rivals.get("probe"),
            kept=kept,
            cost=cost,
        )

    def summary(self, facts: Mapping[str, Any]) -> RunFacts:
        """As described in `Results`."""
        metrics = self.measured[self.evaluated_on]
        used = 1.0 if self.temperature is None else self.temperature.used
        figures = {
            **{name: getattr(metrics, name) for name in metrics.model_fields_set},
            **facts,
            "temperature": used,
            **self.chosen_of(self.predictions["validation"]),
        }
        if self.evaluated_on != "validation":
            figures["validation"] = self.measured["validation"]
        return SUMMARIES[type(metrics)].model_validate(figures)


def _without_tfidf(
    kind: type[ShapedResults], validation: Classified[Any], together: Any, settings: EvaluationSettings
) -> WithoutTfidf | None:
    """The encoder alone on the validation texts, with what is chosen for it."""
    if validation.alone is None:
        return None
    temperature = temperature_for(validation.alone)
    alone = with_temperature_for(validation.alone, temperature)
    own, both = (measure(these, resamples=0) for these in (kind.decided(alone, alone, settings), together))
    return WithoutTfidf(
        temperature=1.0 if temperature is None else temperature.used,
        thresholds=thresholds_in(own),
        figure=own.value(own.main),
        together=both.value(both.main),
    )


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
