"""The texts that an export is run back on, read again from the run's source, or others.

A run keeps no texts, but the ids of its validation and test texts and a fingerprint of each split. What the source
holds now is taken only where it gives that fingerprint. Texts that the model was trained on make a poor check, since it
is sure of nearly all of them: the test texts are taken, where there are any. Nothing is chosen on these: ways to int8
are chosen and calibrated on validation and training texts.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.classifier import measurable
from tunelet.data import Examples, FileSettings, Reading, read
from tunelet.errors import DataError, ExportError, TuneletError
from tunelet.run import Run

_MOST = 2_000  # texts; more of them make the check longer, not surer
_CHOOSING = 500
_CALIBRATION = 128


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts to check an export on.

    Attributes:
        source: what they are, for the screen.
        texts: [n], cleaned.
        labels: as `LabelSpace.encode` gives them [n]; None: they have none.
        choosing: texts on which the best of several ways is chosen, by how close it comes to the run.
        others: texts to learn from how large activations are, of the training texts where there are any apart.
    """

    source: str
    texts: tuple[str, ...]
    labels: NDArray[Any] | None
    choosing: tuple[str, ...]
    others: tuple[str, ...]


def check_texts(run: Run, check: Any) -> Texts:
    """The texts of `check`, or else texts of the run.

    Raises:
        ExportError: the run's texts cannot be read again.
        DataError: `check` cannot be read.
    """
    if check is not None:
        given = _given(run, check)
        with suppress(ExportError):
            own = _of_run(run, "validation")
            return replace(given, choosing=own.choosing, others=own.others)
        return given
    validation = _of_run(run, "validation")
    if run.facts.evaluated_on == "test":
        with suppress(ExportError):  # the test texts may be gone though the training texts are not
            return replace(_of_run(run, "test"), choosing=validation.choosing, others=validation.others)
    return validation


def _of_run(run: Run, split: str) -> Texts:
    """Validation or test texts of a run. Raises ExportError where they cannot be read again."""
    predictions = run.any_validation_predictions if split == "validation" else run.any_predictions
    source = run.data.source if split == "validation" else run.data.test_source or run.data.source
    hint = "pass check='FILE' with texts like those that it is for, with labels if you have them"
    try:
        reading = _read(run, source, labelled=False)
    except TuneletError as error:
        raise ExportError(f"{run.path}: its {split} texts cannot be read again: {error.message}", hint) from None
    names = run.data.space.decode(predictions.labels)
    for examples in (
        reading.splits[name] for name in dict.fromkeys((split, *reading.splits)) if name in reading.splits
    ):
        rows = {name: row for row, name in enumerate(examples.ids)}
        if not all(name in rows for name in predictions.ids):
            continue
        found = examples.take([rows[name] for name in predictions.ids])
        found = Examples(found.ids, found.texts, tuple(names))
        if found.fingerprint == run.data.parts[split].sha256:
            known = set(predictions.ids)
            rest = [text for name, text in zip(examples.ids, examples.texts, strict=True) if name not in known]
            if not rest and split == "validation" and reading.splits.get("train") not in (None, examples):
                rest = list(reading.splits["train"].texts)
            what = "out-of-fold" if split == "validation" and run.facts.folds > 1 else split
            return _some(f"{what} texts of {_named(source)}", found.texts, predictions.labels, rest)
    raise ExportError(f"{run.path}: {source} does not hold the {split} texts any more", hint)


def _given(run: Run, check: Any) -> Texts:
    shown = str(check) if isinstance(check, str) or hasattr(check, "__fspath__") else type(check).__name__
    try:
        examples = measurable(run, _read(run, check, labelled=True)).examples
    except DataError:
        reading = _read(run, check, labelled=False)
        examples = reading.splits[reading.held_out()]
    labels = run.data.space.encode(examples, shown) if examples.labels else None
    return _some(f"texts of {_named(shown)}", examples.texts, labels, ())


def _named(source: str) -> str:
    """A source without the folders of this machine, for an export goes to others."""
    return source if source.startswith("hub:") else PurePath(source).name or source


def _read(run: Run, source: Any, *, labelled: bool) -> Reading:
    settings = run.recipe.data
    return read(
        source,
        known=run.trained_columns,
        labelled=labelled,
        clean_markup=settings.clean_markup,
        label_names=settings.label_names,
        missing_labels=settings.missing_labels,
        files=FileSettings.of(settings),
        task=run.data.task.value,
        separator=run.data.separator,
    )


def _some(source: str, texts: Sequence[str], labels: NDArray[Any] | None, others: Any) -> Texts:
    """At most so many of them, drawn evenly over all."""
    others = tuple(others) or texts
    rows = _evenly(len(texts), _MOST)
    few = len(rows) < len(texts)
    return Texts(
        source=f"{len(rows):,} of the {len(texts):,} {source}" if few else source,
        texts=tuple(texts[row] for row in rows),
        labels=None if labels is None else labels[rows],
        choosing=tuple(texts[row] for row in _evenly(len(texts), _CHOOSING)),
        others=tuple(others[row] for row in _evenly(len(others), _CALIBRATION)),
    )


def _evenly(n: int, most: int) -> NDArray[np.int64]:
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).round().astype(np.int64)
