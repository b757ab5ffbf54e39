"""Attention of each text's first token, against that row of attention of all tokens."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensors import assert_near, random_tensor
from tunelet.kernels import reference_attention, without_native
from tunelet.kernels._first import attend_first, attend_first_backward

LENGTHS = [(1,), (7,), (512,), (1, 1, 1), (3, 40, 1, 17), tuple(range(1, 41))]
DTYPES = [torch.float32, torch.bfloat16]


def first_rows(lengths: tuple[int, ...]) -> torch.Tensor:
    return torch.tensor(lengths).cumsum(0) - torch.tensor(lengths)


def definition(query, key, value, lengths, scale, upstream) -> list[torch.Tensor]:
    """The rows of first tokens of `reference_attention`, in float32, and the gradients of what it reads."""
    inputs = [tensor.detach().float().requires_grad_() for tensor in (query, key, value)]
    firsts = first_rows(lengths)
    every_query = torch.zeros_like(inputs[1]).index_copy(0, firsts, inputs[0])
    output = reference_attention(every_query, inputs[1], inputs[2], lengths, scale=scale)[firsts]
    return [output, *torch.autograd.grad(output, inputs, upstream.float())]


def assert_defined(lengths: tuple[int, ...], heads: int, d: int, dtype: torch.dtype) -> None:
    n, total = len(lengths), sum(lengths)
    query, upstream = (random_tensor(n, heads, d, dtype=dtype, seed=seed) for seed in (1, 2))
    key, value = random_tensor(total, 2, heads, d, dtype=dtype, seed=3).unbind(1)  # views of one buffer, as in a layer
    output, attended = attend_first(query, key, value, lengths, scale=d**-0.5)
    d_query, joined = torch.empty_like(query), torch.full((total, 2, heads, d), torch.nan, dtype=dtype)
    d_key, d_value = joined.unbind(1)
    attend_first_backward(attended, upstream, d_query, d_key, d_value)
    expected = definition(query, key, value, lengths, d**-0.5, upstream)
    for found, wanted in zip((output, d_query, d_key, d_value), expected, strict=True):
        assert found.dtype == dtype
        if wanted.abs().max() < 1e-5:  # one token alone: its weight is 1 whatever query and key are
            assert found.abs().max() < 1e-5
        else:
            assert_near(found, wanted)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("lengths", LENGTHS, ids=lambda lengths: str(lengths[:5]))
@pytest.mark.parametrize(("heads", "d"), [(12, 32), (3, 64), (2, 16), (3, 8), (2, 24)])
def test_values_and_gradients_are_those_of_the_first_rows(way, lengths, heads, d, dtype):
    assert_defined(lengths, heads, d, dtype)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(1, 70), min_size=1, max_size=6).map(tuple), dtype=st.sampled_from(DTYPES))
def test_texts_of_any_lengths_are_those_of_the_first_rows(way, lengths, dtype):
    assert_defined(lengths, 2, 32, dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_gradient_of_keys_that_is_not_wanted_is_not_written_and_changes_no_other(way, dtype):
    lengths = (9, 30)
    query, upstream = (random_tensor(2, 2, 32, dtype=dtype, seed=seed) for seed in (1, 2))
    key, value = random_tensor(39, 2, 2, 32, dtype=dtype, seed=3).unbind(1)
    _, attended = attend_first(query, key, value, lengths, scale=0.2)
    results = []
    for wants_key in (True, False):
        d_query, joined = torch.empty_like(query), torch.full((39, 2, 2, 32), 7.0, dtype=dtype)
        d_key, d_value = joined.unbind(1)
        attend_first_backward(attended, upstream, d_query, d_key if wants_key else None, d_value)
        results.append((d_query, d_key, d_value))
    (d_query, _, d_value), (same_query, untouched, same_value) = results
    assert torch.equal(d_query, same_query)
    assert torch.equal(d_value, same_value)
    assert (untouched == 7.0).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_compiled_kernel_leaves_the_weights_that_pytorch_leaves(library, dtype):
    inputs = (random_tensor(3, 2, 32, dtype=dtype), *random_tensor(60, 2, 2, 32, dtype=dtype, seed=1).unbind(1))
    _, compiled = attend_first(*inputs, (20, 1, 39), scale=0.2)
    with without_native():
        _, plain = attend_first(*inputs, (20, 1, 39), scale=0.2)
    assert compiled.weights.dtype == plain.weights.dtype == torch.float32
    assert_near(compiled.weights, plain.weights, 1e-5)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_scores_of_thousands_stay_finite_and_a_nan_is_seen(way, dtype):
    query, key, value = (random_tensor(n, 2, 32, dtype=dtype, seed=n, spread=30.0) for n in (2, 40, 40))
    output, _ = attend_first(query, key, value, (33, 7), scale=1.0)
    assert output.isfinite().all()
    value[35, 0, 3] = torch.nan
    output, _ = attend_first(query, key, value, (33, 7), scale=1.0)
    assert output.isnan().nonzero().tolist() == [[1, 0, 3]]


def test_the_same_inputs_give_the_same_bits_whatever_the_number_of_threads(library):
    lengths = (40, 3, 17, 64, 1)
    query, upstream = (random_tensor(5, 4, 32, seed=seed) for seed in (1, 2))
    key, value = random_tensor(sum(lengths), 2, 4, 32, seed=3).unbind(1)
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            output, attended = attend_first(query, key, value, lengths, scale=0.2)
            d_query, joined = torch.empty_like(query), torch.empty(sum(lengths), 2, 4, 32)
            attend_first_backward(attended, upstream, d_query, *joined.unbind(1))
            results.append((output, attended.weights, d_query, joined))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(once, other) for once, other in zip(*results, strict=True))
