"""Fused pre-norm layers, as ModernBERT has them, against the same layers written plainly, by autograd."""

import pytest
import torch

from plain_layers import LENGTHS, assert_rounded, assert_same, gradients_of
from pre_norm_layers import HIDDEN, fused_layers, norm_of, pre_norm_layer, reference_layer, reference_vectors
from tensors import assert_near, random_tensor
from tunelet.kernels import JOINT

TARGETS = {"attention": (JOINT,), "all-linear": (JOINT, "out", "up", "down"), "feed-forward": ("up", "down")}
POOLINGS = ("first", "mean", "both")
FINAL = norm_of(999)


@pytest.fixture
def hidden() -> torch.Tensor:
    return random_tensor(sum(LENGTHS), HIDDEN, seed=7)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("targets", TARGETS)
def test_values_and_gradients_of_every_adapter_are_those_of_autograd(way, hidden, targets, depth, pooling):
    plain = [pre_norm_layer(i, TARGETS[targets], window=None if i % 3 == 0 else 9) for i in range(depth)]
    found = fused_layers(plain, FINAL, pooling)(hidden, LENGTHS)
    assert_same(plain, found, reference_vectors(plain, FINAL, hidden, LENGTHS, pooling))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_bfloat16_is_near_autograd_in_float32(way, hidden, pooling):
    plain = [pre_norm_layer(i, TARGETS["all-linear"], window=9) for i in range(3)]
    found = fused_layers(plain, FINAL, pooling, dtype=torch.bfloat16)(hidden.bfloat16(), LENGTHS)
    expected = reference_vectors(plain, FINAL, hidden.bfloat16().float(), LENGTHS, pooling)
    assert_rounded(plain, found, expected, 0.04)


@pytest.mark.usefixtures("int8")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("targets", TARGETS)
def test_int8_is_near_autograd_in_float32(way, hidden, targets, dtype):
    plain = [pre_norm_layer(i, TARGETS[targets], window=9) for i in range(3)]
    found = fused_layers(plain, FINAL, "first", "int8", dtype)(hidden.to(dtype), LENGTHS)
    expected = reference_vectors(plain, FINAL, hidden.to(dtype).float(), LENGTHS, "first")
    assert_rounded(plain, found, expected, 0.1)


@pytest.mark.parametrize("start", [0, 1, 2])
def test_a_run_from_hidden_states_that_were_kept_goes_on_from_there(way, hidden, start):
    plain = [pre_norm_layer(0), pre_norm_layer(1), pre_norm_layer(2, (JOINT, "down"))]
    fused = fused_layers(plain, FINAL, "mean")
    kept, expected = fused.frozen_forward(hidden, LENGTHS, start), hidden
    for one in plain[:start]:
        expected = reference_layer(one, expected, LENGTHS)
    assert_near(kept, expected)
    whole, rest = fused(hidden, LENGTHS), fused(kept, LENGTHS, first_layer=start)
    assert_near(rest, whole)
    for name, gradient in gradients_of(whole, plain).items():
        assert_near(gradients_of(fused(kept, LENGTHS, first_layer=start), plain)[name], gradient)


@pytest.mark.parametrize("start", [0, 1])
def test_the_gradient_of_the_input_is_that_of_autograd(way, hidden, start):
    plain = [pre_norm_layer(i, window=9) for i in range(start, 3)]
    ours, theirs = hidden.clone().requires_grad_(), hidden.clone().requires_grad_()
    outputs = (
        fused_layers(plain, FINAL, "both")(ours, LENGTHS),
        reference_vectors(plain, FINAL, theirs, LENGTHS, "both"),
    )
    for output, x in zip(outputs, (ours, theirs), strict=True):
        (output * random_tensor(*output.shape, seed=3)).sum().backward()
        assert x.grad is not None
    assert_near(ours.grad, theirs.grad, 2e-5)


@pytest.mark.parametrize("pooling", ["mean", "both"])
def test_vectors_after_each_layer_are_those_of_an_encoder_of_so_many_layers(way, hidden, pooling):
    plain = [pre_norm_layer(i, window=9) for i in range(3)]
    found = fused_layers(plain, FINAL, pooling).vectors_by_layer(hidden, LENGTHS)
    for depth in range(3):
        assert_near(found[depth], reference_vectors(plain[: depth + 1], FINAL, hidden, LENGTHS, pooling))


def test_zeros_that_round_the_tokens_up_are_texts_for_which_there_are_positions(way):
    lengths = (70,) * 7 + (23,)  # 513 tokens, rounded to 528
    plain = [pre_norm_layer(i, (JOINT,)) for i in range(2)]
    hidden = random_tensor(513, HIDDEN, seed=7)
    found = fused_layers(plain, FINAL, "mean")(hidden, lengths)
    assert_same(plain, found, reference_vectors(plain, FINAL, hidden, lengths, "mean"))


def test_texts_longer_than_there_are_positions_are_refused(hidden):
    fused = fused_layers([pre_norm_layer(0)], FINAL, "mean")
    with pytest.raises(ValueError, match=f"at most {max(LENGTHS)} tokens, found one of {sum(LENGTHS)}"):
        fused(hidden, (sum(LENGTHS),))
