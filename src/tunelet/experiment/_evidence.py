"""The evaluation of a run beyond its metrics, as one record: `Findings`.

Temperature, threshold and the baseline's strength are chosen on validation texts. Where these are also reported on, the
record says so, and the temperature is judged by cross-fitting. All figures but the temperature's own are for the
probabilities that `predict` returns, which are scaled where the temperature is applied.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tunelet.data import Examples, shown_fields
from tunelet.evaluation import (
    Metrics,
    Predictions,
    ShapedPredictions,
    SharesRecord,
    Temperature,
    by_length,
    choose_temperature,
    compare_draws,
    confident_errors,
    curve_records,
    draw_models,
    measure,
    positive_index,
    reliability,
    shares_record,
    temperature_record,
    threshold_record,
    with_temperature,
)
from tunelet.recipe import EvaluationSettings
from tunelet.run import ErrorRecord, Findings, RivalRecord

P = TypeVar("P", bound=ShapedPredictions, covariant=True)


@dataclass(frozen=True, eq=False)
class Classified(Generic[P]):
    """The texts of a split, with the model's predictions for them.

    Attributes:
        examples: n texts.
        lengths: tokens of each as it is written, whatever of it is cut or read twice, int64 [n].
        predictions: of each.
        shares: where labels are soft, the probability of each, float32 [n, labels]; None: they are sure.
        alone: those of the encoder without TF-IDF, where that is added and labels are not one a text; None: the same.
    """

    examples: Examples
    lengths: np.ndarray
    predictions: P
    shares: NDArray[np.float32] | None = None
    alone: P | None = None


@dataclass(frozen=True, eq=False)
class Rival(Generic[P]):
    """A linear model that costs seconds, and that the model must beat to be worth its time.

    Attributes:
        key: of its record, "baseline" or "probe".
        name: on screens and pages.
        features: the number of its inputs.
        strength: its C of scikit-learn.
        seconds: that its training took.
        predictions: of the texts that are reported on.
        validation: of the validation texts, where choices are made for each model; None: they are the same.
    """

    key: str
    name: str
    features: int
    strength: float
    seconds: float
    predictions: P
    validation: P | None = None


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that the evaluation of a run results in.

    Attributes:
        findings: the part of `evaluation.json` that is about the predictions.
        metrics: of the model on the texts that are reported on, with intervals.
        temperature: chosen on the validation texts, and whether it is applied.
        validation, test: the splits, with the probabilities that `predict` returns.
    """

    findings: Findings
    metrics: Metrics
    temperature: Temperature
    validation: Classified[Predictions]
    test: Classified[Predictions] | None


def gather_evidence(
    validation: Classified[Predictions],
    test: Classified[Predictions] | None,
    rivals: Sequence[Rival[Predictions]],
    settings: EvaluationSettings,
    *,
    seed: int,
    model: str,
) -> Evidence:
    """Compute curves, calibration, threshold, slices by length and errors, and compare the model with its rivals.

    Args:
        validation: the split that choices use.
        test: the split that is reported on; None: it is the validation split.
        rivals: the linear models to compare with.
        settings: the recipe's evaluation section.
        seed: of the bootstrap.
        model: its name, in comparisons.
    """
    temperature = choose_temperature(validation.predictions)
    if validation.shares is not None:
        temperature = replace(temperature, applied=False, reason="labels are soft, and probabilities were trained for")
    by_itself = (test or validation).predictions
    validation = _scaled(validation, temperature)
    test = test and _scaled(test, temperature)
    reported = test or validation
    predictions = reported.predictions
    index = positive_index(predictions.label_names, settings.positive)
    positive = None if index is None else predictions.label_names[index]
    measured, beside = _beside(predictions, rivals, positive, settings, seed=seed, model=model)
    findings = Findings(
        evaluated_on="validation" if test is None else "test",
        n=len(predictions),
        curves=curve_records(predictions, positive),
        reliability=reliability([predictions]),
        temperature=temperature_record(
            temperature, by_itself, n=len(validation.predictions), cross_fitted=test is None
        ),
        threshold=threshold_record(validation.predictions, predictions, settings.threshold, index),
        lengths=by_length(predictions, reported.lengths),
        errors=_errors(reported, settings.errors),
        wrong=int((predictions.predicted != predictions.labels).sum()),
        baseline=beside.get("baseline"),
        probe=beside.get("probe"),
        **_soft(reported, rivals),
    )
    return Evidence(findings, measured, temperature, validation, test)


def _beside(
    predictions: Predictions,
    rivals: Sequence[Rival[Predictions]],
    positive: str | None,
    settings: EvaluationSettings,
    *,
    seed: int,
    model: str,
) -> tuple[Metrics, dict[str, RivalRecord]]:
    """The model's metrics, and each rival beside it, by key."""
    if not rivals:
        index = positive_index(predictions.label_names, positive)
        return measure(predictions, positive=index, resamples=settings.resamples, seed=seed), {}
    models = {rival.name: [rival.predictions] for rival in rivals} | {model: [predictions]}
    # Drawn once, for metrics and comparisons alike.
    drawn = draw_models(models, positive=positive, resamples=settings.resamples, seed=seed)
    pairs = compare_draws(models, drawn, [(rival.name, model) for rival in rivals])
    records = {
        rival.key: RivalRecord(
            name=rival.name,
            features=rival.features,
            strength=rival.strength,
            seconds=rival.seconds,
            metrics=drawn[rival.name].measured[0],
            curves=curve_records(rival.predictions, positive),
            pair=pair,
        )
        for rival, pair in zip(rivals, pairs, strict=True)
    }
    return drawn[model].measured[0], records


def _soft(reported: Classified[Predictions], rivals: Sequence[Rival[Predictions]]) -> dict[str, SharesRecord]:
    """The entry on soft labels; sure ones have none."""
    if reported.shares is None:
        return {}
    others = {rival.key: rival.predictions.probabilities for rival in rivals}
    return {"shares": shares_record(reported.predictions.probabilities, reported.shares, others)}


def _scaled(split: Classified[Predictions], temperature: Temperature) -> Classified[Predictions]:
    """The split with the probabilities that `predict` returns."""
    if not temperature.applied:
        return split
    return replace(split, predictions=with_temperature(split.predictions, temperature.value))


def _errors(reported: Classified[Predictions], count: int) -> tuple[ErrorRecord, ...]:
    predictions, names = reported.predictions, reported.predictions.label_names
    return tuple(
        ErrorRecord(
            id=predictions.ids[row],
            text=shown_fields(reported.examples.texts[row]),
            tokens=int(reported.lengths[row]),
            label=names[predictions.labels[row]],
            predicted=names[predictions.predicted[row]],
            probability=float(predictions.confidence[row]),
        )
        for row in confident_errors(predictions, count)
    )
