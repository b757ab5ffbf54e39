"""`--to onnx-int8`: weights as bytes, by ONNX Runtime; of several ways the one that comes closest to the run is kept.

Embeddings of words and the products with weights become int8; the head, norms, softmax, attention and small tables
stay as they are, and what rounding shifts on average is taken back.
Dynamic quantisation measures activations as they come, static quantisation has measured them on training texts before.
Closest is what has the least log loss against the run's own probabilities. Labels would say less, since after a
cross-validation the model has seen these texts.
"""

import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.export._comparing import Comparison
from tunelet.export._shift import Batch, logits_of_graph, take_back_shift
from tunelet.export._texts import Texts
from tunelet.run import QuantisedRecord

_TYPES = ["MatMul", "Gather"]
_BATCH = 8  # texts of a batch of calibration
# Rows of a table that is rounded. Those of positions would save half a megabyte, and their error is in every token.
_LARGE_TABLE = 1_000

Probabilities = Callable[[Path, Sequence[str]], NDArray[np.float64]]
Feeds = Callable[[Sequence[str]], dict[str, NDArray[np.int64]]]


@dataclass(frozen=True)
class _Way:
    """How to quantise.

    Attributes:
        name: for the screen.
        static: whether activations are measured before, on training texts.
        per_channel: whether each output of a product has a scale of its own.
    """

    name: str
    static: bool
    per_channel: bool


_WAYS = (
    _Way("dynamic", False, False),
    _Way("dynamic, a scale for each output", False, True),
    _Way("static, a scale for each output", True, True),
)


def quantise(
    graph: Path,
    target: Path,
    texts: Texts,
    reference: NDArray[np.float64],
    comparison: Comparison,
    probabilities: Probabilities,
    feeds: Feeds,
) -> tuple[QuantisedRecord, ...]:
    """Write the best int8 form of a graph to `target`.

    Args:
        graph: in float32.
        target: the file to write.
        texts: to choose by, and to calibrate on.
        reference: probabilities of the source for `texts.choosing` [n, labels].
        comparison: of probabilities with these.
        probabilities: what a graph gives for texts.
        feeds: texts as inputs of the graph.

    Returns:
        What was tried, and which of it is kept.
    """
    from onnxruntime.quantization.shape_inference import quant_pre_process

    tried: list[tuple[float, Path, _Way, float]] = []
    with tempfile.TemporaryDirectory(dir=target.parent) as place, _quiet():
        prepared = Path(place) / "prepared.onnx"
        quant_pre_process(str(graph), str(prepared), skip_symbolic_shape=True)
        of_graph = _own_inputs(prepared, feeds)
        batches = [of_graph(texts.others[at : at + _BATCH]) for at in range(0, len(texts.others), _BATCH)]
        wanted = logits_of_graph(prepared, batches)
        for number, way in enumerate(_WAYS):
            path = Path(place) / f"{number}.onnx"
            _write(prepared, path, way, batches)
            take_back_shift(path, wanted, batches)
            found = probabilities(path, texts.choosing)
            agreement = float(comparison.same(reference, found).mean())
            tried.append((comparison.loss(reference, found), path, way, agreement))
        best = min(tried, key=lambda one: one[0])
        records = tuple(
            QuantisedRecord(
                name=way.name, log_loss=loss, agreement=agreement, bytes=path.stat().st_size, kept=path == best[1]
            )
            for loss, path, way, agreement in tried
        )
        best[1].replace(target)
    return records


def _write(source: Path, target: Path, way: _Way, batches: Sequence[Batch]) -> None:
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_dynamic, quantize_static

    options: dict[str, Any] = {
        "op_types_to_quantize": _TYPES, "per_channel": way.per_channel, "weight_type": QuantType.QInt8,
        "nodes_to_exclude": _small_tables(source),
    }  # fmt: skip
    if not way.static:
        extra = {"MatMulConstBOnly": True}
        quantize_dynamic(str(source), str(target), extra_options=extra, **options)
        return
    extra = {"MatMulConstBOnly": True, "ActivationSymmetric": False}
    reader = _reader(batches)
    quantize_static(
        str(source),
        str(target),
        reader,
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        extra_options=extra,
        **options,
    )


def _small_tables(graph: Path) -> list[str]:
    """Names of the nodes that look a row up in a table with few."""
    import onnx

    model = onnx.load(graph).graph
    rows = {table.name: table.dims[0] for table in model.initializer if len(table.dims) == 2}
    return [
        node.name for node in model.node if node.op_type == "Gather" and 0 < rows.get(node.input[0], 0) < _LARGE_TABLE
    ]


def _own_inputs(graph: Path, feeds: Feeds) -> Feeds:
    """Only the inputs that a graph has: ONNX Runtime refuses others."""
    from onnxruntime import InferenceSession

    names = [each.name for each in InferenceSession(str(graph), providers=["CPUExecutionProvider"]).get_inputs()]

    def computed(texts: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        found = feeds(texts)
        return {name: found[name] for name in names}

    return computed


def _reader(batches: Sequence[Batch]) -> Any:
    """What ONNX Runtime reads calibration batches from."""
    from onnxruntime.quantization import CalibrationDataReader

    waiting = iter(batches)

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> Batch | None:
            return next(waiting, None)

    return Reader()


@contextmanager
def _quiet() -> Iterator[None]:
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
