"""From a file of texts to the same file with labels and probabilities, however long it is."""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet import _output as standard
from tunelet._choice import Choice
from tunelet._record import none_if_undefined
from tunelet._version import __version__
from tunelet._words import counted
from tunelet.classifier._base import TextClassifier
from tunelet.classifier._decision import Decision, decision_of
from tunelet.classifier._output import OutputForm, output_form, write_rows
from tunelet.classifier._partial import Scores, kept_in_words, scores_at
from tunelet.classifier._predict import load_classifier
from tunelet.classifier._scoring import Watcher, score, scored
from tunelet.data import (
    SPLITS,
    STANDARD,
    Chunk,
    Columns,
    FileSettings,
    Streamed,
    TableStream,
    choose_columns,
    file_settings,
    listed,
    streamed,
)
from tunelet.errors import DataError, DiskError
from tunelet.run import Run, disk_errors, new_folders, write_atomically


@dataclass(frozen=True)
class FilePredictions:
    """What `predict_file` wrote.

    >>> written = tunelet.predict_file("runs/first", "new.csv", "answers.parquet")
    >>> list(written.columns)
    ['predicted', 'probability', 'probability_negative', 'probability_positive']

    Attributes:
        run: the folder of the run.
        output: the file that was written; "-" for standard output.
        rows: number of rows of the source; each is in the output, in its order.
        n: number of texts that were classified.
        empty: number of rows without a text; their cells are empty.
        unsure: number of texts whose label was not probable enough for `min_confidence`; their label is empty.
        resumed: number of texts that an earlier call had classified before it was interrupted.
        seconds: what this call took to classify the others.
        texts_per_second: of these; None where there were none.
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
    resumed: int
    seconds: float
    texts_per_second: float | None
    part: str
    parts: tuple[str, ...]
    text_column: Choice[str]
    columns: Mapping[str, str]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"parts": list(self.parts), "notes": list(self.notes)}


@dataclass(frozen=True)
class FileJob:
    """A file to classify; the attributes are the arguments of `tunelet.predict_file`."""

    run: Run
    source: str
    output: Path
    text: str | Sequence[str] | None = None
    encoding: str | None = None
    input_format: str | None = None
    output_format: str | None = None
    threshold: float | str | None = None
    min_confidence: float | None = None
    baseline: bool = False
    device: str | None = None
    settings: Mapping[str, Any] | None = None

    def classify(self, watcher: Watcher) -> FilePredictions:
        """Do it. Raises DataError, RunError and DiskError as `tunelet.predict_file` does, and KeyboardInterrupt."""
        if not self._to_stdout:
            output_form(self.output, self.output_format, "")
            _refuse_present(self.output)
        files = file_settings(self.run.recipe, self.settings, self.encoding)
        decision = decision_of(
            self.run.task, threshold=self.threshold, min_confidence=self.min_confidence, own=not self.baseline
        )
        known = self.run.trained_columns
        names = [*listed(self.text), *listed(known.get("text"))]
        with streamed(self.source, names, form=self.input_format, files=files) as source:
            form = output_form(self.output, self.output_format, source.form)
            if self._to_stdout and form.is_binary:
                standard.refuse_terminal()
            columns = choose_columns(source.rows.head, text=self.text or None, label=None, labelled=False, known=known)
            classifier = load_classifier(self.run, baseline=self.baseline, device=self.device)
            with self._scores(classifier) as scores:
                scores.begin(self._fingerprints(source.rows, columns, files))
                return self._with(scores, source, form, columns, decision, classifier, watcher, names)

    @property
    def _to_stdout(self) -> bool:
        return str(self.output) == STANDARD

    @contextmanager
    def _scores(self, classifier: TextClassifier) -> Iterator[Scores]:
        """Where the scores are kept: beside the output, or for standard output in a temporary place."""
        classes = len(classifier.label_names)
        with ExitStack() as stack:
            if self._to_stdout:
                path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tunelet-"))) / "scores"
            else:
                path = self.output.with_name(f"{self.output.name}.partial")
                with disk_errors(self.output, "output"):
                    stack.enter_context(new_folders(self.output.parent))
            scores = stack.enter_context(scores_at(path, classes))
            try:
                yield scores
            except KeyboardInterrupt:
                if self._to_stdout or not scores.texts:
                    raise
                raise KeyboardInterrupt(f"{kept_in_words(scores)}; repeat this to go on with the rest") from None
            except (DataError, DiskError) as error:
                if self._to_stdout or not scores.texts:
                    raise
                raise type(error)(error.message, f"{error.hint}; {kept_in_words(scores)}") from error

    def _fingerprints(self, stream: TableStream, columns: Columns, files: FileSettings) -> dict[str, str]:
        """What the probabilities depend on."""
        settings = {
            "texts": columns.texts,
            "encoding": files.encoding,
            "format": self.input_format,
            "baseline": self.baseline,
            "device": self.device,
            "tunelet": __version__,
        }
        run = {name: [content.sha256 for content in contents] for name, contents in self.run.files.files.items()}
        return {
            "input": stream.fingerprint(),
            "run": hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest(),
            "settings": json.dumps(settings, sort_keys=True),
        }

    def _with(
        self,
        scores: Scores,
        source: Streamed,
        form: OutputForm,
        columns: Columns,
        decision: Decision,
        classifier: TextClassifier,
        watcher: Watcher,
        names: Sequence[str],
    ) -> FilePredictions:
        stream, resumed = source.rows, scores.texts
        anew = [f"{scores.path} was begun anew: {scores.begun_anew}"] if scores.begun_anew else []
        for line in anew:
            watcher.say(line)
        if resumed:
            watcher.say(f"{counted(resumed, 'text')} were classified before: {scores.path}")
        begin = time.monotonic()
        clean = self.run.recipe.data.clean_markup
        new = score(stream, columns, classifier, scores, watcher, clean=clean)
        seconds = time.monotonic() - begin
        if not scores.texts:
            raise DataError(
                f"all {counted(stream.rows, 'text')} in column {columns.text.value!r} of {stream.source} are empty",
                "name the column of texts: text='COL'",
            )
        added = _AddedColumns(stream, classifier.label_names, decision)
        self._write(form, stream, added, scores)
        head = stream.head
        return FilePredictions(
            run=str(self.run.path),
            output=str(self.output),
            rows=stream.rows,
            n=scores.texts,
            empty=stream.rows - scores.texts,
            unsure=added.unsure,
            resumed=resumed,
            seconds=seconds,
            texts_per_second=new / seconds if new else None,
            part=source.part,
            parts=tuple(sorted(source.parts, key=SPLITS.index)),
            text_column=columns.text,
            columns=added.names,
            notes=(
                *head.notes,
                *(f"left out: {counted(rows, 'row')}, {reason}" for reason, rows in head.dropped.items()),
                *_header_note(stream, columns.text, names),
                *anew,
            ),
        )

    def _write(self, form: OutputForm, stream: TableStream, added: "_AddedColumns", scores: Scores) -> None:
        def rows() -> Iterator[tuple[Chunk, Mapping[str, Sequence[Any]]]]:
            added.unsure = 0
            for chunk, probabilities in scored(stream, scores, len(added.label_names)):
                yield chunk, added.of(probabilities)

        def write(path: Path) -> None:
            write_rows(path, form, stream, list(added.names.values()), rows)

        if self._to_stdout:
            path = scores.path.with_name("output")
            with disk_errors(path, "output"):
                write(path)
            standard.send(path)
        else:
            _refuse_present(self.output)
            write_atomically(self.output, write, "output")


def _refuse_present(output: Path) -> None:
    if os.path.lexists(output):
        raise DataError(f"{output} exists already", "name another file, or remove it")


def _header_note(stream: TableStream, column: Choice[str], named: Sequence[str]) -> list[str]:
    """Where no name in a header is known, the first row may have been a text, and that would be lost."""
    known = {name.casefold() for name in named} & {name.casefold() for name in stream.columns}
    if ", header" not in stream.head.format or known or "by its name" in column.reason:
        return []
    listed_names = ", ".join(map(repr, stream.columns))
    return [
        f"the first row was taken for the names of columns: {listed_names}; if it is none, put a line of names above it"
    ]


class _AddedColumns:
    """The columns that an output has beside those of its source.

    Attributes:
        names: added column -> its name in the output, with a number behind it where the source has a column of that
            name.
        label_names: of the columns of probabilities.
        unsure: number of texts, in the chunks so far, whose label was not probable enough.
    """

    def __init__(self, stream: TableStream, label_names: Sequence[str], decision: Decision) -> None:
        self.label_names, self._decision = label_names, decision
        self.unsure = 0
        taken = {name.casefold() for name in stream.columns}
        self.names: dict[str, str] = {}
        for wanted in ("predicted", "probability", *(f"probability_{name}" for name in label_names)):
            name, number = wanted, 2
            while name.casefold() in taken:
                name, number = f"{wanted}_{number}", number + 1
            taken.add(name.casefold())
            self.names[wanted] = name

    def of(self, probabilities: NDArray[np.float64]) -> dict[str, list[Any]]:
        """Name in the output -> values, None in the rows without a text, from probabilities [rows, classes]."""
        meant, enough = self._decision.labels(probabilities), self._decision.confident(probabilities)
        there = ~np.isnan(probabilities[:, 0])
        self.unsure += int((there & ~enough).sum())
        labels = [self.label_names[label] if said else None for label, said in zip(meant, there & enough, strict=True)]
        values: list[Sequence[Any]] = [labels, probabilities[np.arange(len(meant)), meant].tolist()]
        values += [probabilities[:, at].tolist() for at in range(len(self.label_names))]
        return {
            name: [none_if_undefined(value) for value in column]
            for name, column in zip(self.names.values(), values, strict=True)
        }
