"""What an export is: `export.json`, its record, and the names of the files of its folder."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tunelet._foreign import ForeignFileError, read_bytes
from tunelet._record import FileRecord, Record, Value, parse_record
from tunelet.data import TaskName, label_space
from tunelet.errors import RunError
from tunelet.run._folder import RunFolder
from tunelet.run._mark import MARK, Kind, is_marked
from tunelet.run._parity import ParityRecord
from tunelet.run._sealed import Sealed
from tunelet.run._task import Task

Form = Literal["merged", "sentence-transformers", "onnx", "onnx-int8", "web", "web-int8"]
PAGES: tuple[Form, ...] = ("web", "web-int8")
INT8S: tuple[Form, ...] = ("onnx-int8", "web-int8")
RECORD = "export.json"
_FOLDERS = ("onnx", "1_Pooling", "2_Dense", "page", "runtime")


class QuantisedRecord(Record):
    """A way to int8 that was tried.

    Attributes:
        name: how.
        log_loss: against the source's own probabilities, on texts that ways are chosen by.
        agreement: share of the texts to which it gives the source's label.
        bytes: of the file.
        kept: whether it is the one.
    """

    name: str
    log_loss: float
    agreement: float
    bytes: int
    kept: bool


class OriginRecord(Record):
    """Where an export came from.

    Attributes:
        run: name of the run's folder.
        model: the checkpoint that was adapted.
        recipe: name of the recipe.
        seed: of the training.
        tunelet: version that wrote the export.
    """

    run: str
    model: str
    recipe: str
    seed: int
    tunelet: str


class ExportRecord(FileRecord):
    """`export.json`.

    Attributes:
        form: what it was exported to.
        label_names, text_columns, label_column, clean_markup, positive, threshold, shape, separator, thresholds,
            reach: as in `Task`.
        temperature: what the logits were divided by; it is in the weights.
        encoder_weight: that of the encoder's logits, which is in the weights, too.
        tfidf: whether logits of TF-IDF are to be added, from `tfidf.json`.
        max_length, truncation: tokens of a text, and which end of a longer one is kept.
        origin: where it came from.
        parity: how it was checked.
        quantised: the ways to int8 that were tried.
    """

    form: Form
    label_names: tuple[str, ...]
    text_columns: tuple[str, ...] = Field(min_length=1)
    label_column: str | None
    clean_markup: bool
    positive: str | None
    threshold: Value
    shape: TaskName = "multiclass"
    separator: str = ""
    thresholds: tuple[float, ...] = ()
    reach: Value = None
    temperature: float = Field(gt=0)
    encoder_weight: float
    tfidf: bool
    max_length: int = Field(ge=1, le=10**6)
    truncation: Literal["head", "tail", "head+tail"]
    origin: OriginRecord
    parity: ParityRecord | None = None
    quantised: tuple[QuantisedRecord, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        space = label_space(self.shape, self.label_names)
        if len(self.label_names) < 2 and not space.continuous:
            raise ValueError("there are fewer than two labels")
        if len(set(self.label_names)) != len(self.label_names):
            raise ValueError("a label occurs twice")
        if self.positive is not None and self.positive not in self.label_names:
            raise ValueError("the positive label is none of the labels")
        if self.threshold is not None and (self.positive is None or not 0 <= self.threshold <= 1):
            raise ValueError("the threshold is no probability of a label")
        if self.shape == "multilabel" and (not self.separator or len(self.thresholds) != len(self.label_names)):
            raise ValueError("several labels a text need a separator, and a threshold for each")
        return self

    @property
    def is_graph(self) -> bool:
        """Whether it holds a graph of ONNX."""
        return self.form in ("onnx", *INT8S, *PAGES)

    @property
    def is_page(self) -> bool:
        """Whether a page that runs the graph is beside it."""
        return self.form in PAGES

    @property
    def is_int8(self) -> bool:
        """Whether the weights of the graph are bytes."""
        return self.form in INT8S

    @property
    def task(self) -> Task:
        """What predictions need beside the model."""
        return Task(
            label_names=self.label_names,
            text_columns=self.text_columns,
            label_column=self.label_column,
            clean_markup=self.clean_markup,
            positive=self.positive,
            threshold=self.threshold,
            shape=self.shape,
            separator=self.separator,
            thresholds=self.thresholds,
            reach=self.reach,
        )


class ExportFolder(RunFolder):
    """The files of an export, from their first moment to their final name; a folder that was left unfinished goes."""

    whole: ClassVar[Kind] = "export"
    unfinished: ClassVar[Kind] = "partial export"

    @property
    def record(self) -> Path:
        return self.path / RECORD

    @property
    def graph(self) -> Path:
        return self.path / "onnx" / "model.onnx"

    @property
    def int8_graph(self) -> Path:
        return self.path / "onnx" / "model_quantized.onnx"

    def graph_of(self, record: ExportRecord) -> Path:
        """The graph that an export is run by."""
        return self.int8_graph if record.is_int8 else self.graph

    @property
    def config(self) -> Path:
        return self.path / "config.json"

    @property
    def weights(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def tokenizer_file(self) -> Path:
        return self.path / "tokenizer.json"

    @property
    def tokenizer_config(self) -> Path:
        return self.path / "tokenizer_config.json"

    @property
    def tfidf(self) -> Path:
        return self.path / "tfidf.json"

    @property
    def browser(self) -> Path:
        """What the page takes from the export."""
        return self.path / "browser.json"

    @property
    def characters(self) -> Path:
        """Entities and control characters, for the page to take markup out of texts."""
        return self.path / "characters.json"

    @property
    def card(self) -> Path:
        return self.path / "README.md"

    def code(self, name: str) -> Path:
        """Where a file of Python lies that is for whoever runs the export without tunelet."""
        return self.path / name

    def every_file(self) -> list[Path]:
        """All files and folders that an export may have at its top."""
        named = (
            "onnx", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "tfidf.json",
            "tfidf.py", "clean.py", "README.md", RECORD, "modules.json", "sentence_bert_config.json", "1_Pooling",
            "2_Dense", "browser.json", "characters.json", "index.html", "page", "runtime",
        )  # fmt: skip
        return [self.path / name for name in named]

    def _before_training(self) -> list[Path]:
        return [path for path in self.every_file() if path.is_file()]

    def _strangers(self) -> list[str]:
        found = super()._strangers()
        if not (is_marked(self.partial, self.unfinished) or is_marked(self.partial, self.whole)):
            return found
        own = {MARK, *(path.name for path in self.every_file())}
        return [name for name in found if name not in own]

    def has_begun(self) -> bool:
        """Never: an export is not gone on with, but written again."""
        return False

    def start(self) -> None:
        """As for a run; what a killed export left goes, now that nobody else is at work here."""
        super().start()
        for name in _FOLDERS:
            if (folder := self.partial / name).is_dir() and not folder.is_symlink():
                shutil.rmtree(folder)

    def write(self, path: Path, value: Mapping[str, Any]) -> None:
        """Write a JSON object."""
        path.write_bytes(self.json_bytes(value))


def read_export(folder: Path) -> ExportRecord:
    """The record of a finished export. Raises RunError where it is none, or damaged."""
    return Sealed.of(folder, "export").read(folder / RECORD, lambda content: parse_record(content, ExportRecord))


def parse_export(folder: Path) -> ExportRecord:
    """The record of an export that is not finished yet. Raises RunError."""
    try:
        return parse_record(read_bytes(folder / RECORD), ExportRecord)
    except ForeignFileError as error:
        raise RunError(f"{folder / RECORD}: {error}", "export the run again") from None
