"""Residual and layer normalisation behind a product, compiled and not, against autograd on the plain definition."""

import pytest
import torch
import torch.nn.functional as F

from tensors import assert_near, random_tensor
from tunelet.kernels import Norm
from tunelet.kernels._norm import add_norm, norm_backward

DTYPES = [torch.float32, torch.bfloat16]
SIZES = [(1, 2), (1, 384), (5, 33), (512, 96), (3, 1024)]


def norm_of(n: int, epsilon: float = 1e-12) -> Norm:
    return Norm(1 + random_tensor(n, seed=11, spread=0.3), random_tensor(n, seed=12), epsilon)


def definition(y, residual, scale, bias, norm: Norm) -> tuple[torch.Tensor, torch.Tensor]:
    """The sum, which requires a gradient, and what is normalised, in float32."""
    total = (y.float() * (1 if scale is None else scale[:, None]) + bias + residual.float()).requires_grad_()
    return total, F.layer_norm(total, total.shape[1:], norm.weight, norm.bias, norm.epsilon)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("epsilon", [1e-12, 1e-5])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_values_and_gradients_are_those_of_autograd(way, size, epsilon, scaled, dtype):
    y, residual, upstream, more = (random_tensor(*size, dtype=dtype, seed=seed) for seed in range(4))
    scale = random_tensor(size[0], seed=5).abs() + 0.5 if scaled else None
    bias, norm = random_tensor(size[1], seed=6), norm_of(size[1], epsilon)
    total, out = definition(y, residual, scale, bias, norm)
    found = add_norm(y.clone(), residual, norm, scale=scale, bias=bias, quantised=False)
    assert found.quantised is None
    assert found.sum.dtype == found.out.dtype == dtype
    assert_near(found.sum, total)
    assert_near(found.out, out)
    assert_near(found.mean, total.mean(dim=1), 1e-4)
    incoming = upstream.float() * (1 if scale is None else scale[:, None]) + more.float()
    (expected,) = torch.autograd.grad(out, total, incoming)
    gradient, none = norm_backward(upstream.clone(), found, norm, scale=scale, residual=more, quantised=False)
    assert none is None
    assert gradient.dtype == dtype
    if size[1] == 2:  # two features are always 1 and -1: their gradient is zero but for rounding
        assert gradient.abs().max() <= 1e-2 * incoming.abs().max()
    else:
        assert_near(gradient, expected, 2e-2 if dtype == torch.bfloat16 else 1e-5)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_gradients_without_a_scale_or_a_residual_are_those_of_autograd(way, dtype):
    y, residual, upstream = (random_tensor(7, 64, dtype=dtype, seed=seed) for seed in range(3))
    bias, norm = random_tensor(64, seed=6), norm_of(64)
    total, out = definition(y, residual, None, bias, norm)
    (expected,) = torch.autograd.grad(out, total, upstream.float())
    found = add_norm(y.clone(), residual, norm, scale=None, bias=bias, quantised=False)
    gradient, _ = norm_backward(upstream.clone(), found, norm, quantised=False)
    assert_near(gradient, expected, 2e-2 if dtype == torch.bfloat16 else 1e-5)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_bytes_are_those_of_the_same_values(way, dtype):
    y, residual, upstream = (random_tensor(7, 64, dtype=dtype, seed=seed) for seed in range(3))
    bias, norm = random_tensor(64, seed=6), norm_of(64)
    total, out = definition(y, residual, None, bias, norm)
    (expected,) = torch.autograd.grad(out, total, upstream.float())
    found = add_norm(y.clone(), residual, norm, scale=None, bias=bias, quantised=True)
    _, d_bytes = norm_backward(upstream.clone(), found, norm, quantised=True)
    for quantised, wanted, given in ((found.quantised, out, 0.0), (d_bytes, expected, 1e-2)):
        assert quantised is not None
        error = (quantised.dequantise() - wanted).abs()
        # half a level; the gradient's x was rounded to the dtype besides
        assert (error <= 0.501 * quantised.scale[:, None] + given * wanted.abs().max()).all()


@pytest.mark.parametrize("epsilon", [1e-12, 1e-5])
def test_a_large_mean_takes_no_digits_of_the_deviations(way, epsilon):
    y, norm = random_tensor(4, 384), norm_of(384, epsilon)
    y = (y * 1024).round() / 1024  # so that adding 1024 is exact
    far = torch.full_like(y, 1024.0)
    bias = torch.zeros(384)
    near = add_norm(y.clone(), torch.zeros_like(y), norm, scale=None, bias=bias, quantised=False)
    away = add_norm(y.clone(), far, norm, scale=None, bias=bias, quantised=False)
    assert_near(away.out, near.out, 1e-4)


def test_rows_of_one_value_become_the_bias(way):
    norm = norm_of(64, 1e-5)
    same = torch.full((2, 64), 3.0)
    found = add_norm(same, torch.zeros(2, 64), norm, scale=None, bias=torch.zeros(64), quantised=False)
    assert_near(found.out, norm.bias.expand(2, 64))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_what_is_not_finite_makes_its_row_nan_and_no_other(way, bad, dtype):
    y, norm = random_tensor(3, 40, dtype=dtype), norm_of(40)
    y[1, 7] = bad
    found = add_norm(y, torch.zeros_like(y), norm, scale=None, bias=torch.zeros(40), quantised=True)
    assert found.quantised is not None
    gradient, d_bytes = norm_backward(random_tensor(3, 40, dtype=dtype), found, norm, quantised=True)
    assert d_bytes is not None
    for rows in (found.out[:, 0], found.quantised.scale, gradient[:, 0], d_bytes.scale):
        assert rows.isnan().tolist() == [False, True, False]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_same_inputs_give_the_same_bits_whatever_the_number_of_threads(library, dtype):
    before, results = torch.get_num_threads(), []
    norm, bias = norm_of(384), random_tensor(384)
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            y, residual = (random_tensor(50, 384, dtype=dtype, seed=seed) for seed in range(2))
            found = add_norm(y, residual, norm, scale=None, bias=bias, quantised=True)
            assert found.quantised is not None
            gradient, _ = norm_backward(residual.clone(), found, norm, quantised=False)
            results.append((found.sum, found.out, found.mean, found.inverse, found.quantised.bytes, gradient))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(once, other) for once, other in zip(*results, strict=True))
