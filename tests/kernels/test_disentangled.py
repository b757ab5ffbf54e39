"""Disentangled attention over packed texts against its definition."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tensors import assert_near, random_tensor
from tunelet.kernels import disentangled_attention
from tunelet.kernels._disentangled import reference_disentangled_attention

BUCKETS = 12
LENGTHS = [(1,), (7,), (1, 1, 1), (3, 40, 1, 17)]


def buckets_of(longest: int) -> torch.Tensor:
    """Near distances apart, far ones together, as DeBERTa's."""
    distances = torch.arange(-(longest - 1), longest)
    return (distances.clamp(-3, 3) + distances.sign() * (distances.abs() > 9) + 5).clamp(0, BUCKETS - 1)


def inputs_of(tokens: int, dtype: torch.dtype, terms: str) -> list[torch.Tensor | None]:
    words = [random_tensor(tokens, 2, 16, dtype=dtype, seed=i).requires_grad_() for i in range(3)]
    places = [random_tensor(BUCKETS, 2, 16, dtype=dtype, seed=i).requires_grad_() for i in (3, 4)]
    return [*words, *(place if name in terms else None for name, place in zip(("c2p", "p2c"), places, strict=True))]


def assert_defined(lengths: tuple[int, ...], dtype: torch.dtype, terms: str) -> None:
    buckets, ours = buckets_of(max(lengths) + 2), inputs_of(sum(lengths), dtype, terms)
    theirs = [None if each is None else each.detach().float().requires_grad_() for each in ours]
    found = disentangled_attention(*ours, buckets, lengths, scale=0.15)
    expected = reference_disentangled_attention(*theirs, buckets, lengths, scale=0.15)
    upstream = random_tensor(*found.shape, seed=9)
    found.backward(upstream.to(dtype))
    expected.backward(upstream.to(dtype).float())
    fraction = 3e-2 if dtype == torch.bfloat16 else 2e-5
    assert_near(found.detach(), expected.detach(), fraction)
    for mine, right in zip(ours, theirs, strict=True):
        if mine is None:
            continue
        assert mine.grad.dtype == dtype
        if max(lengths) == 1 and mine is not ours[2]:
            assert mine.grad.abs().max() <= fraction  # of one token, zero but for rounding
        else:
            assert_near(mine.grad, right.grad, fraction)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("terms", ["c2p p2c", "c2p", "p2c", ""])
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_values_and_gradients_are_those_of_the_definition(lengths, terms, dtype):
    assert_defined(lengths, dtype, terms)


@settings(max_examples=20)
@given(lengths=st.lists(st.integers(1, 50), min_size=1, max_size=5).map(tuple))
def test_texts_of_any_lengths_are_those_of_the_definition(lengths):
    assert_defined(lengths, torch.float32, "c2p p2c")


def test_no_token_sees_another_text():
    inputs = [each.detach() for each in inputs_of(10, torch.float32, "c2p p2c")]
    before = disentangled_attention(*inputs, buckets_of(6), (4, 6), scale=0.2)
    changed = [each.clone() for each in inputs]
    for tensor in changed[:3]:
        tensor[4:] = 100.0
    after = disentangled_attention(*changed, buckets_of(6), (4, 6), scale=0.2)
    torch.testing.assert_close(before[:4], after[:4], rtol=0, atol=0)


def test_dropout_keeps_the_expected_value():
    inputs = [each.detach() for each in inputs_of(20, torch.float32, "c2p p2c")]
    exact = disentangled_attention(*inputs, buckets_of(20), (20,), scale=0.1)
    torch.manual_seed(0)
    draws = [disentangled_attention(*inputs, buckets_of(20), (20,), scale=0.1, dropout=0.3) for _ in range(300)]
    assert not torch.equal(draws[0], draws[1])
    assert (torch.stack(draws).mean(dim=0) - exact).abs().mean() < 0.03


def test_lengths_that_are_not_those_of_the_tokens_are_refused():
    with pytest.raises(ValueError, match="sum to 10 tokens"):
        disentangled_attention(*inputs_of(10, torch.float32, ""), buckets_of(10), (5, 6), scale=1.0)
