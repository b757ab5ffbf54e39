"""Attention of each text's first token, against that row of attention of all tokens with keys and values formed."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensors import assert_near, random_tensor
from tunelet.kernels import reference_attend_first, without_native
from tunelet.kernels._first import _see, _see_backward, attend_first, attend_first_backward

LENGTHS = [(1,), (7,), (512,), (1, 1, 1), (3, 40, 1, 17), tuple(range(1, 41))]
DTYPES = [torch.float32, torch.bfloat16]
EVERY = ("query", "hidden", "key", "value")
HIDDEN = 40

Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def draw(lengths: tuple[int, ...], heads: int, d: int, dtype: torch.dtype) -> Inputs:
    """Query, hidden states, and the weights of key and value."""
    key, value = (random_tensor(heads * d, HIDDEN, seed=seed, spread=HIDDEN**-0.5) for seed in (3, 4))
    query = random_tensor(len(lengths), heads, d, dtype=dtype, seed=1)
    return query, random_tensor(sum(lengths), HIDDEN, dtype=dtype, seed=2), key, value


def definition(inputs: Inputs, lengths: tuple[int, ...], scale: float, upstream: torch.Tensor) -> list[torch.Tensor]:
    """The output of `reference_attend_first` in float32, and the gradients of what it reads."""
    inputs = tuple(tensor.detach().float().requires_grad_() for tensor in inputs)
    output = reference_attend_first(*inputs, lengths, scale=scale)
    return [output, *torch.autograd.grad(output, inputs, upstream.float())]


def assert_defined(lengths: tuple[int, ...], heads: int, d: int, dtype: torch.dtype) -> None:
    inputs, upstream = draw(lengths, heads, d, dtype), random_tensor(len(lengths), heads, d, dtype=dtype, seed=5)
    output, attended = attend_first(*inputs, lengths, scale=d**-0.5)
    gradients = attend_first_backward(attended, upstream, EVERY)
    found = [output, *(getattr(gradients, name) for name in EVERY)]
    expected = definition(inputs, lengths, d**-0.5, upstream)
    assert [one.dtype for one in found] == [torch.float32, torch.float32, dtype, torch.float32, torch.float32]
    for one, wanted in zip(found, expected, strict=True):
        assert one.shape == wanted.shape
        if wanted.abs().max() < 1e-5:  # one token alone: its weight is 1 whatever query and key are
            assert one.abs().max() < 1e-5
        else:
            assert_near(one, wanted)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("lengths", LENGTHS, ids=lambda lengths: str(lengths[:5]))
@pytest.mark.parametrize(("heads", "d"), [(12, 32), (3, 64), (2, 16), (3, 8), (2, 24)])
def test_values_and_gradients_are_those_of_the_first_rows(way, lengths, heads, d, dtype):
    assert_defined(lengths, heads, d, dtype)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(1, 70), min_size=1, max_size=6).map(tuple), dtype=st.sampled_from(DTYPES))
def test_texts_of_any_lengths_are_those_of_the_first_rows(way, lengths, dtype):
    assert_defined(lengths, 2, 32, dtype)


@pytest.mark.parametrize("wanted", [(), *((name,) for name in EVERY)], ids=lambda names: "+".join(names) or "nothing")
def test_gradients_that_are_not_wanted_are_not_computed_and_change_no_other(way, wanted):
    inputs, upstream = draw((9, 30), 2, 32, torch.float32), random_tensor(2, 2, 32, seed=5)
    _, attended = attend_first(*inputs, (9, 30), scale=0.2)
    every, found = (attend_first_backward(attended, upstream, names) for names in (EVERY, wanted))
    for name in EVERY:
        if name in wanted:
            assert torch.equal(getattr(found, name), getattr(every, name))
        else:
            assert getattr(found, name) is None


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_compiled_kernel_leaves_the_weights_that_pytorch_leaves(library, dtype):
    inputs = draw((20, 1, 39), 2, 32, dtype)
    _, compiled = attend_first(*inputs, (20, 1, 39), scale=0.2)
    with without_native():
        _, plain = attend_first(*inputs, (20, 1, 39), scale=0.2)
    assert compiled.weights.dtype == plain.weights.dtype == torch.float32
    assert_near(compiled.weights, plain.weights, 1e-5)
    assert compiled.weights.sum() == pytest.approx(6, rel=1e-5)  # one for each text and head


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_scores_of_thousands_stay_finite_and_a_nan_is_seen_in_its_text(way, dtype):
    query, hidden, key, value = draw((33, 7), 2, 32, dtype)
    hidden = 100 * hidden
    output, attended = attend_first(query, hidden, key, value, (33, 7), scale=10.0)
    assert (attended.carried @ hidden.float().t()).abs().max() > 2000
    assert output.isfinite().all()
    hidden[35, 3] = torch.nan
    output, _ = attend_first(query, hidden, key, value, (33, 7), scale=10.0)
    assert output.isnan().flatten(1).all(dim=1).tolist() == [False, True]
    assert output[0].isfinite().all()


def test_the_same_inputs_give_the_same_bits_whatever_the_number_of_threads(library):
    lengths = (40, 3, 17, 64, 1)
    inputs, upstream = draw(lengths, 4, 32, torch.float32), random_tensor(5, 4, HIDDEN, seed=5)
    _, attended = attend_first(*inputs, lengths, scale=0.2)
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            seen = _see(attended.carried, attended.hidden, lengths)
            found.append([*seen, *_see_backward(attended, upstream, wants_hidden=True)])
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(once, other) for once, other in zip(*found, strict=True))


@pytest.mark.parametrize("lengths", [(3, 4), (8, 0), ()])
def test_lengths_that_are_not_those_of_the_tokens_are_refused(lengths):
    query, hidden, key, value = draw((3, 5), 2, 16, torch.float32)
    with pytest.raises(ValueError, match="sum to 8 tokens"):
        attend_first(query, hidden, key, value, lengths, scale=1.0)
