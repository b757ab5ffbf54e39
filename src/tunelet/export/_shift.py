"""What rounding shifts on average, and taking it back.

Products with rounded weights are a little off, and not by chance alone: the logits of an int8 graph lie beside those of
the graph that it was made of. Their mean difference on training texts is added to the graph (the bias correction of
Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction", of the logits alone).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Batch = Mapping[str, NDArray[np.int64]]


def take_back_shift(graph: Path, wanted: NDArray[np.float64], batches: Sequence[Batch]) -> None:
    """Add to the logits of a graph what they lack on average.

    Args:
        graph: rounded; it is rewritten.
        wanted: logits [n, outputs] of what it was made of.
        batches: the texts of these logits, as inputs of the graph.
    """
    import onnx

    if not batches:
        return
    shift = (wanted - logits_of_graph(graph, batches)).mean(axis=0)
    model = onnx.load(graph)
    name = model.graph.output[0].name
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [f"{name}_rounded" if each == name else each for each in names]
    model.graph.initializer.append(onnx.numpy_helper.from_array(shift.astype(np.float32), f"{name}_shift"))
    model.graph.node.append(onnx.helper.make_node("Add", [f"{name}_rounded", f"{name}_shift"], [name]))
    onnx.save(model, graph)


def logits_of_graph(graph: Path, batches: Sequence[Batch]) -> NDArray[np.float64]:
    """Logits [n, outputs] of the texts of batches."""
    from onnxruntime import InferenceSession

    session = InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    found = [np.asarray(session.run(None, batch)[0], dtype=np.float64) for batch in batches]
    return np.concatenate(found) if found else np.empty((0, 0))
