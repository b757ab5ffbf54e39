"""The texts that an export is run back on: the run's validation texts, read again from its source, or others.

A run keeps no texts, but the ids of its validation texts and a fingerprint of them all. What the source holds now is
taken only where it gives that fingerprint.
"""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import Examples, Reading, file_settings, label_indices, read
from tunelet.errors import DataError, ExportError, TuneletError
from tunelet.run import Run

_MOST = 2_000  # texts; more of them make the check longer, not surer
_CALIBRATION = 128


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts to check an export on.

    Attributes:
        source: what they are, for the screen.
        texts: [n], cleaned.
        labels: int64 [n]; None: they have none.
        others: texts of training, to learn from how large activations are; where there are none apart, some of these.
    """

    source: str
    texts: tuple[str, ...]
    labels: NDArray[np.int64] | None
    others: tuple[str, ...]


def check_texts(run: Run, check: Any) -> Texts:
    """The texts of `check`, or the run's validation texts.

    Raises:
        ExportError: the validation texts cannot be read again.
        DataError: `check` cannot be read.
    """
    return _validation(run) if check is None else _given(run, check)


def _validation(run: Run) -> Texts:
    predictions, source = run.validation_predictions, run.data.source
    hint = "pass check='FILE' with texts like those that it is for, with labels if you have them"
    try:
        reading = _read(run, source, labelled=False)
    except TuneletError as error:
        raise ExportError(f"{run.path}: its validation texts cannot be read again: {error.message}", hint) from None
    names = [run.label_names[label] for label in predictions.labels]
    for examples in (reading.splits[name] for name in ("validation", "train") if name in reading.splits):
        rows = {name: row for row, name in enumerate(examples.ids)}
        if not all(name in rows for name in predictions.ids):
            continue
        found = examples.take([rows[name] for name in predictions.ids])
        found = Examples(found.ids, found.texts, tuple(names))
        if found.fingerprint == run.data.parts["validation"].sha256:
            known = set(predictions.ids)
            rest = [text for name, text in zip(examples.ids, examples.texts, strict=True) if name not in known]
            what = "out-of-fold" if run.summary.folds > 1 else "validation"
            return _some(f"{what} texts of {_named(source)}", found.texts, predictions.labels, rest)
    raise ExportError(f"{run.path}: {source} does not hold the validation texts any more", hint)


def _given(run: Run, check: Any) -> Texts:
    shown = str(check) if isinstance(check, str) or hasattr(check, "__fspath__") else type(check).__name__
    try:
        reading = _read(run, check, labelled=True)
    except DataError:
        reading = _read(run, check, labelled=False)
    examples = reading.splits[reading.held_out()]
    labels = label_indices(examples, run.label_names, shown) if examples.labels else None
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
        files=file_settings(run.recipe, {"data.encoding": settings.encoding}, None),
    )


def _some(source: str, texts: tuple[str, ...], labels: NDArray[np.int64] | None, others: Any) -> Texts:
    """At most so many of them, drawn evenly over all."""
    others = tuple(others) or texts
    rows = _evenly(len(texts), _MOST)
    few = len(rows) < len(texts)
    return Texts(
        source=f"{len(rows):,} of the {len(texts):,} {source}" if few else source,
        texts=tuple(texts[row] for row in rows),
        labels=None if labels is None else labels[rows],
        others=tuple(others[row] for row in _evenly(len(others), _CALIBRATION)),
    )


def _evenly(n: int, most: int) -> NDArray[np.int64]:
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).round().astype(np.int64)
