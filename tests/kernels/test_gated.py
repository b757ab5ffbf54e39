"""Gated GELU and its gradient, compiled and not, against PyTorch's own and autograd."""

import pytest
import torch
import torch.nn.functional as F

from tensors import assert_bytes_of, assert_near, random_tensor
from tunelet.kernels._gated import activate_gated, activate_gated_backward

DTYPES = [torch.float32, torch.bfloat16]
FORMS = pytest.mark.parametrize("tanh", [False, True], ids=["exact", "tanh"])


def expected_of(y, scale, bias, tanh, incoming) -> tuple[torch.Tensor, torch.Tensor]:
    """The result and the gradient of its argument, in float32 by autograd."""
    x = (y.float() * (1 if scale is None else scale[:, None]) + bias).requires_grad_()
    u, gate = x.chunk(2, dim=1)
    out = F.gelu(u, approximate="tanh" if tanh else "none") * gate
    return out.detach(), torch.autograd.grad(out, x, incoming)[0]


@FORMS
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (1, 17), (5, 384), (300, 96)], ids=str)
def test_values_and_gradients_behind_a_product_are_those_of_autograd(way, size, scaled, dtype, tanh):
    rows, n = size
    y, upstream = random_tensor(rows, 2 * n, dtype=dtype, seed=1), random_tensor(rows, n, dtype=dtype, seed=2)
    scale, d_scale = (random_tensor(rows, seed=seed).abs() + 0.5 if scaled else None for seed in (3, 4))
    bias = random_tensor(2 * n, seed=5)
    incoming = upstream.float() * (1 if d_scale is None else d_scale[:, None])
    out, gradient = expected_of(y, scale, bias, tanh, incoming)
    found = activate_gated(y.clone(), scale=scale, bias=bias, tanh=tanh, plain=True, quantised=False)
    assert found.out is not None
    assert found.quantised is None
    assert found.out.dtype == dtype
    assert_near(found.out, out)
    d_y, none = activate_gated_backward(upstream.clone(), found, scale=d_scale, tanh=tanh, quantised=False)
    assert none is None
    assert d_y.dtype == dtype
    assert_near(d_y, gradient)


@FORMS
@pytest.mark.parametrize("plain", [False, True])
def test_bytes_are_those_of_the_same_values(way, plain, tanh):
    y, upstream, bias = random_tensor(9, 80), random_tensor(9, 40, seed=1), random_tensor(80, seed=2)
    scale, d_scale = (random_tensor(9, seed=seed).abs() for seed in (3, 4))
    out, gradient = expected_of(y, scale, bias, tanh, upstream * d_scale[:, None])
    found = activate_gated(y.clone(), scale=scale, bias=bias, tanh=tanh, plain=plain, quantised=True)
    assert (found.out is None) != plain
    assert_bytes_of(found.quantised, out)
    d_y, d_bytes = activate_gated_backward(upstream.clone(), found, scale=d_scale, tanh=tanh, quantised=True)
    assert_near(d_y, gradient)
    assert_bytes_of(d_bytes, gradient)


def test_a_nan_is_seen_where_it_is_read(way):
    y = random_tensor(3, 80)
    y[1, 7] = torch.nan
    found = activate_gated(y, scale=None, bias=torch.zeros(80), tanh=False, plain=True, quantised=False)
    assert found.out is not None
    gradient, _ = activate_gated_backward(torch.ones(3, 40), found, scale=None, tanh=False, quantised=False)
    assert found.out.isnan().nonzero().tolist() == [[1, 7]]
    assert gradient.isnan().nonzero().tolist() == [[1, 7], [1, 47]]
