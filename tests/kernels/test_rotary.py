"""Rotary positions, compiled and not: scores depend on distances alone, and the gradient turns back."""

import pytest
import torch

from pre_norm_layers import turns_of
from tensors import assert_near, random_tensor
from tunelet.kernels._rotary import reference_rotate, rotate

DTYPES = [torch.float32, torch.bfloat16]
LENGTHS = (3, 40, 1, 17)


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("head_dim", [2, 24, 64])
def test_some_columns_are_turned_in_place_and_the_others_stay(way, head_dim, dtype, inverse):
    x = random_tensor(sum(LENGTHS), 3, 2, head_dim, dtype=dtype)
    turned, turns = x.clone(), turns_of(40, head_dim)
    rotate(turned[:, 1], turns, LENGTHS, inverse=inverse)
    assert_near(turned[:, 1], reference_rotate(x[:, 1].float(), turns, LENGTHS, inverse=inverse))
    assert torch.equal(turned[:, ::2], x[:, ::2])


def test_a_score_depends_on_the_distance_alone(way):
    query, key = (random_tensor(1, 1, 64, seed=seed).expand(30, 1, 64).clone() for seed in (1, 2))
    turns = turns_of(30, 64)
    scores = torch.einsum("ihd,jhd->ij", rotate(query, turns, (30,)), rotate(key, turns, (30,)))
    for distance in (-7, 0, 12):
        along = scores.diagonal(distance)
        assert_near(along, along[:1].expand_as(along), 1e-4)


def test_turning_back_undoes_it_and_is_the_gradient(way):
    x, turns = random_tensor(sum(LENGTHS), 2, 16).requires_grad_(), turns_of(40, 16)
    upstream = random_tensor(*x.shape, seed=5)
    (gradient,) = torch.autograd.grad(reference_rotate(x, turns, LENGTHS), x, upstream)
    assert_near(rotate(upstream.clone(), turns, LENGTHS, inverse=True), gradient)
    again = rotate(rotate(x.detach().clone(), turns, LENGTHS), turns, LENGTHS, inverse=True)
    assert_near(again, x.detach())


def test_inputs_of_another_layout_are_turned_as_well(way):
    x, turns = random_tensor(2, sum(LENGTHS), 16).transpose(0, 1), turns_of(40, 16)
    expected = reference_rotate(x, turns, LENGTHS)
    assert_near(rotate(x, turns, LENGTHS), expected)


@pytest.mark.parametrize(
    ("lengths", "message"), [((61,), "at most 40 tokens, found one of 61"), ((50, 2), "sum to 61")]
)
def test_lengths_that_do_not_fit_are_refused(way, lengths, message):
    with pytest.raises(ValueError, match=message):
        rotate(random_tensor(61, 2, 16), turns_of(40, 16), lengths)


def test_the_same_inputs_give_the_same_bits_whatever_the_number_of_threads(library):
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            results.append(rotate(random_tensor(sum(LENGTHS), 4, 64), turns_of(40, 64), LENGTHS))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*results)
