"""`tunelet bench predict` on a tiny encoder: every way to classify agrees with stock float32."""

import importlib.util

import numpy as np
import pytest

from tunelet.bench import PredictBench, bench_predict
from tunelet.bench.harness._worker import Worker, run_once
from tunelet.bench.rivals._onnx import export_job, graph_path
from tunelet.bench.rivals._predict_settings import PredictSetting
from tunelet.bench.rivals._prediction import classify_job

pytestmark = pytest.mark.slow

NEEDS_ONNX = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime", "onnxscript")),
    reason="needs tunelet[export]",
)


def test_every_arm_has_rates_and_agrees_with_stock_float32(predict_document):
    (model,) = predict_document["models"]
    arms = {arm["name"]: arm for arm in model["arms"]}
    assert {"pipeline", "transformers float32", "tunelet float32", "tunelet bfloat16"} <= set(arms)
    assert arms["transformers float32"]["agreement"] is None
    for name, arm in arms.items():
        assert arm["failure"] is None
        assert arm["reviews_per_second"]["median"] > 0
        assert arm["times"]["pipeline"] > 0
        if name != "transformers float32":
            assert arm["agreement"]["probability"] < (1e-5 if "bfloat16" not in name else 0.05)
    assert arms["tunelet float32"]["agreement"]["labels"] == 1.0


def test_batch_sizes_and_attention_were_tried(predict_document):
    tried = [trial["setting"] for trial in predict_document["models"][0]["trials"]]
    assert {setting["variant"] for setting in tried} == {"sdpa", "eager"}
    assert all(trial["tokens_per_second"] > 0 for trial in predict_document["models"][0]["trials"])


@NEEDS_ONNX
def test_onnx_graphs_give_the_same_probabilities(subjects):
    subject, facts = subjects("bert", False)
    graphs = run_once(export_job, subject)
    assert {("float32", "plain"), ("int8", "plain")} <= set(graphs)
    rows = list(range(6))

    def classified(setting: PredictSetting) -> np.ndarray:
        with Worker(classify_job, subject, setting, [rows], facts.max_length) as worker:
            return worker.ask().probabilities

    stock = classified(PredictSetting("transformers", "float32", "sdpa", 4))
    assert all(graph_path(subject, *graph).is_file() for graph in graphs)
    for precision, variant in (graphs[-1], next(graph for graph in graphs if graph[0] == "float32")):
        found = classified(PredictSetting("onnx", precision, variant, 4))
        assert np.abs(found - stock).max() < (1e-5 if precision == "float32" else 0.05)


def test_without_onnx_its_arms_say_what_to_install(tiny_checkpoint, subjects, monkeypatch):
    from tunelet.bench import _predict

    monkeypatch.setattr(_predict, "installed", lambda: False)
    settings = PredictBench(
        models=(str(tiny_checkpoint("distilbert")),), data="sample", texts=4, turns=1, arms=("onnx",)
    )
    (model,) = bench_predict(settings)["models"]
    assert {arm["name"]: arm["failure"] for arm in model["arms"]} == {
        f"onnx {precision}": "not measured: pip install 'tunelet[export]'" for precision in ("float32", "int8")
    }
