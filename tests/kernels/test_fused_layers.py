"""Fused layers, whose gradients are written out, against the same layers written plainly, by autograd."""

import pytest
import torch

from plain_layers import (
    HIDDEN,
    LENGTHS,
    TARGETS,
    assert_near_plain,
    assert_plain,
    fused_layers,
    gradients_of,
    kernel_layer,
    parameters_of,
    plain_layer,
    reference_layer,
    reference_vectors,
)
from tensors import assert_near, random_tensor
from tunelet.kernels import ROLES, FloatProduct


@pytest.fixture
def hidden() -> torch.Tensor:
    return random_tensor(sum(LENGTHS), HIDDEN, seed=7)


@pytest.mark.parametrize("tanh", [False, True], ids=["erf", "tanh"])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("targets", TARGETS)
def test_values_and_gradients_of_every_adapter_are_those_of_autograd(way, hidden, targets, depth, tanh):
    plain = [plain_layer(i, TARGETS[targets], tanh=tanh) for i in range(depth)]
    assert_plain(plain, fused_layers(plain), hidden)


@pytest.mark.parametrize("heads", [1, 4])
def test_heads_that_the_compiled_attention_takes_and_refuses_are_those_of_autograd(way, hidden, heads):
    plain = [plain_layer(i, ROLES, heads=heads) for i in range(2)]
    assert_plain(plain, fused_layers(plain), hidden)


@pytest.mark.parametrize("targets", ["qv", "all-linear"])
def test_bfloat16_is_near_autograd_in_float32(way, hidden, targets):
    plain = [plain_layer(i, TARGETS[targets]) for i in range(3)]
    assert_near_plain(plain, fused_layers(plain, "bfloat16", torch.bfloat16), hidden.bfloat16(), 0.04)


@pytest.mark.usefixtures("int8")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("targets", ["qv", "all-linear"])
def test_int8_is_near_autograd_in_float32(way, hidden, targets, dtype):
    plain = [plain_layer(i, TARGETS[targets]) for i in range(3)]
    assert_near_plain(plain, fused_layers(plain, "int8", dtype), hidden.to(dtype), 0.08)


def test_layers_may_have_different_adapters_and_the_lowest_may_have_none(way, hidden):
    plain = [plain_layer(i, roles) for i, roles in enumerate([(), (), ("down",), (), ("query", "up"), ("key",)])]
    fused = fused_layers(plain)
    assert fused.lowest_adapted == 2
    assert_plain(plain, fused, hidden)


def test_nothing_is_kept_of_layers_below_the_lowest_adapter(hidden):
    plain = [plain_layer(0), plain_layer(1), plain_layer(2, ("value",))]
    output = fused_layers(plain)(hidden, LENGTHS)
    run, _ = output.grad_fn.next_functions[0]  # behind the slice that drops the text of zeros
    kept = [one for one in run.kept if one is not None]
    assert len(kept) == 1


def test_a_text_of_zeros_that_rounds_the_tokens_up_changes_nothing(way):
    lengths = (300, 213)  # 513 tokens, rounded to 528
    plain = [plain_layer(i, ROLES) for i in range(2)]
    assert_plain(plain, fused_layers(plain), random_tensor(513, HIDDEN, seed=7), lengths)
    captured = fused_layers(plain).frozen_forward(random_tensor(513, HIDDEN, seed=7), lengths, 1)
    assert_near(captured, reference_layer(plain[0], random_tensor(513, HIDDEN, seed=7), lengths))


def test_products_see_few_numbers_of_rows(monkeypatch):
    seen = set()
    multiply = FloatProduct.forward
    monkeypatch.setattr(FloatProduct, "forward", lambda self, x, *rest: (seen.add(len(x)), multiply(self, x, *rest))[1])
    fused = fused_layers([plain_layer(0, ROLES), plain_layer(1, ROLES)])
    for tokens in range(1024, 2048, 17):
        fused(random_tensor(tokens, HIDDEN, seed=tokens), (500, tokens - 500))
    assert 1 < len([rows for rows in seen if rows > 100]) <= 33
    assert max(seen) <= 2048


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_autocast_of_a_caller_changes_nothing(way, hidden, dtype):
    plain = [plain_layer(i, ROLES) for i in range(2)]
    fused, x = fused_layers(plain, str(dtype), dtype), hidden.to(dtype)
    expected = gradients_of(fused(x, LENGTHS), plain)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = fused(x, LENGTHS)
        gradients = gradients_of(found, plain)
        with torch.no_grad():
            predicted = fused(x, LENGTHS)
    assert torch.equal(found, fused(x, LENGTHS))
    assert torch.equal(predicted, found)
    assert all(torch.equal(gradients[name], expected[name]) for name in expected)


@pytest.mark.parametrize("roles", [("value",), ("key",), ("query",), ("out",), ("key", "value")], ids="+".join)
def test_the_last_layer_alone_may_have_adapters(way, hidden, roles):
    plain = [plain_layer(0), plain_layer(1, roles)]
    assert_plain(plain, fused_layers(plain), hidden)


@pytest.mark.parametrize("targets", ["qv", "all-linear"])
def test_shared_layers_add_up_the_gradients_of_their_applications(way, hidden, targets):
    one = plain_layer(0, TARGETS[targets], tanh=True)
    fused = fused_layers([one] * 3)
    found, expected = fused(hidden, LENGTHS), reference_vectors([one] * 3, hidden, LENGTHS)
    assert_near(found, expected)
    ours, theirs = gradients_of(found, [one]), gradients_of(expected, [one])
    for name, gradient in theirs.items():
        assert_near(ours[name], gradient, 2e-5)


@pytest.mark.parametrize("pooling", ["mean", "both"])
@pytest.mark.parametrize("targets", ["qv", "all-linear"])
def test_means_of_the_tokens_have_the_values_and_gradients_of_autograd(way, hidden, targets, pooling):
    plain = [plain_layer(i, TARGETS[targets]) for i in range(2)]
    assert_plain(plain, fused_layers(plain, pooling=pooling), hidden)


@pytest.mark.parametrize("pooling", ["mean", "both"])
def test_means_in_bfloat16_are_near_autograd_in_float32(way, hidden, pooling):
    plain = [plain_layer(i, TARGETS["all-linear"]) for i in range(2)]
    fused = fused_layers(plain, dtype=torch.bfloat16, pooling=pooling)
    assert_near_plain(plain, fused, hidden.bfloat16(), 0.05)


@pytest.mark.parametrize("pooling", ["first", "mean", "both"])
def test_after_the_last_layer_vectors_that_were_kept_are_the_result(way, hidden, pooling):
    fused = fused_layers([plain_layer(i) for i in range(2)], pooling=pooling)
    vectors = fused.frozen_forward(hidden, LENGTHS, 2)
    assert torch.equal(vectors, fused(hidden, LENGTHS))
    assert torch.equal(fused(vectors, LENGTHS, first_layer=2), vectors)


def test_the_last_layer_computes_the_first_tokens_as_it_would_among_all(way, hidden):
    layer = kernel_layer(plain_layer(0, ROLES), "float32", torch.float32)
    firsts = torch.tensor(LENGTHS).cumsum(0) - torch.tensor(LENGTHS)
    with torch.no_grad():
        every, _ = layer.forward(layer.enter(hidden), LENGTHS, None, keep=False)
        alone, _ = layer.forward(layer.enter(hidden), LENGTHS, firsts, keep=False)
    assert_near(alone.values, every.values[firsts])


@pytest.mark.parametrize("start", [0, 1, 2])
def test_a_run_from_hidden_states_that_were_kept_goes_on_from_there(way, hidden, start):
    plain = [plain_layer(0), plain_layer(1), plain_layer(2, ("query", "down"))]
    fused = fused_layers(plain)
    kept = fused.frozen_forward(hidden, LENGTHS, start)
    assert kept.shape == hidden.shape
    whole, rest = fused(hidden, LENGTHS), fused(kept, LENGTHS, first_layer=start)
    assert_near(rest, whole)
    for name, gradient in gradients_of(whole, plain).items():
        assert_near(gradients_of(fused(kept, LENGTHS, first_layer=start), plain)[name], gradient)


def test_a_run_from_above_the_lowest_adapter_gives_gradients_of_what_it_ran(way, hidden):
    plain = [plain_layer(i, ("query",)) for i in range(3)]
    fused = fused_layers(plain)
    output = fused(fused.frozen_forward(hidden, LENGTHS, 2), LENGTHS, first_layer=2)
    output.sum().backward()
    given = [one.adapters["query"].a.grad is not None for one in plain]
    assert given == [False, False, True]


@pytest.mark.parametrize("lowest", [0, 1])
def test_a_second_backward_pass_is_refused(way, hidden, lowest):
    plain = [plain_layer(i, ("value",) if i >= lowest else ()) for i in range(3)]
    output = fused_layers(plain)(hidden, LENGTHS).sum()
    output.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="computed before"):
        output.backward()


def test_gradients_of_two_batches_add_up(way, hidden):
    plain = [plain_layer(i, ROLES) for i in range(2)]
    fused, parameters = fused_layers(plain), parameters_of(plain)
    upstream = random_tensor(len(LENGTHS), HIDDEN, seed=9)
    (fused(hidden, LENGTHS) * upstream).sum().backward()
    total = sum(LENGTHS[:2])
    for part, lengths, rows in ((hidden[:total], LENGTHS[:2], slice(2)), (hidden[total:], LENGTHS[2:], slice(2, None))):
        (fused(part, lengths) * upstream[rows]).sum().backward()
    doubled = gradients_of(fused(hidden, LENGTHS), plain)
    for name, parameter in parameters.items():
        assert parameter.grad is not None
        assert_near(parameter.grad, 2 * doubled[name], 2e-5)


def test_two_batches_may_wait_for_their_backward_pass_at_once(way, hidden):
    plain = [plain_layer(i, ROLES) for i in range(2)]
    fused = fused_layers(plain)
    expected = gradients_of(fused(hidden, LENGTHS), plain)
    first = fused(hidden, LENGTHS)
    second = fused(hidden[:38], LENGTHS[:2])
    gradients_of(second, plain)
    for name, gradient in gradients_of(first, plain).items():
        assert torch.equal(gradient, expected[name])


def test_a_gradient_of_any_layout_is_taken_and_left_as_it_was(way, hidden):
    plain = [plain_layer(0, ROLES)]
    fused, parameters = fused_layers(plain), parameters_of(plain)
    expected = gradients_of(fused(hidden, LENGTHS), plain, seed=9)
    upstream = random_tensor(len(LENGTHS), HIDDEN, seed=9).t().contiguous()
    before = upstream.clone()
    found = torch.autograd.grad(fused(hidden, LENGTHS), list(parameters.values()), upstream.t())
    assert torch.equal(upstream, before)
    for name, gradient in zip(parameters, found, strict=True):
        assert_near(gradient, expected[name])


def test_hidden_states_of_any_layout_are_taken(way, hidden):
    plain = [plain_layer(i, ROLES) for i in range(2)]
    fused, lying = fused_layers(plain), hidden.t().contiguous().t()
    found, expected = fused(lying, LENGTHS), fused(hidden, LENGTHS)
    assert_near(found, expected)
    theirs = gradients_of(expected, plain)
    for name, gradient in gradients_of(found, plain).items():
        assert_near(gradient, theirs[name])


def test_hidden_states_are_left_as_they_were(way, hidden):
    plain, before = [plain_layer(0, ROLES), plain_layer(1, ROLES)], hidden.clone()
    fused_layers(plain)(hidden, LENGTHS).sum().backward()
    assert torch.equal(hidden, before)


def test_without_gradients_nothing_is_kept_and_the_values_are_the_same(way, hidden):
    plain = [plain_layer(i, ROLES) for i in range(2)]
    fused = fused_layers(plain)
    expected = fused(hidden, LENGTHS).detach()
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            found = fused(hidden, LENGTHS)
        assert found.grad_fn is None
        assert torch.equal(found, expected)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_nan_in_any_adapter_shows_in_the_output(way, request, hidden, role, precision):
    if precision == "int8":
        request.getfixturevalue("int8")
    plain = [plain_layer(0, (role,)), plain_layer(1)]
    with torch.no_grad():
        plain[0].adapters[role].a[0, 0] = torch.nan
    assert fused_layers(plain, precision)(hidden, LENGTHS).isnan().any()


def test_the_same_inputs_give_the_same_bits_again(way, hidden):
    plain = [plain_layer(i, ROLES) for i in range(2)]
    fused = fused_layers(plain)
    once, again = (gradients_of(fused(hidden, LENGTHS), plain) for _ in range(2))
    assert all(torch.equal(once[name], again[name]) for name in once)


@pytest.mark.parametrize("pooling", ["first", "mean", "both"])
@pytest.mark.parametrize("adapted", [(), ROLES], ids=["frozen", "all-linear"])
def test_the_gradient_of_the_input_is_that_of_autograd(way, hidden, adapted, pooling):
    plain = [plain_layer(0), plain_layer(1, adapted), plain_layer(2)]
    upstream = random_tensor(len(LENGTHS), HIDDEN * (2 if pooling == "both" else 1), seed=9)
    found, expected = hidden.clone().requires_grad_(), hidden.clone().requires_grad_()
    ours = fused_layers(plain, pooling=pooling)(found, LENGTHS)
    theirs = reference_vectors(plain, expected, LENGTHS, pooling)
    assert_near(ours, theirs)
    inputs = torch.autograd.grad(ours, [found, *parameters_of(plain).values()], upstream)
    for gradient, plainly in zip(
        inputs, torch.autograd.grad(theirs, [expected, *parameters_of(plain).values()], upstream), strict=True
    ):
        assert_near(gradient, plainly, 2e-5)
