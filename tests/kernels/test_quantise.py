"""Activations as bytes: what is lost, and what must not be."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensors import random_tensor
from tunelet.kernels._quantise import Quantised, quantise, reference_quantise

DTYPES = [torch.float32, torch.bfloat16]


def assert_half_a_level(x: torch.Tensor, found: Quantised) -> None:
    assert found.bytes.dtype == torch.uint8
    assert found.scale.dtype == torch.float32
    assert found.bytes.shape == x.shape
    assert int(found.bytes.min()) >= 1
    error = (found.dequantise() - x.float()).abs()
    assert (error <= 0.5001 * found.scale[:, None]).all()  # a level is `scale` wide


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(1, 9),
    n=st.integers(1, 100),
    power=st.integers(-20, 20),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 9),
)
def test_a_round_trip_loses_at_most_half_a_level(way, rows, n, power, dtype, seed):
    x = random_tensor(rows, n, dtype=dtype, seed=seed, spread=10.0**power)
    assert_half_a_level(x, quantise(x))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(1, 1), (1, 384), (512, 384), (7, 3072)], ids=str)
def test_the_compiled_kernel_gives_the_bytes_of_the_definition(library, shape, dtype):
    x = random_tensor(*shape, dtype=dtype)
    found, expected = quantise(x), reference_quantise(x)
    torch.testing.assert_close(found.scale, expected.scale, rtol=1e-6, atol=0)
    assert (found.bytes.int() - expected.bytes.int()).abs().max() <= 1  # what lies between two levels may go either way
    assert (found.bytes != expected.bytes).float().mean() < 1e-3


def test_the_largest_magnitude_of_a_row_is_an_outermost_byte(way):
    found = quantise(torch.tensor([[1.0, -4.0, 0.0], [0.25, 0.5, 0.5]]))
    assert found.bytes.tolist() == [[160, 1, 128], [192, 255, 255]]
    torch.testing.assert_close(found.scale, torch.tensor([4.0, 0.5]) / 127)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_rows_of_zeros_stay_zeros(way, dtype):
    x = random_tensor(3, 40, dtype=dtype)
    x[1] = 0
    found = quantise(x)
    assert found.scale[1] == 0
    assert (found.bytes[1] == 128).all()
    assert_half_a_level(x, found)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_an_outlier_takes_the_levels_of_its_own_row_alone(way, dtype):
    x = random_tensor(3, 384, dtype=dtype)
    alone = quantise(x)
    x[1, 7] = 1e4
    found = quantise(x)
    assert found.bytes[1, 7] == 255
    assert torch.equal(found.bytes[::2], alone.bytes[::2])
    assert torch.equal(found.scale[::2], alone.scale[::2])
    assert_half_a_level(x, found)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("place", [0, 5, 383])
def test_what_is_not_finite_makes_its_row_not_finite_and_no_other(way, bad, place, dtype):
    """No byte stands for NaN or infinity: the row's scale does, so that a diverged run shows in its loss."""
    x = random_tensor(3, 384, dtype=dtype)
    x[1, place] = bad
    found = quantise(x)
    assert not found.scale[1].isfinite()
    assert not found.dequantise()[1].isfinite().any()
    assert found.dequantise()[::2].isfinite().all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_views_of_some_columns_are_read_in_place(way, dtype):
    x = random_tensor(9, 3, 33, dtype=dtype)
    for view in (x[:, 1], x[:, 2], x[:, 0, ::2], x[:, 1].t()):
        found, expected = quantise(view), reference_quantise(view.contiguous())
        torch.testing.assert_close(found.scale, expected.scale, rtol=1e-6, atol=0)
        assert (found.bytes.int() - expected.bytes.int()).abs().max() <= 1
