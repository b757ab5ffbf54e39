"""An exported model as a classifier: the same answers, from files that need neither the run nor its checkpoint.

A graph of ONNX runs in ONNX Runtime, weights of transformers or Sentence Transformers in this package's own engine.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tunelet.checkpoint import check_exported
from tunelet.classifier._base import TextClassifier
from tunelet.classifier._classifier import Classifier
from tunelet.classifier._tfidf_file import read_tfidf
from tunelet.data import tokenise
from tunelet.errors import RunError
from tunelet.recipe import Recipe, with_settings
from tunelet.run import Explanation, ExportFolder, ExportRecord, Run, Sealed, read_export

Logits = Callable[[list[str]], NDArray[np.float64]]


class ExportedClassifier(Classifier):
    """Classifies texts as the run did that was exported.

    Attributes:
        record: what the export says of itself.
    """

    def __init__(self, folder: ExportFolder, record: ExportRecord, logits: Logits) -> None:
        TextClassifier.__init__(self, record.task)
        self.folder, self.record, self.temperature = folder.path, record, record.temperature
        self._scaled_logits, self._tokenizer = logits, None

    @classmethod
    def of_folder(cls, path: Path, *, device: str | None = None, threads: int | None = None) -> Self:
        """Load a finished export. Raises RunError where it is damaged, ModelError where it is none of tunelet's."""
        check_exported(path)
        record = read_export(path)
        sealed = Sealed.of(path, "export")
        for name in sealed.files:
            if not name.endswith((".md", ".py")):  # these are for people
                sealed.check(path / name)
        made = cls.of_files(path, record, device=device, threads=threads)
        made._load_again = partial(cls.of_folder, path.resolve(), device=device, threads=threads)
        return made

    @classmethod
    def of_files(
        cls, path: Path, record: ExportRecord, *, device: str | None = None, threads: int | None = None
    ) -> Self:
        """Load the files of an export, which are checked or tunelet's own."""
        folder = ExportFolder(path)
        folder.path = path
        return cls(folder, record, _logits_of(folder, record, device, threads))

    @property
    def run(self) -> Run:  # type: ignore[override]
        """An export has none."""
        raise RunError(f"{self.folder} is an export, which holds no run", "name the folder of the run")

    @property
    def has_the_runs_threshold(self) -> bool:
        """True: the threshold came along."""
        return True

    @property
    def tokenizer(self) -> Any:
        """The tokenizer, as transformers loads it; it is not the one that the texts go through."""
        if self._tokenizer is None:
            from tunelet.model import load_tokenizer

            self._tokenizer = load_tokenizer(self.folder)
        return self._tokenizer

    @property
    def max_length(self) -> int:
        """Most tokens that are read of a text."""
        return self.record.max_length

    @property
    def max_windows(self) -> int:
        """1: what reads texts in windows cannot be exported."""
        return 1

    # Its texts are tokenised where its logits are computed.
    encode = TextClassifier.encode
    probabilities_of_encoded = TextClassifier.probabilities_of_encoded

    def _explanation(self, text: str, label: int, fields: tuple[str, ...]) -> Explanation:
        raise RunError(
            f"{self.folder} is an export, which explains no answer",
            "explain the run that it was made of",
        )

    def _logits(self, texts: list[str]) -> NDArray[np.float64]:
        scaled = self._scaled_logits(texts)
        return scaled if self.temperature == 1.0 else scaled * self.temperature


def _logits_of(folder: ExportFolder, record: ExportRecord, device: str | None, threads: int | None) -> Logits:
    """What computes logits with the temperature in them."""
    if record.is_graph:
        from tunelet.classifier._onnx_model import OnnxModel

        if device not in (None, "auto", "cpu"):
            raise RunError(f"{folder.path}: ONNX runs on the processor here, not on {device}", "leave out device=...")
        graph = OnnxModel(folder, record, folder.graph_of(record), threads)
        if not record.tfidf:
            return graph.logits
        tfidf = read_tfidf(folder.tfidf, record.task)
        output = record.task.output
        return lambda texts: graph.logits(texts) + output.ordered(tfidf.logits(texts))
    return _plain_logits(folder, record, device)


def _plain_logits(folder: ExportFolder, record: ExportRecord, device: str | None) -> Logits:
    from tunelet.model import exported_pooling, load_tokenizer, logits, saved_classifier

    settings = with_settings(
        Recipe(name="export"),
        {"model.name": str(folder.path), "model.precision": "float32", "model.device": device or "auto"},
        "device",
    ).model
    model: Any = saved_classifier(
        None,
        folder.path,
        record.task.outputs,
        settings,
        "head",  # nothing is trained any more: the layers run as frozen ones do
        seed=0,
        pooling=None if record.form == "merged" else exported_pooling(folder.path),
        output=record.task.output,
    )
    tokenizer = load_tokenizer(folder.path)

    def computed(texts: list[str]) -> NDArray[np.float64]:
        tokens = tokenise(
            texts,
            tokenizer,
            max_length=min(record.max_length, model.max_length),
            truncation=record.truncation,
            several_fields=record.task.several_fields,
        )
        return logits(model, tokens)

    return computed
