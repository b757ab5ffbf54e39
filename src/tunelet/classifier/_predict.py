"""A run, or its baseline, loaded to classify texts that were typed."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunelet._record import none_if_undefined
from tunelet.classifier._base import TextClassifier
from tunelet.classifier._decision import decision_of
from tunelet.classifier._named import Named
from tunelet.classifier._prediction import LabelsPrediction, NumberPrediction, Prediction, RatingPrediction
from tunelet.run import Run


def load_classifier(run: str | Path | Run, *, baseline: bool = False, device: str | None = None) -> TextClassifier:
    """The model of a run or an export, or a run's baseline; errors as their own `load`."""
    return Named.of(run).load(baseline=baseline, device=device)


def predict_texts(
    run: str | Path | Run,
    texts: Sequence[str],
    *,
    threshold: float | str | None = None,
    min_confidence: float | None = None,
    baseline: bool = False,
    device: str | None = None,
) -> list[dict[str, Any]]:
    """Classify texts; for each its text, label (None: unsure), probability, and the probability of every label.

    Of a text with nothing to read, all of these are None. Where a text may have several labels, "labels" lists those
    that it is given, the likeliest first; an empty list is none of them. Of ratings "expected" is their mean. Of
    numbers "value", "low" and "high" are the number and its interval.
    """
    named = Named.of(run)
    # What cannot be decided is said before a model is loaded.
    decision_of(named.task, threshold=threshold, min_confidence=min_confidence, own=not baseline)
    classifier = named.load(baseline=baseline, device=device)
    predictions = classifier.predict(texts, threshold=threshold, min_confidence=min_confidence)
    return [
        {
            "text": text,
            "label": prediction.label,
            **_more(prediction),
            "probability": none_if_undefined(prediction.probability),
            "probabilities": {name: none_if_undefined(value) for name, value in prediction.probabilities.items()},
        }
        for text, prediction in zip(texts, predictions, strict=True)
    ]


def _more(prediction: Prediction) -> dict[str, Any]:
    """What an answer says beside a label with its probability."""
    if isinstance(prediction, LabelsPrediction):
        return {"labels": list(prediction.labels)}
    if isinstance(prediction, RatingPrediction):
        return {"expected": none_if_undefined(prediction.expected)}
    if isinstance(prediction, NumberPrediction):
        ends = ("value", prediction.value), ("low", prediction.low), ("high", prediction.high)
        return {name: end if math.isfinite(end) else None for name, end in ends}
    return {}
