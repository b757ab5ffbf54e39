"""Metrics of a finished run on other labelled data."""

from pathlib import Path
from typing import Any

import numpy as np

from tunelet.data import Examples, read
from tunelet.errors import DataError
from tunelet.evaluation import Metrics, Predictions, measure
from tunelet.run import Run


def evaluate(
    run: str | Path | Run, data: Any, *, text: str | None = None, label: str | None = None, device: str | None = None
) -> Metrics:
    """Classify labelled data with a run and measure the result, with 95 % bootstrap intervals.

    Args:
        run: a finished run, or its folder.
        data: as for `tunelet.train`; its test part where it has one, else all of it.
        text: column of the texts; None: the one that was named in training, else recognised.
        label: column of the labels, likewise.
        device: as for `Classifier.load`.

    Raises:
        DataError: data that cannot be read, or labels that the run does not know.
    """
    from tunelet.classifier import Classifier

    run = run if isinstance(run, Run) else Run.load(run)
    settings = run.recipe.data
    reading = read(
        data,
        text=text or settings.text_column or None,
        label=label or settings.label_column or None,
        clean_markup=settings.clean_markup,
        label_names=settings.label_names,
    )
    examples = reading.parts.get("test", reading.parts["train"])
    indices = label_indices(examples, run.label_names, reading.source)
    classifier = Classifier.load(run, device=device)
    predictions = Predictions(
        ids=examples.ids,
        label_names=run.label_names,
        labels=indices,
        probabilities=classifier.probabilities(examples.texts),
    )
    return measure(predictions, resamples=run.recipe.evaluation.resamples, seed=run.recipe.training.seed)


def label_indices(examples: Examples, label_names: tuple[str, ...], source: str) -> np.ndarray:
    """Labels as int64 [n] indices into the label names. Raises DataError for a label that is not among them."""
    index = {name: i for i, name in enumerate(label_names)}
    unknown = sorted(set(examples.labels) - set(index))
    if unknown:
        raise DataError(
            f"{source}: label {unknown[0]!r} was not among the labels trained on ({', '.join(label_names)})",
            "rename the labels or train with that label",
        )
    return np.asarray([index[name] for name in examples.labels], dtype=np.int64)
