"""An exported graph in ONNX Runtime, with its tokenizer; neither PyTorch nor transformers is loaded.

The graph itself cuts texts that are too long, the way the run does: it is given all tokens. Where a run reads several
columns together, the tokenizer cuts them.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._cores import named_threads
from tunelet._foreign import ForeignFileError, read_bytes
from tunelet.checkpoint import INSTALL_EXPORT, check_onnx
from tunelet.data import Tokens, evaluation_batches, tokenise
from tunelet.errors import ModelError
from tunelet.run import ExportFolder, ExportRecord

_TOKENS = 4096  # of a batch: activations then stay in the processor's caches
_HINT = "export the run again, with tunelet export"


class OnnxModel:
    """Logits of cleaned texts by an exported graph. ONNX Runtime's sessions may be shared by threads."""

    def __init__(self, folder: ExportFolder, record: ExportRecord, graph: Path, threads: int | None = None) -> None:
        """Open the graph, once it has been checked. Raises ModelError.

        Args:
            folder: of the export.
            record: of it.
            graph: file of the graph.
            threads: that it computes with; None: as OMP_NUM_THREADS says, else one a core.
        """
        try:
            import onnxruntime
        except ImportError:
            raise ModelError(
                "an ONNX graph is run by the package onnxruntime, which is missing", INSTALL_EXPORT
            ) from None
        content = check_onnx(graph, len(record.task.outputs))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        # ONNX Runtime does not read the variable itself; 0: it takes one a core.
        options.intra_op_num_threads = named_threads() if threads is None else threads
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime has a class for each of its states
            raise ModelError(f"{graph}: ONNX Runtime does not take it ({type(error).__name__})", _HINT) from None
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._tokenizer: Any = _Tokenizer(folder.tokenizer_file)  # as much of one of transformers as is needed
        self._record = record

    def logits(self, texts: list[str]) -> NDArray[np.float64]:
        """Logits [n, outputs], with the run's temperature in them."""
        tokens = tokenise(
            texts,
            self._tokenizer,
            max_length=self._record.max_length,
            truncation=self._record.truncation,
            several_fields=self._record.task.several_fields,
        )
        result = np.empty((len(texts), len(self._record.task.outputs)))
        for rows in evaluation_batches(tokens.lengths, token_budget=_TOKENS):
            (result[rows],) = self._session.run(["logits"], self._feed(tokens, rows))
        return result

    def _feed(self, tokens: Tokens, rows: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """The graph's inputs [texts, longest], padded rows."""
        batch = tokens.take(rows)
        places = np.arange(int(batch.lengths.max()))[None, :]
        mask = places < batch.lengths[:, None]
        ids = np.full(mask.shape, self._tokenizer.pad_token_id, dtype=np.int64)
        ids[mask] = batch.token_ids
        feed = {"input_ids": ids, "attention_mask": mask.astype(np.int64)}
        if "token_type_ids" in self._inputs:
            firsts = batch.lengths if batch.first_lengths is None else batch.first_lengths
            feed["token_type_ids"] = (mask & (places >= firsts[:, None])).astype(np.int64)
        return feed


class _Tokenizer:
    """A `tokenizer.json` by the library tokenizers, called as one of transformers is."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        try:
            content = read_bytes(path).decode("utf-8")
            padding = json.loads(content).get("padding")
            self._backend: Any = Tokenizer.from_str(content)
        except (ForeignFileError, ValueError, RecursionError) as error:
            raise ModelError(f"{path}: no usable tokenizer ({type(error).__name__})", _HINT) from None
        except BaseException as error:  # a panic of Rust's is no Exception
            if type(error).__name__ not in ("PanicException", "Exception"):
                raise
            raise ModelError(f"{path}: no usable tokenizer", _HINT) from None
        self._backend.no_padding()
        self._backend.no_truncation()
        self.pad_token_id = int((padding or {}).get("pad_id", 0))
        self.sep_token_id = self._backend.token_to_id("[SEP]")
        self.unk_token_id = None

    def __call__(
        self, texts: str | list[str], pair: str | None = None, *, add_special_tokens: bool = True, **_: Any
    ) -> dict[str, Any]:
        """`input_ids` of a text, of a pair, or of each of several texts."""
        if isinstance(texts, str):
            return {"input_ids": self._backend.encode(texts, pair, add_special_tokens=add_special_tokens).ids}
        encoded = self._backend.encode_batch(texts, add_special_tokens=add_special_tokens)
        return {"input_ids": [one.ids for one in encoded]}
