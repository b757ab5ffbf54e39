"""The same model for ONNX Runtime: exported by transformers' own exporter, as it comes and with fused operators, and
each of them in int8 with weights per channel and activations quantised as they come."""

import importlib.util
from pathlib import Path
from typing import Any

from tunelet.bench.harness._subject import Subject
from tunelet.bench.harness._worker import Desk
from tunelet.model import quiet_libraries

INSTALL = "not measured: pip install 'tunelet[export]'"
_PACKAGES = ("onnx", "onnxruntime", "onnxscript")


def installed() -> bool:
    """Whether ONNX Runtime and what exports for it are there."""
    return all(importlib.util.find_spec(package) is not None for package in _PACKAGES)


def graph_path(subject: Subject, precision: str, variant: str) -> Path:
    """Where the graph of a precision ("float32", "int8") and variant ("plain", "fused") lies."""
    return subject.folder / "onnx" / f"{variant}-{precision}.onnx"


def export_job(desk: Desk, subject: Subject) -> None:
    """A worker that writes all graphs once; reports which (precision, variant) there are."""
    import torch
    from transformers.exporters import OnnxConfig, OnnxExporter

    from tunelet.bench.rivals._stock import merged_model

    if not desk.wait():
        return
    model = merged_model(subject, attention="eager")  # sdpa is exported as several operators around a mask
    token_ids = torch.randint(1, int(model.config.vocab_size), (2, 16))
    mask = torch.ones_like(token_ids)
    mask[1, 8:] = 0
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    config = OnnxConfig(dynamic_shapes={"input_ids": axes, "attention_mask": axes})
    with quiet_libraries():
        exported = OnnxExporter().export(model, {"input_ids": token_ids, "attention_mask": mask}, config=config)
        folder = graph_path(subject, "float32", "plain").parent
        exported.save_pretrained(folder)
        graphs = [("float32", "plain")]
        _save(folder / "model.onnx", graph_path(subject, "float32", "plain"), fused=False)
        try:
            _save(folder / "model.onnx", graph_path(subject, "float32", "fused"), fused=True)
            graphs.append(("float32", "fused"))
        except ImportError:  # a transformers that has no fusions
            pass
        for _, variant in list(graphs):
            _quantise(graph_path(subject, "float32", variant), graph_path(subject, "int8", variant))
            graphs.append(("int8", variant))
    desk.report(graphs)


def _save(source: Path, target: Path, *, fused: bool) -> None:
    import onnx_ir

    graph: Any = onnx_ir.load(str(source))
    if fused:
        from transformers.exporters.onnxruntime_fusions import fuse_for_onnxruntime

        fuse_for_onnxruntime(graph, "cpu")
    onnx_ir.save(graph, str(target), external_data=f"{target.name}.data")


def _quantise(source: Path, target: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    proto = onnx.load(str(source), load_external_data=False)
    weights = {weight.name for weight in proto.graph.initializer}
    kept = [info for info in proto.graph.value_info if info.name not in weights]
    del proto.graph.value_info[:]  # shapes of weights, which quantisation transposes: onnx would refuse the result
    proto.graph.value_info.extend(kept)
    stripped = source.with_suffix(".stripped.onnx")
    onnx.save(proto, str(stripped))
    quantize_dynamic(
        str(stripped), str(target), per_channel=True, weight_type=QuantType.QInt8, use_external_data_format=True
    )
