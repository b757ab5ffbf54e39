"""What rounding shifts on average is taken back."""

import numpy as np
import pytest

from tunelet.export._foreign_run import feeds_of
from tunelet.export._shift import logits_of_graph, take_back_shift
from tunelet.run import ExportFolder, read_export

onnx = pytest.importorskip("onnx")
TEXTS = ["warm rye loaf", "burnt " * 30, "Is it?", "a soggy roll and a cold bun", "fresh"]


@pytest.mark.slow
def test_logits_that_lie_beside_those_of_the_source_lie_on_them(graph, tmp_path):
    import onnxruntime

    folder, record = ExportFolder(graph.folder), read_export(graph.folder)
    source, moved = folder.graph_of(record), tmp_path / "moved.onnx"
    given = feeds_of(folder, record)

    def feeds(texts):
        found = given(texts)
        return {each.name: found[each.name] for each in session.get_inputs()}

    def logits(path):
        return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, feeds(TEXTS))[0]

    session = onnxruntime.InferenceSession(str(source), providers=["CPUExecutionProvider"])
    model = onnx.load(source)
    for node in model.graph.node:
        node.output[:] = ["before" if name == "logits" else name for name in node.output]
    by = np.array([0.25, -0.5], dtype=np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(by, "by"))
    model.graph.node.append(onnx.helper.make_node("Add", ["before", "by"], ["logits"]))
    onnx.save(model, moved)
    np.testing.assert_allclose(logits(moved) - logits(source), np.broadcast_to(by, (len(TEXTS), 2)), atol=1e-5)
    take_back_shift(moved, logits_of_graph(source, [feeds(TEXTS)]), [feeds(TEXTS)])
    np.testing.assert_allclose(logits(moved), logits(source), atol=1e-5)
