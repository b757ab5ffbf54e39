"""Packed attention against its definition, and against attention on each text alone."""

import pytest
import torch
import torch.nn.functional as F

from tunelet.kernels import packed_attention, reference_attention

LENGTHS = [(1,), (7,), (512,), (1, 1, 1), (3, 40, 1, 17), (128, 511, 2, 64)]


def random_inputs(tokens: int, heads: int, head_dim: int, dtype: torch.dtype) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(tokens + heads + head_dim)
    return [torch.randn(tokens, heads, head_dim, generator=generator).to(dtype).requires_grad_() for _ in range(3)]


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize(("heads", "head_dim"), [(12, 32), (3, 64)])
@pytest.mark.parametrize("window", [None, 5, 65])
def test_values_and_gradients_are_those_of_the_definition(lengths, heads, head_dim, window):
    inputs = random_inputs(sum(lengths), heads, head_dim, torch.float32)
    upstream = torch.randn(sum(lengths), heads, head_dim, generator=torch.Generator().manual_seed(1))
    results = []
    for function in (packed_attention, reference_attention):
        output = function(*inputs, lengths, scale=head_dim**-0.5, window=window)
        results.append((output, *torch.autograd.grad(output, inputs, upstream)))
    for ours, reference in zip(*results, strict=True):
        torch.testing.assert_close(ours, reference, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_bfloat16_stays_close_to_float32(lengths):
    exact = random_inputs(sum(lengths), 4, 32, torch.float32)
    rounded = [tensor.detach().bfloat16().requires_grad_() for tensor in exact]
    upstream = torch.randn(sum(lengths), 4, 32, generator=torch.Generator().manual_seed(1))
    results = []
    for inputs in (exact, rounded):
        output = packed_attention(*inputs, lengths, scale=32**-0.5)
        results.append((output, *torch.autograd.grad(output, inputs, upstream.to(output.dtype))))
    for full, half in zip(*results, strict=True):
        assert half.dtype == torch.bfloat16
        # bfloat16 keeps 8 bits; the largest error is compared with the largest value
        assert (half.float() - full).abs().max() <= 0.04 * full.abs().max().clamp_min(1e-3)


def test_definition_is_attention_on_each_text_alone():
    lengths = (5, 30, 1)
    query, key, value = random_inputs(sum(lengths), 4, 32, torch.float32)
    output = reference_attention(query, key, value, lengths, scale=32**-0.5)
    start = 0
    for length in lengths:
        alone = [tensor[start : start + length].transpose(0, 1)[None] for tensor in (query, key, value)]
        expected = F.scaled_dot_product_attention(*alone)[0].transpose(0, 1)
        torch.testing.assert_close(output[start : start + length], expected, rtol=1e-5, atol=1e-5)
        start += length


def test_no_token_sees_another_text():
    lengths = (4, 6)
    inputs = random_inputs(10, 2, 32, torch.float32)
    before = packed_attention(*inputs, lengths, scale=1.0)
    changed = [tensor.detach().clone() for tensor in inputs]
    for tensor in changed:
        tensor[4:] = 100.0
    after = packed_attention(*changed, lengths, scale=1.0)
    torch.testing.assert_close(before[:4], after[:4], rtol=0, atol=0)


def test_dropout_keeps_the_expected_value():
    query, key, value = random_inputs(64, 2, 32, torch.float32)
    exact = packed_attention(query, key, value, (64,), scale=0.1)
    torch.manual_seed(0)
    draws = torch.stack([packed_attention(query, key, value, (64,), scale=0.1, dropout=0.3) for _ in range(400)])
    assert not torch.equal(draws[0], draws[1])
    assert (draws.mean(dim=0) - exact).abs().mean() < 0.02
