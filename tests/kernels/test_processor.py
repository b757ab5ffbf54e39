"""PyTorch's own switches restrict tunelet's choices as well: no precision runs in oneDNN's reference code unasked."""

import platform

import pytest
import torch

from tunelet.kernels import features, native
from tunelet.kernels._native import _flags
from tunelet.kernels._processor import forbidden_wide_vectors
from tunelet.model import choose_precision, refused_precisions

SERVER = dict.fromkeys(
    ("avx", "avx2", "avx512_f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_bf16", "amx_int8"), True
)


@pytest.fixture(autouse=True)
def server(monkeypatch):
    """A processor that has everything, and an environment that forbids nothing."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: SERVER | {"architecture": "x86_64"})
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.delenv("ATEN_CPU_CAPABILITY", raising=False)


def test_without_switches_it_is_what_the_processor_has():
    assert {name for name, there in features().items() if there} == set(SERVER)
    assert choose_precision("auto", torch.device("cpu"), frozen=True).value == "bfloat16"
    assert refused_precisions(torch.device("cpu")) == {}
    assert "-mno-avx512f" not in _flags()


@pytest.mark.parametrize(
    ("isa", "left"),
    [
        ("SSE41", set()),
        ("AVX", {"avx"}),
        ("avx2", {"avx", "avx2"}),
        ("AVX2_VNNI", {"avx", "avx2", "avx_vnni"}),
        ("AVX512_CORE", {"avx", "avx2", "avx512_f"}),
        ("AVX512_CORE_VNNI", {"avx", "avx2", "avx512_f", "avx512_vnni", "avx_vnni"}),
        ("AVX512_CORE_BF16", {"avx", "avx2", "avx512_f", "avx512_vnni", "avx512_bf16", "avx_vnni"}),
        ("ALL", set(SERVER)),
    ],
)
def test_a_limit_of_onednn_hides_what_lies_beyond_it(monkeypatch, isa, left):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", isa)
    assert {name for name, there in features().items() if there} == left


def test_where_avx_512_is_forbidden_nothing_is_chosen_or_built_that_needs_it(monkeypatch):
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    assert choose_precision("auto", torch.device("cpu"), frozen=True).value == "float32"
    assert set(refused_precisions(torch.device("cpu"))) == {"bfloat16"} | (
        {"int8"} if native().value is None else set()
    )
    assert forbidden_wide_vectors()
    assert "-mno-avx512f" in _flags()


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        (("bf16", "dot"), "-march=armv8.2-a+bf16+dotprod"),
        (("dot",), "-march=armv8.2-a+dotprod"),
        ((), "-march=armv8-a"),
    ],
)
def test_on_arm_the_build_is_for_what_the_processor_has(monkeypatch, has, expected):
    there = dict.fromkeys(("neon", *has), True) | {"architecture": "aarch64"}
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: there)
    assert [flag for flag in _flags() if flag.startswith("-march")] == [expected]
