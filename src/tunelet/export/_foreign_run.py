"""An export, run by the libraries that it is for, as its README says: without anything of tunelet's in the way."""

import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.data import split_fields
from tunelet.errors import ExportError
from tunelet.run import ExportFolder, ExportRecord

_BATCH = 16

Runner = Callable[[Sequence[str]], NDArray[np.float64]]


def runner_of(folder: ExportFolder, record: ExportRecord) -> Runner:
    """A function from cleaned texts to logits [n, outputs], by the library that the form is for."""
    if record.form == "merged":
        return _transformers(folder.path, record)
    if record.form == "sentence-transformers":
        return _sentence_transformers(folder.path, record)
    return graph_runner(folder, record, folder.graph_of(record))


def graph_runner(folder: ExportFolder, record: ExportRecord, graph: Path) -> Runner:
    """The same for one of the graphs of a folder, with TF-IDF where it takes part."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    wanted = [entry.name for entry in session.get_inputs()]
    feeds = feeds_of(folder, record)
    tfidf: Any = None
    if record.tfidf:
        tfidf = runpy.run_path(str(folder.code("tfidf.py")))["Tfidf"](str(folder.tfidf))

    def computed(texts: Sequence[str]) -> NDArray[np.float64]:
        given = feeds(texts)
        logits: NDArray[np.float64] = session.run(["logits"], {name: given[name] for name in wanted})[0].astype(
            np.float64
        )
        if tfidf is not None:
            logits += np.array([tfidf.logits(text) for text in texts])
        return logits

    return _in_batches(computed, len(record.task.outputs))


def feeds_of(folder: ExportFolder, record: ExportRecord) -> Callable[[Sequence[str]], dict[str, NDArray[np.int64]]]:
    """A function from cleaned texts to all inputs that a graph may have, int64 [n, longest]."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder.tokenizer_file))

    def computed(texts: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        rows = tokenizer.encode_batch(_inputs(texts, record))
        return {
            "input_ids": np.array([row.ids for row in rows], dtype=np.int64),
            "attention_mask": np.array([row.attention_mask for row in rows], dtype=np.int64),
            "token_type_ids": np.array([row.type_ids for row in rows], dtype=np.int64),
        }

    return computed


def _transformers(folder: Path, record: ExportRecord) -> Runner:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from tunelet.model import quiet_libraries

    with quiet_libraries():
        model = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True).eval()
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)

    @torch.inference_mode()
    def computed(texts: Sequence[str]) -> NDArray[np.float64]:
        fields = _inputs(texts, record)
        columns = [list(column) for column in zip(*fields, strict=True)] if record.task.several_fields else [fields]
        inputs = tokenizer(*columns, truncation=True, padding=True, return_tensors="pt")
        logits: NDArray[np.float64] = model(**inputs).logits.double().numpy()
        return logits

    return _in_batches(computed, len(record.task.outputs))


def _sentence_transformers(folder: Path, record: ExportRecord) -> Runner:
    from tunelet.model import quiet_libraries

    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise ExportError(
            "what is exported is run back with the package sentence-transformers, which is missing",
            "pip install 'sentence-transformers>=6'",
        ) from None
    with quiet_libraries():
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    def computed(texts: Sequence[str]) -> NDArray[np.float64]:
        embedded = model.encode(_inputs(texts, record), show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(embedded, dtype=np.float64)

    return _in_batches(computed, len(record.task.outputs))


def _inputs(texts: Sequence[str], record: ExportRecord) -> list[Any]:
    """Each text, or each pair of texts."""
    return [tuple(split_fields(text)) for text in texts] if record.task.several_fields else list(texts)


def _in_batches(computed: Runner, outputs: int) -> Runner:
    """Texts of similar length together, as whoever runs many of them does."""

    def of_all(texts: Sequence[str]) -> NDArray[np.float64]:
        result = np.empty((len(texts), outputs))
        order = np.argsort([len(text) for text in texts], kind="stable")
        for begin in range(0, len(order), _BATCH):
            rows = order[begin : begin + _BATCH]
            result[rows] = computed([texts[row] for row in rows])
        return result

    return of_all
