"""Packed attention, compiled and as batched products, against its definition and against each text alone."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensors import assert_near, random_tensor
from tunelet._choice import Choice
from tunelet.kernels import attention_kernel, packed_attention, reference_attention
from tunelet.kernels._attention import attend, attend_backward, has_native_attention

LENGTHS = [(1,), (7,), (512,), (1, 1, 1), (3, 40, 1, 17), (8, 16, 32, 15), (64, 511, 2)]  # some above a chunk of 256
DTYPES = [torch.float32, torch.bfloat16]


def random_inputs(tokens: int, heads: int, head_dim: int, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    return [random_tensor(tokens, heads, head_dim, dtype=dtype, seed=i).requires_grad_() for i in range(3)]


def values_and_gradients(function, inputs, lengths, **arguments) -> list[torch.Tensor]:
    """The output and the gradients of query, key and value; upstream is the same for every function."""
    output = function(*inputs, lengths, **arguments)
    upstream = random_tensor(*output.shape, dtype=inputs[0].dtype, seed=9).to(output.dtype)
    return [output, *torch.autograd.grad(output, inputs, upstream)]


def assert_defined(inputs, lengths, **arguments) -> None:
    ours = values_and_gradients(packed_attention, inputs, lengths, **arguments)
    exact = [tensor.detach().float().requires_grad_() for tensor in inputs]
    expected = values_and_gradients(reference_attention, exact, lengths, **arguments)
    # the gradients of query and key are differences of weights that nearly cancel where a text is one token
    fraction = 2e-2 if inputs[0].dtype == torch.bfloat16 else 1e-5
    for found, wanted in zip(ours, expected, strict=True):
        assert found.dtype == inputs[0].dtype
        alone = max(lengths) == 1 or arguments.get("window") == 1
        if alone and wanted is not expected[0] and wanted is not expected[3]:
            assert found.abs().max() <= fraction  # zero but for rounding, where a token sees itself alone
        else:
            assert_near(found, wanted, fraction)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize(("heads", "head_dim"), [(12, 32), (3, 64), (2, 16), (3, 8), (2, 24)])
def test_values_and_gradients_are_those_of_the_definition(way, lengths, heads, head_dim, dtype):
    inputs = random_inputs(sum(lengths), heads, head_dim, dtype)
    assert_defined(inputs, lengths, scale=head_dim**-0.5)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("lengths", [*LENGTHS, (700, 257)], ids=str)
@pytest.mark.parametrize("window", [1, 5, 65, 300])
def test_values_and_gradients_within_a_window_are_those_of_the_definition(way, lengths, window, dtype):
    assert_defined(random_inputs(sum(lengths), 2, 32, dtype), lengths, scale=32**-0.5, window=window)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(1, 900), window=st.integers(1, 950), dtype=st.sampled_from(DTYPES))
def test_any_window_of_a_text_of_any_length_is_that_of_the_definition(way, length, window, dtype):
    assert_defined(random_inputs(length, 1, 16, dtype), (length,), scale=0.25, window=window)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(1, 70), min_size=1, max_size=6).map(tuple), dtype=st.sampled_from(DTYPES))
def test_texts_of_any_lengths_are_those_of_the_definition(way, lengths, dtype):
    assert_defined(random_inputs(sum(lengths), 2, 32, dtype), lengths, scale=32**-0.5)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_many_texts_are_those_of_the_definition(way, dtype):
    lengths = tuple(range(1, 41)) * 3
    assert_defined(random_inputs(sum(lengths), 2, 16, dtype), lengths, scale=0.25)


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_bfloat16_stays_close_to_float32(way, lengths):
    exact = random_inputs(sum(lengths), 4, 32)
    rounded = [tensor.detach().bfloat16().requires_grad_() for tensor in exact]
    full, half = (
        values_and_gradients(packed_attention, inputs, lengths, scale=32**-0.5) for inputs in (exact, rounded)
    )
    for wanted, found in zip(full, half, strict=True):
        assert found.dtype == torch.bfloat16
        # bfloat16 keeps 8 bits; the largest error is compared with the largest value
        assert (found.float() - wanted).abs().max() <= 0.04 * wanted.abs().max().clamp_min(1e-3)


def test_definition_is_attention_on_each_text_alone():
    lengths = (5, 30, 1)
    query, key, value = random_inputs(sum(lengths), 4, 32)
    output = reference_attention(query, key, value, lengths, scale=32**-0.5)
    start = 0
    for length in lengths:
        alone = [tensor[start : start + length].transpose(0, 1)[None] for tensor in (query, key, value)]
        expected = F.scaled_dot_product_attention(*alone)[0].transpose(0, 1)
        torch.testing.assert_close(output[start : start + length], expected, rtol=1e-5, atol=1e-5)
        start += length


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_no_token_sees_another_text(way, dtype):
    inputs = random_inputs(10, 2, 32, dtype)
    before = packed_attention(*inputs, (4, 6), scale=1.0)
    changed = [tensor.detach().clone() for tensor in inputs]
    for tensor in changed:
        tensor[4:] = 100.0
    after = packed_attention(*changed, (4, 6), scale=1.0)
    torch.testing.assert_close(before[:4], after[:4], rtol=0, atol=0)


def test_dropout_keeps_the_expected_value():
    query, key, value = random_inputs(64, 2, 32)
    exact = packed_attention(query, key, value, (64,), scale=0.1)
    torch.manual_seed(0)
    draws = torch.stack([packed_attention(query, key, value, (64,), scale=0.1, dropout=0.3) for _ in range(400)])
    assert not torch.equal(draws[0], draws[1])
    assert (draws.mean(dim=0) - exact).abs().mean() < 0.02


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_compiled_kernel_takes_heads_of_multiples_of_16_and_refuses_others(library, dtype):
    if not library.has("attend", dtype):
        pytest.skip(f"this processor multiplies no 16 {dtype} at once: there is no compiled attention of all queries")
    taken = [d for d in (8, 16, 24, 32, 64) if has_native_attention(*random_inputs(5, 2, d, dtype))]
    assert taken == [16, 32, 64]
    assert not has_native_attention(*random_inputs(5, 2, 32, torch.float64))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("head_dim", [16, 24])
def test_the_kernel_that_is_told_is_the_one_that_is_taken(way, head_dim, dtype):
    chosen = attention_kernel(torch.device("cpu"), dtype, head_dim)
    taken = has_native_attention(*random_inputs(5, 2, head_dim, dtype))
    assert chosen.value == ("compiled" if taken else "batched products")
    assert chosen.reason
    if way == "pytorch":
        assert chosen == Choice("batched products", "switched off")


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_views_of_one_joint_buffer_are_read_and_written_in_place(way, dtype):
    lengths, heads, d = (9, 1, 30), 3, 32
    total = sum(lengths)
    joined = random_tensor(total, 3 * heads * d, dtype=dtype)
    query, key, value = joined.view(total, 3, heads, d).unbind(1)
    output, attended = attend(query, key, value, lengths, scale=0.2, backward=True)
    d_joined = torch.full_like(joined, torch.nan)
    views = d_joined.view(total, 3, heads, d).unbind(1)
    upstream = random_tensor(total, heads, d, dtype=dtype, seed=9)
    attend_backward(attended, upstream, *views)
    alone = [tensor.clone().requires_grad_() for tensor in (query, key, value)]
    expected = values_and_gradients(packed_attention, alone, lengths, scale=0.2)
    for found, wanted in zip((output, *views), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("wanted", ["", "q", "k"])
def test_gradients_that_are_not_wanted_are_not_written_and_change_no_other(way, dtype, wanted):
    lengths, shape = (9, 30), (39, 2, 32)
    inputs = [random_tensor(*shape, dtype=dtype, seed=i) for i in range(3)]
    _, attended = attend(*inputs, lengths, scale=0.2, backward=True)
    upstream = random_tensor(*shape, dtype=dtype, seed=9)
    every = [torch.empty(shape, dtype=dtype) for _ in range(3)]
    attend_backward(attended, upstream, *every)
    joined = torch.full((39, 3, 2, 32), 7.0, dtype=dtype)
    d_query, d_key, d_value = joined.unbind(1)
    attend_backward(attended, upstream, d_query if wanted == "q" else None, d_key if wanted == "k" else None, d_value)
    sevens = torch.full(shape, 7.0, dtype=dtype)
    expected = (every[0] if wanted == "q" else sevens, every[1] if wanted == "k" else sevens, every[2])
    for found, right in zip((d_query, d_key, d_value), expected, strict=True):
        torch.testing.assert_close(found, right, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_rows_that_are_an_odd_number_of_elements_apart_are_read_right(way, dtype):
    buffers = [random_tensor(20, 2 * 16 + 1, dtype=dtype, seed=i) for i in range(3)]
    odd = [buffer[:, :-1].unflatten(1, (2, 16)) for buffer in buffers]
    assert {view.stride(0) for view in odd} == {33}
    even = [view.contiguous() for view in odd]
    found, expected = (packed_attention(*inputs, (20,), scale=0.25) for inputs in (odd, even))
    assert_near(found, expected)


@pytest.mark.parametrize("layout", ["heads first", "one head in two", "columns first"])
def test_inputs_of_any_layout_are_those_of_the_definition(way, layout):
    if layout == "heads first":
        inputs = [random_tensor(3, 20, 32, seed=i).transpose(0, 1) for i in range(3)]
    elif layout == "one head in two":
        inputs = [random_tensor(20, 6, 32, seed=i)[:, ::2] for i in range(3)]
    else:
        inputs = [random_tensor(32, 20, 3, seed=i).permute(1, 2, 0) for i in range(3)]
    assert_defined([tensor.requires_grad_() for tensor in inputs], (7, 13), scale=0.2)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_scale_that_is_a_whole_number_is_taken_as_one(way, dtype):
    inputs = random_inputs(12, 2, 16, dtype)
    whole, real = (packed_attention(*inputs, (12,), scale=scale) for scale in (1, 1.0))
    torch.testing.assert_close(whole, real, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_scores_of_thousands_choose_one_token_and_stay_finite(way, dtype):
    inputs = [tensor.detach().mul(30).requires_grad_() for tensor in random_inputs(40, 2, 32, dtype)]
    results = values_and_gradients(packed_attention, inputs, (33, 7), scale=1.0)
    expected = reference_attention(*(tensor.float() for tensor in inputs), (33, 7), scale=1.0)
    assert all(result.isfinite().all() for result in results)
    assert_near(results[0], expected, 1e-2 if dtype == torch.bfloat16 else 1e-3)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_nan_is_seen_by_every_token_that_reads_it(way, dtype):
    for which in range(3):
        inputs = [tensor.detach().clone() for tensor in random_inputs(20, 2, 16, dtype)]
        inputs[which][7, 0, 3] = torch.nan
        found, expected = (f(*inputs, (5, 15), scale=0.25).isnan() for f in (packed_attention, reference_attention))
        assert torch.equal(found, expected)
        assert found.any()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_same_inputs_give_the_same_bits_whatever_the_number_of_threads(way, dtype):
    lengths = (40, 3, 17, 64, 1)
    inputs = random_inputs(sum(lengths), 4, 32, dtype)
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 1):
            torch.set_num_threads(threads)
            results.append(values_and_gradients(packed_attention, inputs, lengths, scale=0.2))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    for once, other, again in zip(*results, strict=True):
        assert torch.equal(once, again)
        if has_native_attention(*inputs):  # PyTorch's own products may share their sums out by the number of threads
            assert torch.equal(once, other)


@pytest.mark.parametrize("lengths", [(5, 3), (5, 2_000_000), (10, 0), (12, -2)], ids=str)
def test_lengths_that_are_not_those_of_the_tokens_are_refused(way, lengths):
    query, key, value = random_inputs(10, 2, 32, torch.float32)
    with pytest.raises(ValueError, match="sum to 10 tokens"):
        packed_attention(query, key, value, lengths, scale=1.0)
