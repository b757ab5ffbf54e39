"""What rounding shifts on average, and taking it back.

Products with rounded weights are a little off, and not by chance alone: the logits of an int8 graph lie beside those of
the graph that it was made of. Their mean difference on training texts is added to the graph (the bias correction of
Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction", of the logits alone).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BATCH = 8  # texts

Feeds = Callable[[Sequence[str]], dict[str, NDArray[np.int64]]]


def take_back_shift(graph: Path, source: Path, texts: Sequence[str], feeds: Feeds) -> None:
    """Add to the logits of a graph what they lack on average.

    Args:
        graph: rounded; it is rewritten.
        source: what it was made of.
        texts: to measure by.
        feeds: texts as inputs of both.
    """
    import onnx

    batches = [feeds(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
    if not batches:
        return
    shift = (_logits(source, batches) - _logits(graph, batches)).mean(axis=0)
    model = onnx.load(graph)
    name = model.graph.output[0].name
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [f"{name}_rounded" if each == name else each for each in names]
    model.graph.initializer.append(onnx.numpy_helper.from_array(shift.astype(np.float32), f"{name}_shift"))
    model.graph.node.append(onnx.helper.make_node("Add", [f"{name}_rounded", f"{name}_shift"], [name]))
    onnx.save(model, graph)


def _logits(graph: Path, batches: Sequence[dict[str, NDArray[np.int64]]]) -> NDArray[np.float64]:
    from onnxruntime import InferenceSession

    session = InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, batch)[0] for batch in batches]).astype(np.float64)
