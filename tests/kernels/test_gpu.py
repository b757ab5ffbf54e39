"""The Triton passes give what their definitions give."""

import pytest
import torch

from tunelet.kernels import Norm
from tunelet.kernels._finish import finish, reference_finish
from tunelet.kernels._gated import (
    activate_gated,
    activate_gated_backward,
    reference_activate_gated,
    reference_activate_gated_backward,
)
from tunelet.kernels._gelu import activate, activate_backward, reference_activate, reference_activate_backward
from tunelet.kernels._norm import add_norm, norm_backward, reference_add_norm, reference_norm_backward
from tunelet.kernels._rotary import reference_rotate, rotate
from tunelet.kernels._seqlens import DeviceSeqlens, positions_of

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")

GPU = torch.device("cuda")
SHAPES = [(1, 384), (37, 768), (5, 100)]
DTYPES = [torch.float32, torch.bfloat16]


def draw(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))).to(dtype)


def near(found: torch.Tensor, expected: torch.Tensor) -> None:
    rounding = 1e-4 if expected.dtype == torch.float32 else 0.02
    torch.testing.assert_close(found.cpu(), expected, rtol=rounding, atol=rounding)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("rows", "n"), SHAPES)
def test_norms(rows, n, dtype):
    y, residual, bias = draw(rows, n, dtype=dtype), draw(rows, n, dtype=dtype), draw(n)
    norm = Norm(draw(n), draw(n), 1e-5)
    on_gpu = Norm(norm.weight.to(GPU), norm.bias.to(GPU), 1e-5)
    expected = reference_add_norm(y, residual, norm, scale=None, bias=bias, quantised=False)
    found = add_norm(y.to(GPU), residual.to(GPU), on_gpu, scale=None, bias=bias.to(GPU), quantised=False)
    for name in ("sum", "out", "mean", "inverse"):
        near(getattr(found, name), getattr(expected, name))
    gradient = draw(rows, n, dtype=dtype)
    for past in ({}, {"residual": residual}, {"skip": residual}):
        there = {name: tensor.to(GPU) for name, tensor in past.items()}
        wanted, _ = reference_norm_backward(gradient, expected, norm, quantised=False, **past)
        computed, _ = norm_backward(gradient.to(GPU), found, on_gpu, quantised=False, **there)
        near(computed, wanted)


@pytest.mark.parametrize("tanh", [False, True])
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("rows", "n"), SHAPES)
def test_activations(rows, n, dtype, gated, tanh):
    forward, backward = (activate_gated, activate_gated_backward) if gated else (activate, activate_backward)
    reference, reference_backward = (
        (reference_activate_gated, reference_activate_gated_backward)
        if gated
        else (reference_activate, reference_activate_backward)
    )
    wide = 2 * n if gated else n
    y, bias, gradient = draw(rows, wide, dtype=dtype), draw(wide), draw(rows, n, dtype=dtype)
    options = {"scale": None, "tanh": tanh, "plain": True, "quantised": False}
    expected = reference(y, bias=bias, **options)
    found = forward(y.to(GPU), bias=bias.to(GPU), **options)
    near(found.out, expected.out)
    wanted, _ = reference_backward(gradient, expected, scale=None, tanh=tanh, quantised=False)
    computed, _ = backward(gradient.to(GPU), found, scale=None, tanh=tanh, quantised=False)
    near(computed, wanted)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("rows", "n"), SHAPES)
def test_finish_reads_columns_of_a_wider_matrix(rows, n, dtype):
    wide, bias, residual = draw(rows, 3 * n, dtype=dtype), draw(n), draw(rows, n, dtype=dtype)
    low, high = draw(rows, 16)[:, 8:], draw(8, n)
    for given in (
        {"bias": bias},
        {"bias": bias, "low": low, "high": high},
        {"residual": residual, "low": low, "high": high},
    ):
        place = wide.to(GPU)
        there = {name: tensor.to(GPU) for name, tensor in given.items()}
        if "low" in given:
            there["low"] = draw(rows, 16).to(GPU)[:, 8:]
        near(finish(place[:, n : 2 * n], **there), reference_finish(wide[:, n : 2 * n], **given))
        torch.testing.assert_close(place[:, :n].cpu(), wide[:, :n])  # the other columns stay as they were


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("inverse", [False, True])
def test_rotate(dtype, inverse):
    lengths, heads, d = (3, 40, 1), 6, 32
    x, turns = draw(sum(lengths), 3 * heads, d, dtype=dtype), draw(64, d)
    expected = reference_rotate(x[:, : 2 * heads], turns, lengths, inverse=inverse)
    seqlens = DeviceSeqlens.of(lengths, positions_of(lengths).to(GPU))
    near(rotate(x.to(GPU)[:, : 2 * heads], turns.to(GPU), seqlens, inverse=inverse), expected)
