"""What a finished run is worth, by the shape of its labels: the records that its folder gets, and its predictions."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunelet._record import FileRecord
from tunelet.evaluation import (
    FigureWarning,
    KeptRecord,
    Metrics,
    Predictions,
    ShapedPredictions,
    commonest,
    label_warnings,
    measure,
    positive_index,
)
from tunelet.experiment._evidence import Classified, Evidence, Rival, gather_evidence
from tunelet.experiment._explaining import explanations
from tunelet.recipe import EvaluationSettings
from tunelet.run import Cost, EvaluationRecord, ExplanationsRecord, Summary

if TYPE_CHECKING:
    from tunelet.experiment._finish import Trained
    from tunelet.training import Reporter


class Results(ABC):
    """The results of a run.

    Attributes:
        predictions: by split, as `predict` gives them; "test" where there are test texts.
        warnings: what to bear in mind with the metrics.
    """

    predictions: dict[str, ShapedPredictions]
    warnings: list[FigureWarning]

    @classmethod
    @abstractmethod
    def of(
        cls,
        splits: Mapping[str, Classified[Any]],
        rivals: Sequence[Rival[Any]],
        settings: EvaluationSettings,
        *,
        seed: int,
        model: str,
    ) -> "Results":
        """Measure the model and its rivals.

        Args:
            splits: "validation", and "test" where there are test texts.
            rivals: the linear models to compare with.
            settings: the recipe's evaluation section.
            seed: of the bootstrap.
            model: its name, in comparisons.
        """

    @abstractmethod
    def record(self, kept: KeptRecord, cost: Cost) -> FileRecord:
        """The content of `evaluation.json`."""

    @abstractmethod
    def summary(self, facts: Mapping[str, Any]) -> FileRecord:
        """The content of `metrics.json`: the metrics, reported and on validation, with what the run took."""

    def explained(self, trained: "Trained", progress: "Reporter") -> ExplanationsRecord | None:
        """The content of `explanations.json`; None: there is none."""
        return None


@dataclass(frozen=True, eq=False)
class OneLabelResults(Results):
    """Of one label a text."""

    evidence: Evidence
    predictions: dict[str, ShapedPredictions]
    measured: dict[str, Metrics]
    warnings: list[FigureWarning]

    @classmethod
    def of(
        cls,
        splits: Mapping[str, Classified[Predictions]],
        rivals: Sequence[Rival[Predictions]],
        settings: EvaluationSettings,
        *,
        seed: int,
        model: str,
    ) -> "OneLabelResults":
        """As described in `Results`."""
        evidence = gather_evidence(splits["validation"], splits.get("test"), rivals, settings, seed=seed, model=model)
        predictions: dict[str, ShapedPredictions] = {"validation": evidence.validation.predictions}
        measured: dict[str, Metrics] = {evidence.findings.evaluated_on: evidence.metrics}
        if evidence.test is not None:
            predictions["test"] = evidence.test.predictions
            validation = evidence.validation.predictions
            index = positive_index(validation.label_names, settings.positive)
            measured["validation"] = measure(validation, positive=index, resamples=settings.resamples, seed=seed)
        return cls(evidence, predictions, measured, label_warnings(evidence.metrics))

    def record(self, kept: KeptRecord, cost: Cost) -> EvaluationRecord:
        """As described in `Results`."""
        return EvaluationRecord.of(self.evidence.findings, kept, cost)

    def summary(self, facts: Mapping[str, Any]) -> Summary:
        """As described in `Results`."""
        findings = self.evidence.findings
        metrics = self.evidence.metrics
        figures = {name: getattr(metrics, name) for name in metrics.model_fields_set} | {
            **facts,
            "commonest": commonest(metrics),
            "temperature": self.evidence.temperature.used,
            "threshold": None if findings.threshold is None else findings.threshold.value,
        }
        if findings.evaluated_on != "validation":
            figures["validation"] = self.measured["validation"]
        return Summary.model_validate(figures)

    def explained(self, trained: "Trained", progress: "Reporter") -> ExplanationsRecord | None:
        """As described in `Results`."""
        evidence = self.evidence
        reported = evidence.test or evidence.validation
        return explanations(
            trained,
            reported,
            evidence.temperature.used,
            progress,
            learnt_from=evidence.test is None and bool(trained.plan.prepared.folds),
        )
