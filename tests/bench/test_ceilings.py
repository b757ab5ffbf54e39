"""Ceilings are measured for every precision that the machine has a kernel for."""

import pytest

from tunelet.bench.harness._ceilings import measure_ceilings
from tunelet.bench.harness._flops import EncoderShape, Work
from tunelet.bench.harness._results import ceilings, ideal_seconds


def test_ceilings_are_positive_and_name_their_kernels():
    found = measure_ceilings(EncoderShape(2, 64, 128, 2), tokens=96)
    assert {"float32", "bfloat16"} <= set(found)
    for kernels in found.values():
        assert kernels
        assert all(0.01 < rate < 1e6 for rate in kernels.values())
    assert "torch.mm" in found["float32"]


def test_a_kernel_that_was_too_slow_to_be_timed_is_no_ceiling(monkeypatch):
    monkeypatch.setattr(
        "tunelet.bench.harness._ceilings._rate", lambda products, *_: 0.0 if len(products) > 1 else 1e-6
    )
    assert measure_ceilings(EncoderShape(2, 64, 128, 2), tokens=96) == {}


def test_the_ceiling_is_the_most_that_any_kernel_reached():
    turns = [
        {"float32": {"a": 100.0, "b": 180.0}},
        {"float32": {"a": 300.0, "b": 200.0}},
        {"float32": {"a": 90.0, "b": 190.0}},
    ]
    found = ceilings(turns)
    assert found["float32"]["gflops"] == 300.0
    assert found["float32"]["kernels"]["b"].median == 190.0


def test_in_int8_only_frozen_products_are_int8():
    found = {"float32": {"gflops": 100.0}, "bfloat16": {"gflops": 400.0}, "int8": {"gflops": 800.0}}
    ideal = ideal_seconds(Work(frozen=8e11, attention=3e11, adapter=1e11), found)
    assert ideal == pytest.approx({"float32": 12.0, "bfloat16": 3.0, "int8": 2.0})
