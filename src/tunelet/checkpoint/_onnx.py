"""An ONNX graph as a file, checked before ONNX Runtime opens it.

ONNX Runtime reads tensors from whatever file a graph names, and runs graphs within graphs for as long as they please.
The graphs that tunelet writes do neither: every tensor is in the file, and every node is an operator of ONNX itself.
"""

import os
from pathlib import Path
from typing import Any

from tunelet._foreign import ForeignFileError, open_regular
from tunelet._words import bytes_in_words, shown
from tunelet.errors import ModelError

_LARGEST = 2**31 - 1  # bytes; protobuf's own limit
_MOST_NODES = 100_000
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
_OWN = ("", "ai.onnx")  # names of ONNX's own set of operators
INSTALL = "pip install 'tunelet[export]'"
_HINT = "export the run again, with tunelet export"


def check_onnx(path: Path, labels: int) -> bytes:
    """The content of a graph that reads token ids and gives logits of so many labels, by itself.

    Raises:
        ModelError: no ONNX file, tensors in other files, operators that are not ONNX's own, or other inputs or outputs.
    """
    content = _content(path)
    onnx = _library()
    try:
        model = onnx.ModelProto.FromString(content)
    except Exception as error:  # protobuf's errors have no common class
        raise ModelError(f"{path}: not readable as ONNX ({type(error).__name__})", _HINT) from None
    graph = model.graph
    if model.functions or model.training_info:
        raise ModelError(f"{path}: functions or training steps beside the graph, which no export has", _HINT)
    if len(graph.node) > _MOST_NODES:
        raise ModelError(f"{path}: {len(graph.node):,} operators, expected {_MOST_NODES:,} at most", _HINT)
    for tensor in graph.initializer:
        _check_tensor(path, tensor, onnx)
    if graph.sparse_initializer:
        raise ModelError(f"{path}: sparse tensors, which no export has", _HINT)
    for node in graph.node:
        _check_node(path, node, onnx)
    _check_ends(path, graph, labels)
    return content


def _content(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > _LARGEST:
                raise ForeignFileError(f"expected at most {bytes_in_words(_LARGEST)}, found more")
            return file.read(size)
    except (ForeignFileError, OSError) as error:
        raise ModelError(f"{path}: {error}", _HINT) from None


def _library() -> Any:
    try:
        import onnx
    except ImportError:
        raise ModelError("an ONNX graph is checked with the package onnx, which is missing", INSTALL) from None
    return onnx


def _check_tensor(path: Path, tensor: Any, onnx: Any) -> None:
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise ModelError(f"{path}: the tensor {shown(tensor.name)} is in another file, which is not opened", _HINT)


def _check_node(path: Path, node: Any, onnx: Any) -> None:
    if node.domain not in _OWN or not onnx.defs.has(node.op_type):
        full = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
        raise ModelError(f"{path}: the operator {shown(full)} is none of ONNX's own", _HINT)
    for attribute in node.attribute:
        if attribute.HasField("g") or attribute.graphs or attribute.HasField("sparse_tensor"):
            raise ModelError(f"{path}: a graph within the operator {shown(node.op_type)}, which no export has", _HINT)
        for tensor in (*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors):
            _check_tensor(path, tensor, onnx)


def _check_ends(path: Path, graph: Any, labels: int) -> None:
    held = {tensor.name for tensor in graph.initializer}
    inputs = {entry.name for entry in graph.input} - held
    if not {"input_ids", "attention_mask"} <= inputs <= _INPUTS:
        raise ModelError(
            f"{path}: expected the inputs input_ids and attention_mask, found {shown(sorted(inputs))}", _HINT
        )
    outputs = [entry.name for entry in graph.output]
    if outputs != ["logits"]:
        raise ModelError(f"{path}: expected the output logits, found {shown(outputs)}", _HINT)
    width = graph.output[0].type.tensor_type.shape.dim
    if len(width) != 2 or width[1].dim_value != labels:
        raise ModelError(f"{path}: expected logits of {labels} labels, found others", _HINT)
