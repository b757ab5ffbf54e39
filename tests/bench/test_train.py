"""`tunelet bench train` on a tiny encoder: real Trainer, real PEFT, real loop, every arm with a rate."""

import json
from dataclasses import replace
from typing import Any

import pytest

from command_line import run
from tunelet.bench import TrainBench, bench_train
from tunelet.bench._train import runnable, tunelet_precisions
from tunelet.bench.harness._arms import Arms

pytestmark = pytest.mark.slow

STOCK = ("stock", "best", "best without dropout")
ARMS = {*STOCK, *(f"tunelet {how}" for how in ("float32", "float32, mean", "bfloat16", "bfloat16, mean"))}


def test_the_document_is_json_and_says_where_it_was_measured(train_document):
    assert json.loads(json.dumps(train_document, allow_nan=False)) == train_document
    assert train_document["kind"] == "train"
    assert train_document["settings"]["batch_size"] == 4
    assert {"torch", "transformers", "peft", "tunelet"} <= set(train_document["versions"])
    assert train_document["machine"]["threads"] >= 1
    assert {"commit", "dirty", "date", "seconds"} <= set(train_document)


def test_every_arm_has_rates_ratios_and_memory_of_its_own(train_document):
    (model,) = train_document["models"]
    arms = {arm["name"]: arm for arm in model["arms"]}
    assert set(arms) == ARMS
    for name, arm in arms.items():
        assert arm["failure"] is None
        rate = arm["tokens_per_second"]
        assert 0 < rate["low"] <= rate["median"] <= rate["high"]
        reviews = arm["reviews_per_second"]["median"]
        assert reviews == pytest.approx(rate["median"] / model["texts"]["mean_tokens"])
        for other in STOCK:
            assert arm["times"][other] == pytest.approx(rate["median"] / arms[other]["tokens_per_second"]["median"])
        assert 0 < arm["fraction_of_ceiling"] < 1
        assert arm["baseline_memory_bytes"] < arm["peak_memory_bytes"]
        assert len(arm["turns"][0]["losses"]) == (1 if name in STOCK else 4)
    assert arms["stock"]["setting"] == "float32, max padding, sdpa"
    assert arms["tunelet bfloat16"]["choices"]["precision"]["value"] == "bfloat16"
    assert arms["tunelet bfloat16, mean"]["fraction_of_ceiling"] > 0


def test_the_best_stock_settings_are_the_fastest_of_the_trials_with_and_without_dropout(train_document):
    (model,) = train_document["models"]
    trials = [trial for trial in model["trials"] if trial["tokens_per_second"] and not trial["given_up"]]
    for name, dropout in (("best", True), ("best without dropout", False)):
        best = max(
            (trial for trial in trials if trial["setting"]["dropout"] is dropout),
            key=lambda trial: trial["tokens_per_second"],
        )
        arm = next(arm for arm in model["arms"] if arm["name"] == name)
        assert arm["setting"] == best["name"]
    tried = [trial["setting"] for trial in model["trials"]]
    assert {setting["attention"] for setting in tried} == {"sdpa", "eager"}
    assert {setting["grouped"] for setting in tried} == {True, False}
    assert {setting["dropout"] for setting in tried} == {True, False}


def test_losses_side_by_side_are_the_same_in_float32(train_document):
    parity = train_document["models"][0]["parity"]
    assert len(parity["stock"]) == 4
    assert parity["tunelet"]["float32"]["difference"]["relative"] < 1e-4
    assert parity["tunelet"]["bfloat16"]["difference"]["relative"] < 0.02


def test_work_and_ceilings_are_told(train_document):
    (model,) = train_document["models"]
    assert model["shape"] == {"layers": 3, "hidden": 32, "ffn": 64, "heads": 4}
    assert 0 < model["work_per_review"]["frozen"] < model["work_per_review"]["total"]
    for ceiling in model["ceilings"].values():
        assert ceiling["gflops"] == max(kernel["high"] for kernel in ceiling["kernels"].values())


def test_precisions_are_those_of_the_recipe():
    assert {"float32", "bfloat16"} <= set(tunelet_precisions())
    assert "auto" not in tunelet_precisions()


def test_precisions_without_instructions_are_skipped_with_the_reason_unless_named(subjects):
    _, facts = subjects("distilbert", False)
    weak = replace(facts, refused={"bfloat16": "no instructions", "int8": "none either"})
    assert runnable(weak) == ("float32",)
    said: list[str] = []
    arms = Arms(said.append)
    arms.skip(weak.refused, named=())
    assert said == ["tunelet bfloat16: not measured: no instructions", "tunelet int8: not measured: none either"]
    assert [(arm.name, arm.failure) for arm in arms.results(10.0, {}, ())] == [
        ("tunelet bfloat16", "not measured: no instructions"), ("tunelet int8", "not measured: none either"),
    ]  # fmt: skip
    named = Arms(said.append)
    named.skip(weak.refused, named=("int8",))
    assert said[-1] == "tunelet int8: asked for, but slow here: none either"
    assert named.results(10.0, {}, ()) == []


def test_a_processor_without_bfloat16_is_measured_in_float32_and_int8(tiny_checkpoint):
    """The whole command under PyTorch's own restriction to AVX2."""
    small = ("--model", tiny_checkpoint("distilbert"), "--data", "sample", "--batch-size", "2", "--steps", "1")
    done = run(
        "bench", "train", *small, "--turns", "1", "--arms", "tunelet", "--json",
        ATEN_CPU_CAPABILITY="avx2", ONEDNN_MAX_CPU_ISA="AVX2",
    )  # fmt: skip
    assert done.status == 0, done
    (model,) = json.loads(done.stdout)["models"]
    failures = {arm["name"]: arm["failure"] for arm in model["arms"]}
    assert failures["tunelet float32"] is None
    assert failures["tunelet bfloat16"] == "not measured: the processor has no bfloat16 instructions"
    assert failures["tunelet int8"] is None  # by the compiled kernel


def test_an_arm_that_cannot_run_is_written_down_and_the_others_go_on(subjects, tiny_checkpoint):
    # DeBERTa runs layer by layer: not in int8.
    settings = TrainBench(
        models=(str(tiny_checkpoint("deberta-v2")),), data="sample", batch_size=2, steps=1, turns=1,
        arms=("tunelet",), precisions=("float32", "int8"),
    )  # fmt: skip
    (model,) = bench_train(settings)["models"]
    arms = {arm["name"]: arm for arm in model["arms"]}
    assert arms["tunelet float32"]["reviews_per_second"]["median"] > 0
    assert arms["tunelet int8"]["reviews_per_second"] is None
    assert "int8" in arms["tunelet int8"]["failure"]


def test_an_interrupted_search_keeps_its_trials_and_says_which_arms_had_no_turn(tiny_checkpoint):
    settings = TrainBench(
        models=(str(tiny_checkpoint("distilbert")),), data="sample", batch_size=2, steps=1, turns=1, arms=("best",),
    )  # fmt: skip
    kept: list[dict[str, Any]] = []

    def press(line: str) -> None:
        if "turn 1 of 1" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench_train(replace(settings, compile=False), press, kept.append)
    (model,) = kept[-1]["models"]
    assert len(model["trials"]) >= 4
    assert {arm["failure"] for arm in model["arms"]} == {"not measured: interrupted before its turn"}
