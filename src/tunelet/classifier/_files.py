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

from tunelet import _output as standard
from tunelet._choice import Choice
from tunelet._version import __version__
from tunelet._words import counted
from tunelet.classifier._added import AddedColumns
from tunelet.classifier._answers import Decision
from tunelet.classifier._base import TextClassifier
from tunelet.classifier._decision import decision_of
from tunelet.classifier._named import Named
from tunelet.classifier._partial import Scores, kept_in_words, scores_at
from tunelet.classifier._scoring import Watcher, score, scored
from tunelet.data import (
    SPLITS,
    STANDARD,
    Chunk,
    Columns,
    FileSettings,
    OutputForm,
    Streamed,
    TableStream,
    choose_columns,
    file_settings,
    listed,
    output_form,
    streamed,
    write_rows,
)
from tunelet.errors import DataError, DiskError
from tunelet.run import Run, Task, disk_errors, new_folders, write_atomically


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

    run: str | Path | Run
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

    def classify(self, watcher: Watcher, loaded: TextClassifier | None = None) -> FilePredictions:
        """Do it, with a model that is loaded already, where one is given.

        Raises DataError, RunError and DiskError as `tunelet.predict_file` does, and KeyboardInterrupt.
        """
        if not self._to_stdout:
            output_form(self.output, self.output_format, "")
            _refuse_present(self.output)
        named = Named.of(self.run)
        self._decision(named.task)  # what cannot be decided is said before anything is read
        with self.opened(named) as (source, columns, files, names):
            form = output_form(self.output, self.output_format, source.form)
            if self._to_stdout and form.is_binary:
                standard.refuse_terminal()
            classifier = loaded or named.load(baseline=self.baseline, device=self.device)
            with self._scores(classifier) as scores:
                scores.begin(self._fingerprints(named, source.rows, columns, files))
                scoring = _Scoring(named, source, columns, classifier, scores, watcher)
                return self._written(scoring, form, self._decision(classifier.task), names)

    @contextmanager
    def opened(self, named: Named) -> Iterator[tuple[Streamed, Columns, FileSettings, list[str]]]:
        """The source, its columns, how it is read, and names of columns that it may have. Raises DataError."""
        files = file_settings(named.recipe, self.settings, self.encoding)
        known = named.task.trained_columns
        names = [*listed(self.text), *listed(known.get("text"))]
        with streamed(self.source, names, form=self.input_format, files=files) as source:
            columns = choose_columns(source.rows.head, text=self.text or None, label=None, labelled=False, known=known)
            yield source, columns, files, names

    def _decision(self, task: Task) -> Decision:
        return decision_of(task, threshold=self.threshold, min_confidence=self.min_confidence, own=not self.baseline)

    @property
    def _to_stdout(self) -> bool:
        return str(self.output) == STANDARD

    @contextmanager
    def _scores(self, classifier: TextClassifier) -> Iterator[Scores]:
        """Where the scores are kept: beside the output, or for standard output in a temporary place."""
        classes = classifier.columns
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

    def _fingerprints(self, named: Named, stream: TableStream, columns: Columns, files: FileSettings) -> dict[str, str]:
        """What the probabilities depend on."""
        settings = {
            "texts": columns.texts,
            "encoding": files.encoding,
            "delimiter": files.delimiter,
            "format": self.input_format,
            "baseline": self.baseline,
            "device": self.device,
            "tunelet": __version__,
        }
        run = {name: [content.sha256 for content in contents] for name, contents in named.files.files.items()}
        return {
            "input": stream.fingerprint(),
            "run": hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest(),
            "settings": json.dumps(settings, sort_keys=True),
        }

    def _written(
        self, scoring: "_Scoring", form: OutputForm, decision: Decision, names: Sequence[str]
    ) -> FilePredictions:
        """Classify what is not yet, and write the output."""
        source, stream, scores, columns = scoring.source, scoring.source.rows, scoring.scores, scoring.columns
        said = scoring.say_what_is_there()
        resumed = scores.texts
        begin = time.monotonic()
        new = scoring.score()
        seconds = time.monotonic() - begin
        added = AddedColumns(stream.columns, decision)
        self._write(form, stream, added, scoring)
        return FilePredictions(
            run=str(scoring.named.path),
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
                *stream.head.notes,
                *(f"left out: {counted(len(rows), 'row')}, {reason}" for reason, rows in stream.head.dropped.items()),
                *_header_note(stream, columns.text, names),
                *said,
            ),
        )

    def _write(self, form: OutputForm, stream: TableStream, added: AddedColumns, scoring: "_Scoring") -> None:
        scores = scoring.scores

        def rows() -> Iterator[tuple[Chunk, Mapping[str, Sequence[Any]]]]:
            added.unsure = 0
            for chunk, probabilities in scored(stream, scores, scoring.classifier.columns):
                yield chunk, added.of(probabilities)

        def write(path: Path) -> None:
            write_rows(path, form, stream, added.kinds, rows)

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


@dataclass(frozen=True)
class _Scoring:
    """The first half of a job: texts to probabilities."""

    named: Named
    source: Streamed
    columns: Columns
    classifier: TextClassifier
    scores: Scores
    watcher: Watcher

    def say_what_is_there(self) -> list[str]:
        """Tell the watcher what an earlier call has left; what of that is to be said once more at the end."""
        scores = self.scores
        if scores.texts:
            self.watcher.say(f"{counted(scores.texts, 'text')} classified before: {scores.path}")
        if not scores.begun_anew:
            return []
        line = f"{scores.path} was begun anew: {scores.begun_anew}"
        self.watcher.say(line)
        return [line]

    def score(self) -> int:
        """Classify what is not yet; returns the number of texts. Raises DataError where there is no text at all."""
        stream, clean = self.source.rows, self.named.task.clean_markup
        new = score(stream, self.columns, self.classifier, self.scores, self.watcher, clean=clean)
        if not self.scores.texts:
            column = self.columns.text.value
            raise DataError(
                f"all {counted(stream.rows, 'text')} in column {column!r} of {stream.source} are empty",
                "name the column of texts: text='COL'",
            )
        return new
