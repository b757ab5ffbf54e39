"""The verb: write a form of a run into a folder, run it back, and give the folder its name only then."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from tunelet._arguments import checked
from tunelet._words import counted, shown
from tunelet.classifier import Classifier, ExportedClassifier, TfidfFile
from tunelet.data import tokenise
from tunelet.errors import ExportError
from tunelet.export._comparing import comparison_of
from tunelet.export._merged import check_merged, write_merged
from tunelet.export._parity import FLOAT32, INT8, apart_in_words, check_parity, parity, size_of, timed
from tunelet.export._readme import end_kept, readme
from tunelet.export._sentence import check_sentence, write_sentence
from tunelet.export._source import Source
from tunelet.export._texts import Texts, check_texts
from tunelet.export._tokenizer import write_tokenizer
from tunelet.export._web import check_web, runtime_files, write_page
from tunelet.run import INT8S, PAGES, ExportFolder, ExportRecord, Form, ParityRecord, Run, Task, disk_errors

if TYPE_CHECKING:
    from tunelet.run import QuantisedRecord


@dataclass(frozen=True)
class Exported:
    """What `tunelet.export` wrote.

    >>> texts = ["A joy.", "A bore."]
    >>> exported = tunelet.export("runs/second", to="sentence-transformers", out="films-sentence", check=texts)
    >>> exported.record.form, exported.record.label_names
    ('sentence-transformers', ('negative', 'positive'))

    Attributes:
        folder: the folder.
        record: its `export.json`: labels, temperature, threshold, and how it was checked.
        notes: sentences about what was left out or put in.
    """

    folder: Path
    record: ExportRecord
    notes: tuple[str, ...]

    @property
    def parity(self) -> ParityRecord:
        """How far it is from the run."""
        assert self.record.parity is not None  # noqa: S101  (no folder gets its name before)
        return self.record.parity

    @property
    def apart(self) -> str:
        """The same as a clause; empty where every text of the check is cut elsewhere."""
        return apart_in_words(self.record)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the record, with the folder and the notes."""
        return {"out": str(self.folder), **self.record.to_dict(), "notes": list(self.notes)}


@checked
def export(
    run: str | Path | Run,
    *,
    to: str,
    out: str | Path,
    check: Any = None,
    tolerance: float | None = None,
    without_tfidf: bool = False,
    runtime: str | Path | None = None,
) -> Exported:
    """Write a finished run in a form that other libraries run, once it has given the same answers there.

    >>> exported = tunelet.export("runs/second", to="onnx", out="films-onnx")
    >>> exported.parity.agreement
    1.0

    Args:
        run: a finished run, or its folder.
        to: "merged", a plain folder of transformers; "onnx"; "onnx-int8", a quarter as large; "sentence-transformers";
            "web", a page that runs the model in the browser; or "web-int8", of which a quarter is to be downloaded.
        out: the folder, which must not exist.
        check: texts on which the export is run back, in any form that `train` takes, with labels or without; None: the
            run's test texts, or its validation texts where it has no others, read again from their source.
        tolerance: the most that a probability may differ, wherever it lies, 0.0001 by default; for int8 the
            share of the texts that may get another label, 0.02 by default.
        without_tfidf: export the encoder alone where the run adds the logits of TF-IDF to its own.
        runtime: for the web, folder with the packages that run the model in a browser, as `npm pack` leaves them; None:
            they are fetched from the registry of npm once, and kept in tunelet's cache.

    Raises:
        ExportError: this form cannot hold this run, its texts cannot be read again, the packages for the web cannot be
            had, or the export gives other answers than the run. Then there is no folder.
        RunError: no such run, or the folder exists.
    """
    if to not in get_args(Form):
        raise ExportError(f"to={shown(to)}: expected {', '.join(get_args(Form))}", "write for example to='onnx'")
    run = run if isinstance(run, Run) else Run.load(run)
    place = None if runtime is None else Path(runtime)
    return _Export(run, to, Path(out), check, tolerance, without_tfidf, place).write()  # type: ignore[arg-type]


class _Export:
    """One export, from its checks to its name."""

    def __init__(
        self,
        run: Run,
        form: Form,
        out: Path,
        check: Any,
        tolerance: float | None,
        without_tfidf: bool,
        runtime: Path | None,
    ) -> None:
        if tolerance is not None and not 0 <= tolerance < math.inf:
            raise ExportError(
                f"tolerance: expected a number from 0 up, found {tolerance}", "leave it out, or give for example 0.001"
            )
        if run.recipe.data.truncation == "windows":
            raise ExportError(
                f"{run.path} reads long texts in windows and pools their logits, which no other library does",
                "train again with settings={'data.truncation': 'head+tail'}, or serve the run itself: tunelet serve",
            )
        self._source = Source.of(run, without_tfidf=without_tfidf)
        self._form, self._check = form, check
        self._tolerance = tolerance if tolerance is not None else INT8 if form in INT8S else FLOAT32
        if len(run.text_columns) > 2:
            raise ExportError(
                f"{run.path} reads {counted(len(run.text_columns), 'column')} together, other libraries two at most",
                "train again on one column of all of them joined",
            )
        if runtime is not None and form not in PAGES:
            raise ExportError(f"runtime is for the web, found to={form!r}", "leave out runtime=..., or pass to='web'")
        comparison_of(self._source.task)  # raises where the shape of its labels is not known here
        if form == "merged":
            check_merged(self._source)
        elif form == "sentence-transformers":
            check_sentence(self._source)
        elif form in PAGES:
            check_web(self._source)
        self._folder = ExportFolder(out)
        self._folder.check_free()
        self._runtime = runtime_files(runtime) if form in PAGES else {}

    def write(self) -> Exported:
        texts = check_texts(self._source.run, self._check)
        reference = self._source.reference()
        before, seconds = timed(lambda: reference.probabilities_of_cleaned(texts.texts))
        self._folder.start()
        try:
            with disk_errors(self._folder.path):
                record = self._write(texts, reference, before, seconds)
            self._folder.finish()
        except BaseException:
            self._folder.discard()
            raise
        notes = (*self._source.notes, *_said(record))
        return Exported(self._folder.final, record, notes)

    def _write(self, texts: Texts, reference: Classifier, before: NDArray[np.float64], seconds: float) -> ExportRecord:
        from tunelet.export._foreign_run import runner_of

        folder, source = self._folder, self._source
        record = source.record(self._form, reference.max_length)
        model, tokenizer = source.model(), reference.tokenizer
        in_graph = record.is_graph and not record.task.several_fields
        write_tokenizer(folder, source.run, record, tokenizer, graph_cuts=in_graph)
        quantised: tuple[QuantisedRecord, ...] = ()
        if self._form == "merged":
            write_merged(folder, source, model)
        elif self._form == "sentence-transformers":
            write_sentence(folder, source, model, record.max_length)
        else:
            quantised = self._write_graph(texts, record, model, tokenizer, reference)
            if record.is_page:
                graph = ExportedClassifier.of_files(folder.path, record)
                write_page(folder, source, record, self._runtime, graph.probabilities)
        found, own_seconds = timed(_probabilities(runner_of(folder, record), texts, record.task))
        longer = np.zeros(len(texts.texts), dtype=bool)
        if not in_graph and (record.truncation == "head+tail" or record.task.several_fields):
            whole = tokenise(texts.texts, tokenizer, max_length=10**6, several_fields=record.task.several_fields)
            longer = whole.lengths > record.max_length
        weights = sum(parameter.numel() * 4 for parameter in model.parameters())
        checked_on = parity(
            texts,
            record.task,
            before,
            found,
            longer=longer,
            sizes=(weights, size_of([folder.weights, folder.graph, folder.int8_graph, *folder.path.glob("2_*/*")])),
            seconds=(seconds, own_seconds),
            tolerance=self._tolerance,
        )
        for path in folder.path.rglob("*.safetensors"):  # safetensors lets its user alone read them
            path.chmod(folder.config.stat().st_mode & 0o777)
        record = record.changed(parity=checked_on, quantised=quantised)
        check_parity(record, checked_on)
        folder.write(folder.record, record.to_dict())
        folder.card.write_text(readme(source, record, folder.final.name), encoding="utf-8")
        return record

    def _write_graph(
        self, texts: Texts, record: ExportRecord, model: Any, tokenizer: Any, reference: Classifier
    ) -> "tuple[QuantisedRecord, ...]":
        from tunelet.export._foreign_run import feeds_of, graph_runner
        from tunelet.export._onnx import write_config, write_onnx

        folder = self._folder
        if self._source.tfidf is not None:
            terms = TfidfFile.of(self._source.tfidf, self._source.tfidf_weight, self._source.task)
            folder.write(folder.tfidf, terms.to_dict())
            folder.code("tfidf.py").write_text(_shipped("tunelet.export.shipped", "tfidf.py"), encoding="utf-8")
        if record.clean_markup:
            folder.code("clean.py").write_text(_shipped("tunelet.data", "_markup.py"), encoding="utf-8")
        write_onnx(folder, self._source, model, record, tokenizer)
        if not record.is_int8:
            return ()
        from tunelet.export._int8 import quantise

        tried = quantise(
            folder.graph,
            folder.int8_graph,
            texts,
            reference.probabilities_of_cleaned(texts.choosing),
            comparison_of(record.task),
            lambda path, some: record.task.output.probabilities(graph_runner(folder, record, path)(some)),
            feeds_of(folder, record),
        )
        folder.graph.unlink()
        write_config(folder, model, "q8")
        return tried


def _probabilities(
    computed: Callable[[Sequence[str]], NDArray[np.float64]], texts: Texts, task: Task
) -> Callable[[], NDArray[np.float64]]:
    return lambda: task.output.probabilities(computed(texts.texts))


def _shipped(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def _said(record: ExportRecord) -> list[str]:
    notes = []
    if record.tfidf:
        notes.append("tfidf.json holds words of the training texts: whoever gets the folder can read them")
    if record.parity is not None and record.parity.longer:
        library = {"merged": "transformers", "sentence-transformers": "Sentence Transformers"}.get(
            record.form, "tokenizers"
        )
        notes.append(
            f"texts of more than {record.max_length} tokens: tunelet keeps {record.truncation}, {library} the "
            f"{end_kept(record)} alone; {record.parity.longer:,} of these are so long: only their labels are compared"
        )
    return notes
