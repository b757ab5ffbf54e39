"""Metrics of a finished run on other labelled data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tunelet._arguments import checked
from tunelet._choice import Choice
from tunelet.data import Examples, Reading, as_known, file_settings, read, renamed_in_words
from tunelet.evaluation import (
    FigureWarning,
    Metrics,
    Predictions,
    SharesRecord,
    label_warnings,
    measure,
    positive_index,
    predictions_for,
    seen_warning,
    shares_record,
)
from tunelet.run import Run, ShapedMetrics, Task


@dataclass(frozen=True)
class Evaluation:
    """Metrics of a run on other data, and what they were measured on.

    >>> evaluation = tunelet.evaluate("runs/first", "sample")
    >>> evaluation.part, evaluation.text_column.value
    ('test', 'text')

    Attributes:
        metrics: values with intervals.
        source: what was read.
        part: which split of it: "test", "validation" or, where it has but one, "train".
        dropped: reason -> rows of that split without a text or a label.
        text_column, label_column: the columns that were read, with the reasons.
        temperature: what the logits were divided by, as in every prediction; 1.0: nothing.
        notes: sentences about labels that were read otherwise than they are written.
        warnings: what to bear in mind with the figures.
        trained_on: how many of the texts are among the run's training texts ("train") and among those on which
            choices were made ("validation"); None: it cannot be known of a run without `seen.parquet`.
        shares: how near the probabilities are to soft labels; None: labels are sure.
    """

    metrics: Metrics | ShapedMetrics
    source: str
    part: str
    dropped: dict[str, int]
    text_column: Choice[str]
    label_column: Choice[str]
    temperature: float
    notes: tuple[str, ...]
    warnings: tuple[FigureWarning, ...]
    trained_on: dict[str, int] | None
    shares: SharesRecord | None = None

    def to_dict(self) -> dict[str, Any]:
        """The metrics as `Metrics.to_dict` gives them, with what they were measured on."""
        return {
            **self.metrics.to_dict(),
            "source": self.source,
            "part": self.part,
            "dropped": self.dropped,
            "text_column": asdict(self.text_column),
            "label_column": asdict(self.label_column),
            "temperature": self.temperature,
            "notes": list(self.notes),
            "warnings": [warning.to_dict() for warning in self.warnings],
            "trained_on": self.trained_on,
            "shares": None if self.shares is None else self.shares.to_dict(),
        }


@checked
def evaluate(
    run: str | Path | Run,
    data: Any,
    *,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    encoding: str | None = None,
    baseline: bool = False,
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Classify labelled data with a run and measure the result, with 95 % intervals.

    >>> evaluation = tunelet.evaluate("runs/first", "later.csv")
    >>> low, high = evaluation.metrics.accuracy_ci
    >>> 0 <= low <= evaluation.metrics.accuracy <= high <= 1
    True

    Args:
        run: a finished run, or its folder.
        data: as for `tunelet.train`; its test split, else its validation split, else all of it.
        text: column of the texts, or as many as were read together in training; None: the one that was trained on, and
            only where there is none recognised.
        label: column of the labels, likewise.
        encoding: of a text file that is not UTF-8, such as "cp1252".
        baseline: measure the run's baseline instead of its encoder.
        device: as for `Classifier.load`.
        settings: how the file is read, by dotted key: data.encoding, data.delimiter, data.max_bytes, data.max_cell.

    Raises:
        DataError: data that cannot be read, or labels that the run does not know.
    """
    from tunelet.classifier import load_classifier

    run = run if isinstance(run, Run) else Run.load(run)
    recipe = run.recipe.data
    reading = read(
        data,
        text=text,
        label=label,
        known=run.trained_columns,
        clean_markup=recipe.clean_markup,
        label_names=recipe.label_names,
        missing_labels=recipe.missing_labels,
        files=file_settings(run.recipe, settings, encoding),
        task=run.data.task.value,
        separator=run.data.separator,
    )
    measured = measurable(run, reading)
    examples = measured.examples
    labels = run.data.space.encode(examples, reading.source)
    classifier = load_classifier(run, baseline=baseline, device=device)
    probabilities = classifier.probabilities_of_cleaned(examples.texts)
    metrics = _measured(run, examples, labels, probabilities, classifier.task)
    seen = _seen(run, examples)
    known = None if seen is None else seen_warning(len(examples), seen["train"], seen["validation"])
    assert reading.label_column is not None  # noqa: S101
    return Evaluation(
        metrics=metrics,
        source=reading.source,
        part=measured.split,
        dropped=measured.dropped,
        text_column=reading.text_column,
        label_column=reading.label_column,
        temperature=classifier.temperature,
        notes=measured.notes,
        warnings=(*([known] if known else []), *(label_warnings(metrics) if isinstance(metrics, Metrics) else [])),
        trained_on=seen,
        shares=_shares(run, reading, examples, probabilities),
    )


def _shares(run: Run, reading: Reading, examples: Examples, probabilities: NDArray[np.float64]) -> SharesRecord | None:
    """The probabilities beside soft labels; None: labels are sure."""
    targets = replace(reading.labels.value, names=run.label_names).targets(examples)
    return None if targets is None else shares_record(probabilities, targets, {})


def _measured(
    run: Run, examples: Examples, labels: NDArray[Any], probabilities: NDArray[np.float64], task: Task
) -> Metrics | ShapedMetrics:
    """The metrics of probabilities for these texts, with intervals."""
    predictions = predictions_for(
        run.data.task.value,
        examples.ids,
        run.label_names,
        labels,
        probabilities,
        thresholds=task.thresholds,
        reach=task.reach,
    )
    resamples, seed = run.recipe.evaluation.resamples, run.recipe.training.seed
    if not isinstance(predictions, Predictions):
        return cast("ShapedMetrics", measure(predictions, resamples=resamples, seed=seed))
    positive = positive_index(run.label_names, run.recipe.evaluation.positive)
    return measure(predictions, positive=positive, resamples=resamples, seed=seed)


@dataclass(frozen=True)
class Measurable:
    """The texts of a source that a run can be measured on.

    Attributes:
        split: which split of the source they are.
        examples: the texts, their labels spelt as the run knows them.
        dropped: reason -> rows of the split that were left out.
        notes: sentences about how the source and its labels were read.
    """

    split: str
    examples: Examples
    dropped: dict[str, int]
    notes: tuple[str, ...]


def measurable(run: Run, reading: Reading) -> Measurable:
    """The held-out split, without the labels that training left out. Raises DataError where it has no labels."""
    split = reading.held_out()
    examples = reading.splits[split]
    notes, dropped = reading.notes, dict(reading.dropped.get(split, {}))
    left_out = run.data.labels_left_out
    space = reading.labels.value
    renamed = as_known(space.held(examples.labels), (*run.label_names, *left_out))
    if renamed:
        notes = (*notes, renamed_in_words(renamed))
        examples = space.respelt(examples, renamed)
    kept = space.without(examples, left_out)
    if rows := len(examples) - len(kept):
        dropped["label left out of training, with too few texts"] = rows
    return Measurable(split, kept, dropped, notes)


def _seen(run: Run, examples: Examples) -> dict[str, int] | None:
    """How many of the texts are among those that the run saw, by its splits; None: the run does not hold those."""
    from tunelet.run import count_seen

    if not run.files.lists(run.folder.seen):
        return None
    return run.files.read(run.folder.seen, lambda content: count_seen(content, examples.texts))
