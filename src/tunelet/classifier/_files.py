"""Texts in, labels with probabilities out: several at once, or from a file to a file."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._arguments import checked
from tunelet._choice import Choice
from tunelet._record import none_if_undefined
from tunelet._words import counted
from tunelet.classifier._base import TextClassifier
from tunelet.classifier._baseline import BaselineClassifier
from tunelet.classifier._classifier import Classifier
from tunelet.classifier._decision import Decision, decision_of
from tunelet.classifier._output import check_output, write_table
from tunelet.data import SPLITS, RawTable, choose_columns, file_settings, listed, read_tables, row_texts
from tunelet.errors import DataError
from tunelet.run import Run, write_atomically


@dataclass(frozen=True)
class FilePredictions:
    """What `predict_file` wrote.

    >>> written = tunelet.predict_file("runs/first", "new.csv", "answers.parquet")
    >>> list(written.columns)
    ['predicted', 'probability', 'probability_negative', 'probability_positive']

    Attributes:
        run: the folder of the run.
        output: the file that was written.
        rows: number of rows of the source; each is in the output, in its order.
        n: number of texts that were classified.
        empty: number of rows without a text; their cells are empty.
        unsure: number of texts whose label was not probable enough for `min_confidence`; their label is empty.
        part: the split of the source that was classified: "test", "validation" or "train"; a single file is "train".
        parts: all splits of the source.
        text_column: the column of the texts, with the reason.
        columns: the columns that were added: "predicted", "probability" and "probability_LABEL", under their names in
            the output, which differ where the source has such columns.
        notes: sentences about how the source was read.
    """

    run: str
    output: str
    rows: int
    n: int
    empty: int
    unsure: int
    part: str
    parts: tuple[str, ...]
    text_column: Choice[str]
    columns: Mapping[str, str]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"parts": list(self.parts), "notes": list(self.notes)}


def load_classifier(run: str | Path | Run, *, baseline: bool = False, device: str | None = None) -> TextClassifier:
    """A run's encoder, or its baseline; errors as their own `load`."""
    return BaselineClassifier.load(run) if baseline else Classifier.load(run, device=device)


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

    Of a text with nothing to read, all of these are None.
    """
    run = run if isinstance(run, Run) else Run.load(run)
    # What cannot be decided is said before a model is loaded.
    decision_of(run.task, threshold=threshold, min_confidence=min_confidence, own=not baseline)
    classifier = load_classifier(run, baseline=baseline, device=device)
    predictions = classifier.predict(texts, threshold=threshold, min_confidence=min_confidence)
    return [
        {
            "text": text,
            "label": prediction.label,
            "probability": none_if_undefined(prediction.probability),
            "probabilities": {name: none_if_undefined(value) for name, value in prediction.probabilities.items()},
        }
        for text, prediction in zip(texts, predictions, strict=True)
    ]


@checked
def predict_file(
    run: str | Path | Run,
    source: str | Path,
    output: str | Path | None,
    *,
    text: str | Sequence[str] | None = None,
    encoding: str | None = None,
    threshold: float | str | None = None,
    min_confidence: float | None = None,
    baseline: bool = False,
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> FilePredictions:
    """Classify a file of texts into another file: all its rows and columns in order, with the predictions beside them.

    Of a source with several splits, its test split is classified, else its validation split.

    >>> written = tunelet.predict_file("runs/first", "new.csv", "answers.csv")
    >>> written.n, written.output
    (20, 'answers.csv')

    Args:
        run: a finished run, or its folder.
        source: .txt with one text a line, or whatever else `tunelet.train` reads; labels are not needed.
        output: .csv, .tsv, .jsonl or .parquet, which must not exist.
        text: column of the texts, or as many as were read together in training; None: the one that was trained on, and
            only where there is none recognised.
        encoding: of a text file that is not UTF-8, such as "cp1252".
        threshold, min_confidence: as for `Classifier.predict`.
        baseline: classify with the run's baseline.
        device: as for `Classifier.load`.
        settings: how the file is read, by dotted key: data.encoding, data.max_bytes, data.max_cell.

    Raises:
        DataError: a file that cannot be read or written, no column of texts, no such threshold.
    """
    if output is None:
        raise DataError("there is no file to write the answers to", "name one: output='predictions.csv'")
    output = Path(output)
    check_output(output)
    if os.path.lexists(output):
        raise DataError(f"{output} exists already", "name another file, or remove it")
    run = run if isinstance(run, Run) else Run.load(run)
    decision = decision_of(run.task, threshold=threshold, min_confidence=min_confidence, own=not baseline)
    files = file_settings(run.recipe, settings, encoding)
    known = run.trained_columns
    names = [*listed(text), *listed(known.get("text"))]
    tables, shown, _ = read_tables(source, names, labelled=False, files=files)
    part = next(name for name in ("test", "validation", *tables) if name in tables)
    table = tables[part]
    columns = choose_columns(table, text=text or None, label=None, labelled=False, known=known)
    texts = row_texts(table, columns, clean_markup=run.recipe.data.clean_markup)
    there = np.array([bool(entry) for entry in texts], dtype=bool)
    if not there.any():
        raise DataError(
            f"all {counted(len(texts), 'text')} in column {columns.text.value!r} of {shown} are empty",
            "name the column of texts: text='COL'",
        )
    classifier = load_classifier(run, baseline=baseline, device=device)
    probabilities = classifier.probabilities_of_cleaned(texts)
    enough = decision.confident(probabilities)
    free = _free_names(table, classifier.label_names)
    added = _added(free, classifier.label_names, probabilities, decision)
    write_atomically(output, lambda temporary: write_table(temporary, output, table, added), "output")
    return FilePredictions(
        run=str(run.path),
        output=str(output),
        rows=len(texts),
        n=int(there.sum()),
        empty=int((~there).sum()),
        unsure=int((there & ~enough).sum()),
        part=part,
        parts=tuple(sorted(tables, key=SPLITS.index)),
        text_column=columns.text,
        columns=free,
        notes=(
            *table.notes,
            *(f"left out: {counted(rows, 'row')}, {reason}" for reason, rows in table.dropped.items()),
            *_header_note(table, columns.text, names),
        ),
    )


def _header_note(table: RawTable, column: Choice[str], named: Sequence[str]) -> list[str]:
    """Where no name in a header is known, the first row may have been a text, and that would be lost."""
    known = {name.casefold() for name in named} & {name.casefold() for name in table.columns}
    if ", header" not in table.format or known or "by its name" in column.reason:
        return []
    listed = ", ".join(map(repr, table.columns))
    return [f"the first row was taken for the names of columns: {listed}; if it is none, put a line of names above it"]


def _free_names(table: RawTable, label_names: Sequence[str]) -> dict[str, str]:
    """Added column -> its name in the output, with a number behind it where the source has a column of that name."""
    taken = {name.casefold() for name in (table.columns if table.arrow is None else table.arrow.column_names)}
    names = {}
    for wanted in ("predicted", "probability", *(f"probability_{name}" for name in label_names)):
        name, number = wanted, 2
        while name.casefold() in taken:
            name, number = f"{wanted}_{number}", number + 1
        taken.add(name.casefold())
        names[wanted] = name
    return names


def _added(
    columns: Mapping[str, str],
    label_names: Sequence[str],
    probabilities: NDArray[np.float64],
    decision: Decision,
) -> dict[str, list[Any]]:
    """The columns to add, None in the rows without a text.

    Args:
        columns: as `_free_names` has them.
        label_names: of the columns of `probabilities`.
        probabilities: [rows, classes].
        decision: what labels follow.
    """
    meant, enough = decision.labels(probabilities), decision.confident(probabilities)
    labels = [label_names[label] if said else None for label, said in zip(meant, enough, strict=True)]
    values_of: dict[str, Sequence[Any]] = {
        "predicted": labels,
        "probability": probabilities[np.arange(len(meant)), meant].tolist(),
    }
    values_of |= {f"probability_{name}": probabilities[:, at].tolist() for at, name in enumerate(label_names)}
    return {columns[name]: [none_if_undefined(value) for value in values] for name, values in values_of.items()}
