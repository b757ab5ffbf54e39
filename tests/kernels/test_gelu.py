"""GELU and its gradient, compiled and not, against PyTorch's own and autograd."""

import pytest
import torch
import torch.nn.functional as F

from tensors import assert_bytes_of, assert_near, random_tensor
from tunelet.kernels._gelu import activate, activate_backward

DTYPES = [torch.float32, torch.bfloat16]
FORMS = pytest.mark.parametrize("tanh", [False, True], ids=["exact", "tanh"])
SIZES = [(1, 1), (1, 17), (5, 384), (512, 96)]


def expected_of(y, scale, bias, tanh, incoming) -> tuple[torch.Tensor, torch.Tensor]:
    """GELU and the gradient of its argument, in float32 by autograd."""
    x = (y.float() * (1 if scale is None else scale[:, None]) + bias).requires_grad_()
    out = F.gelu(x, approximate="tanh" if tanh else "none")
    return out.detach(), torch.autograd.grad(out, x, incoming)[0]


@FORMS
def test_every_value_and_slope_from_minus_30_to_30_is_that_of_pytorch(way, tanh):
    x = torch.linspace(-30, 30, 60_001).view(1, -1)
    nothing = torch.zeros(x.shape[1])
    value, slope = expected_of(x, None, nothing, tanh, torch.ones_like(x))
    found = activate(x, scale=None, bias=nothing, tanh=tanh, plain=True, quantised=False)
    assert found.out is not None
    assert (found.out - value).abs().max() < 2e-6
    gradient, _ = activate_backward(torch.ones_like(x), found, scale=None, tanh=tanh, quantised=False)
    assert (gradient - slope).abs().max() < 4e-6  # PyTorch's own is 1e-6 from the truth with tanh


@FORMS
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_values_and_gradients_behind_a_product_are_those_of_autograd(way, size, scaled, dtype, tanh):
    y, upstream = (random_tensor(*size, dtype=dtype, seed=seed) for seed in (1, 2))
    scale, d_scale = (random_tensor(size[0], seed=seed).abs() + 0.5 if scaled else None for seed in (3, 4))
    bias = random_tensor(size[1], seed=5)
    incoming = upstream.float() * (1 if d_scale is None else d_scale[:, None])
    out, gradient = expected_of(y, scale, bias, tanh, incoming)
    found = activate(y.clone(), scale=scale, bias=bias, tanh=tanh, plain=True, quantised=False)
    assert found.out is not None
    assert found.quantised is None
    assert found.out.dtype == dtype
    assert_near(found.out, out)
    d_x, none = activate_backward(upstream.clone(), found, scale=d_scale, tanh=tanh, quantised=False)
    assert none is None
    assert d_x.dtype == dtype
    assert_near(d_x, gradient)


@FORMS
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("plain", [False, True])
def test_bytes_are_those_of_the_same_values(way, plain, dtype, tanh):
    y, upstream, bias = random_tensor(9, 40, dtype=dtype), random_tensor(9, 40, dtype=dtype, seed=1), random_tensor(40)
    scale, d_scale = (random_tensor(9, seed=seed).abs() for seed in (3, 4))
    out, gradient = expected_of(y, scale, bias, tanh, upstream.float() * d_scale[:, None])
    found = activate(y.clone(), scale=scale, bias=bias, tanh=tanh, plain=plain, quantised=True)
    assert (found.out is None) != plain
    if found.out is not None:
        assert_near(found.out, out)
    assert_bytes_of(found.quantised, out)
    d_x, d_bytes = activate_backward(upstream.clone(), found, scale=d_scale, tanh=tanh, quantised=True)
    assert_near(d_x, gradient)
    assert_bytes_of(d_bytes, gradient)


@FORMS
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("quantised", [False, True])
def test_a_nan_is_seen_in_its_row_forward_and_backward(way, quantised, dtype, tanh):
    y = random_tensor(3, 40, dtype=dtype)
    y[1, 7] = torch.nan
    found = activate(y, scale=None, bias=torch.zeros(40), tanh=tanh, plain=True, quantised=quantised)
    assert found.out is not None
    ones = torch.ones(3, 40, dtype=dtype)
    gradient, d_bytes = activate_backward(ones, found, scale=None, tanh=tanh, quantised=quantised)
    assert found.out.isnan().nonzero().tolist() == gradient.isnan().nonzero().tolist() == [[1, 7]]
    if quantised:
        assert found.quantised is not None
        assert d_bytes is not None
        for scale in (found.quantised.scale, d_bytes.scale):
            assert scale.isnan().tolist() == [False, True, False]


@FORMS
def test_the_same_inputs_give_the_same_bits_whatever_the_number_of_threads(library, tanh):
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            y, bias = random_tensor(50, 384), random_tensor(384, seed=1)
            found = activate(y, scale=None, bias=bias, tanh=tanh, plain=True, quantised=True)
            assert found.quantised is not None
            gradient, _ = activate_backward(random_tensor(50, 384), found, scale=None, tanh=tanh, quantised=False)
            results.append((found.out, found.quantised.bytes, gradient))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(once, other) for once, other in zip(*results, strict=True))
