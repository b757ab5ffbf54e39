"""Many files of texts to a folder of the same files with labels and probabilities, several at a time.

Each part is classified as `FileJob` does it: row by row in order, written at one go, gone on with after a kill. Until
all are done they lie in OUTPUT.partial, each with a record of what it was made of, so that a repeated call does the
rest alone. The last step gives the folder its name.
"""

import functools
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tunelet._foreign import ForeignFileError, read_bytes
from tunelet._record import Record, parse_record
from tunelet._words import counted
from tunelet.classifier._base import TextClassifier
from tunelet.classifier._files import FileJob
from tunelet.classifier._named import Named
from tunelet.classifier._sample import Sample, cost_of, sample_of
from tunelet.classifier._scoring import Unwatched, Watcher
from tunelet.classifier._sources import Source, sources, stamp_of
from tunelet.data import format_of, output_form
from tunelet.errors import DataError
from tunelet.run import contents_of, disk_errors, refuse_link, write_atomically
from tunelet.scale import Cost, Job, Place, Workers, workers_at

_MANIFEST = "manifest.json"
_SAMPLES = 3  # files that are looked into before the start
_RECORDS = ".tunelet-records"  # in the partial folder, with a file for each part that is done


class PartRecord(Record):
    """One part, as `manifest.json` has it.

    Attributes:
        source: the file that was read.
        output: the file that was written, in the folder.
        bytes, modified_ns: of the source, when it was read.
        job: SHA-256 of what else the answers depend on: the run, and how texts are read and decided.
        sha256: of the output.
        rows, n, empty, unsure: as `FilePredictions` has them.
    """

    source: str
    output: str
    bytes: int
    modified_ns: int
    job: str
    sha256: str
    rows: int
    n: int
    empty: int
    unsure: int


class PredictedFiles(Record):
    """What was classified in many files, and by what; `manifest.json` in their folder.

    >>> written = tunelet.predict_files("runs/first", "parts/*.csv", "answered")
    >>> written.files, written.rows, [part.output for part in written.parts]
    (2, 20, ['a.csv', 'b.csv'])

    Attributes:
        run: the folder of the run.
        output: the folder that was written.
        parts: one for each file, by the names of the sources.
        files: number of parts.
        rows, n, empty, unsure: of all parts together, as `FilePredictions` has them.
        resumed: parts that earlier calls had done.
        seconds: that this call took.
    """

    run: str
    output: str
    parts: tuple[PartRecord, ...]
    files: int
    rows: int
    n: int
    empty: int
    unsure: int
    resumed: int
    seconds: float


@dataclass(frozen=True)
class PartsJob:
    """Files to classify.

    Attributes:
        job: what is done with each; its source and output stand for all of them: a folder, or names with `*` and `?`;
            and a folder.
        place: where it is done.
    """

    job: FileJob
    place: Place

    def classify(self, watcher: Watcher) -> PredictedFiles:
        """Do it. Raises DataError, RunError, DiskError, and KeyboardInterrupt as `FileJob` does."""
        begun, output = time.monotonic(), self.job.output
        if "-" in (self.job.source, str(output)):
            raise DataError("several files are read from a folder, and written to one", "name both: output='answers'")
        with disk_errors(output, "output"):
            if os.path.lexists(output):
                raise DataError(f"{output} exists already", "name another folder, or remove it")
        named = Named.of(self.job.run)
        partial = output.with_name(f"{output.name}.partial")
        refuse_link(partial, "output")
        parts = self._parts(partial, named)
        with disk_errors(partial, "output"):
            (partial / _RECORDS).mkdir(parents=True, exist_ok=True)
        done = {number: record for number, part in enumerate(parts) if (record := part.known()) is not None}
        missing = [number for number in range(len(parts)) if number not in done]
        resumed = len(done)
        if resumed:
            watcher.say(f"{counted(resumed, 'file')} classified before: {partial}")
        jobs = [Job(parts[number].job.source, parts[number]) for number in missing]
        with workers_at(self.place) as workers, _forgetting():
            if missing:
                watcher.stage("reckoning what the files will take", 0)
                watcher.say(_cost([parts[number] for number in missing], workers).in_words)
            watcher.stage(f"{counted(len(parts), 'file')} on {counted(workers.count, 'worker')}", len(parts), resumed)
            for index, record in workers.map(_Part.classify, jobs):
                done[missing[index]] = record
                watcher.advance(1)
        manifest = self._manifest([done[number] for number in range(len(parts))], named, resumed, begun)
        _write(partial / _MANIFEST, manifest)
        with disk_errors(partial, "output"):
            partial.rename(output)
            for part in parts:
                (output / _RECORDS / part.record.name).unlink(missing_ok=True)  # the manifest has it
            with suppress(OSError):  # somebody's file lies there
                (output / _RECORDS).rmdir()
        return manifest

    def _parts(self, partial: Path, named: Named) -> "list[_Part]":
        """All parts by name. Raises DataError where there are none, or two would be written to one file."""
        parts: dict[str, _Part] = {}
        key, folder = self._key(named), partial.absolute()
        for source in sources(self.job.source):
            form, name = self.job.output_format, source.output
            name = name if form is None else f"{_without_format(name)}.{form}"
            output_form(Path(name), form, "")
            if name in parts:
                raise DataError(
                    f"{parts[name].source.name} and {source.name} would both be written to {name}",
                    "take one of them away",
                )
            job = replace(self.job, run=str(named.path.absolute()), source=source.name, output=folder / name)
            parts[name] = _Part(name, key, folder, job, source)
        return list(parts.values())

    def _key(self, named: Named) -> str:
        run = {name: [content.sha256 for content in contents] for name, contents in named.files.files.items()}
        settings = replace(self.job, run="", source="", output=Path())
        return hashlib.sha256(repr((sorted(run.items()), settings)).encode()).hexdigest()

    def _manifest(self, records: Sequence[PartRecord], named: Named, resumed: int, begun: float) -> PredictedFiles:
        sums = {name: sum(getattr(record, name) for record in records) for name in ("rows", "n", "empty", "unsure")}
        return PredictedFiles(
            run=str(named.path), output=str(self.job.output), parts=tuple(records), files=len(records),
            resumed=resumed, seconds=time.monotonic() - begun, **sums,
        )  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """One file to classify, in a process that has classified others before.

    Attributes:
        name: of the output, below the folder.
        key: of what the answers depend on, beside the source.
        folder: the partial folder, by its whole path.
        job: what is done with it; its paths are whole.
        source: as it was when the call began.
    """

    name: str
    key: str
    folder: Path
    job: FileJob
    source: Source

    def known(self) -> PartRecord | None:
        """The record of this part, where it is done and its source is still the same."""
        try:
            record = parse_record(read_bytes(self.record), PartRecord)
        except (ForeignFileError, OSError):
            return None
        same = (record.bytes, record.modified_ns, record.job) == (self.source.bytes, self.source.modified_ns, self.key)
        return record if same and self.job.output.is_file() else None

    def classify(self) -> PartRecord:
        """Classify it, unless a worker that died later has done so; the record is written last."""
        record = self.known()
        if record is not None:
            return record
        output = self.job.output
        with disk_errors(output, "output"):
            output.parent.mkdir(parents=True, exist_ok=True)
            output.unlink(missing_ok=True)  # without its record nobody knows of what it was made
        size, modified = stamp_of(self.source.name)
        model = _loaded(str(self.job.run), self.job.baseline, self.job.device)
        written = self.job.classify(Unwatched(), model)
        record = PartRecord(
            source=self.source.name, output=self.name, bytes=size, modified_ns=modified, job=self.key,
            sha256=contents_of(output).sha256,
            rows=written.rows, n=written.n, empty=written.empty, unsure=written.unsure,
        )  # fmt: skip
        _write(self.record, record)
        return record

    def sample(self) -> Sample:
        """In a worker: classify some of its texts, and forget the answers."""
        model = _loaded(str(self.job.run), self.job.baseline, self.job.device)
        return sample_of(self.job, self.source.bytes, model)

    @property
    def record(self) -> Path:
        """Where the record lies."""
        return self.folder / _RECORDS / f"{hashlib.sha256(self.name.encode()).hexdigest()[:32]}.json"


def _cost(parts: Sequence[_Part], workers: Workers) -> Cost:
    """Of classifying parts, from samples of some that lie evenly among them, one for each worker at least."""
    count = min(len(parts), max(_SAMPLES, workers.count))
    jobs = [Job(part.job.source, part) for part in (parts[number * len(parts) // count] for number in range(count))]
    samples = [sample for _, sample in workers.map(_Part.sample, jobs)]
    return cost_of(samples, [part.source.bytes for part in parts], workers)


@functools.lru_cache(maxsize=1)  # a worker classifies many files with one model
def _loaded(run: str, baseline: bool, device: str | None) -> TextClassifier:
    return Named.of(run).load(baseline=baseline, device=device)


@contextmanager
def _forgetting() -> Iterator[None]:
    """Let go of the model afterwards, where this process has loaded it."""
    try:
        yield
    finally:
        _loaded.cache_clear()


def _without_format(name: str) -> str:
    """The name of a file without the endings that say how it is written."""
    path = Path(name)
    while path.suffix and format_of(path.name) is not None:
        path = path.with_suffix("")
    return path.as_posix()


def _write(path: Path, record: Record) -> None:
    content = record.model_dump_json(indent=1) + "\n"
    with disk_errors(path, "output"):
        write_atomically(path, lambda part: part.write_text(content, encoding="utf-8"))
