"""The layers of a few tokens in one call are those of autograd, for any number of threads and any split into texts."""

import pytest
import torch

from plain_layers import HIDDEN, Plain, fused_layers, plain_layer, pooled, reference_vectors
from tensors import assert_near, random_tensor
from tunelet.kernels import FusedLayers, without_native
from tunelet.kernels._few import MOST_TOKENS, FewTokens

SPLITS = [(1,), (3,), (30,), (16, 16), (5, 1, 20, 33), (100, MOST_TOKENS - 100)]


@pytest.fixture
def layers(library) -> list[Plain]:
    return [plain_layer(i) for i in range(3)]


def few(fused: FusedLayers) -> FewTokens:
    found = FewTokens.of(fused.layers)
    assert found is not None
    return found


@pytest.mark.parametrize("pooling", ["first", "mean", "both"])
@pytest.mark.parametrize("lengths", SPLITS, ids=str)
def test_values_are_those_of_autograd(layers, lengths, pooling):
    hidden = random_tensor(sum(lengths), HIDDEN, seed=7)
    fused = fused_layers(layers, pooling=pooling)
    before = hidden.clone()
    assert few(fused).depth == 3
    assert_near(fused.run(hidden, lengths), reference_vectors(layers, hidden, lengths, pooling))
    assert_near(
        pooled(few(fused)(hidden, lengths), lengths, pooling), reference_vectors(layers, hidden, lengths, pooling)
    )
    assert torch.equal(hidden, before)


@pytest.mark.parametrize("tanh", [False, True], ids=["erf", "tanh"])
@pytest.mark.parametrize("heads", [1, 2])
def test_heads_and_both_kinds_of_gelu(library, heads, tanh):
    layers = [plain_layer(i, tanh=tanh, heads=heads) for i in range(2)]
    hidden = random_tensor(26, HIDDEN, seed=7)
    assert_near(few(fused_layers(layers))(hidden, (9, 17))[[0, 9]], reference_vectors(layers, hidden, (9, 17)))


def test_heads_that_the_compiled_attention_refuses_are_refused(library):
    assert FewTokens.of(fused_layers([plain_layer(0, heads=4)]).layers) is None


@pytest.mark.usefixtures("int8")
@pytest.mark.parametrize("lengths", SPLITS, ids=str)
def test_bytes_give_what_the_products_one_by_one_give(layers, lengths):
    fused = fused_layers(layers, "int8")
    if FewTokens.of(fused.layers) is None:
        pytest.skip("oneDNN multiplies bytes here")
    hidden = random_tensor(sum(lengths), HIDDEN, seed=7)
    assert_near(few(fused)(hidden, lengths), hidden_states(fused, hidden, lengths), 1e-4)


def hidden_states(fused: FusedLayers, hidden: torch.Tensor, lengths: tuple[int, ...]) -> torch.Tensor:
    for state in fused._states(hidden, lengths, len(fused.layers)):
        result = state.values
    return result


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_the_number_of_threads_changes_no_bit(layers, request, precision):
    if precision == "int8":
        request.getfixturevalue("int8")
    found, hidden = FewTokens.of(fused_layers(layers, precision).layers), random_tensor(30, HIDDEN, seed=7)
    if found is None:
        pytest.skip("oneDNN multiplies bytes here")
    before = torch.get_num_threads()
    try:
        results = []
        for threads in (1, 2, 3, 5):
            torch.set_num_threads(threads)
            results.append(found(hidden, (11, 19)))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(result, results[0]) for result in results)


def test_many_tokens_adapters_and_training_go_layer_by_layer(layers, monkeypatch):
    called = []
    monkeypatch.setattr(FewTokens, "__call__", lambda _, hidden, lengths: called.append(lengths) or hidden)
    fused = fused_layers(layers)
    fused.run(random_tensor(MOST_TOKENS + 1, HIDDEN, seed=7), (MOST_TOKENS + 1,))
    fused.run(random_tensor(9, HIDDEN, seed=7), (9,), first_layer=1)
    fused.run(random_tensor(9, HIDDEN, seed=7), (9,), kept=[])
    with without_native():
        fused.run(random_tensor(9, HIDDEN, seed=7), (9,))
    adapted = fused_layers([plain_layer(0, ("query",)), *layers])
    adapted.run(random_tensor(9, HIDDEN, seed=7), (9,))
    assert not called
    fused.run(random_tensor(9, HIDDEN, seed=7), (9,))
    assert called == [(9,)]


def test_the_layers_above_go_on_from_what_the_lowest_made(layers):
    plain = [*layers, plain_layer(3, ("value", "up"))]
    fused, hidden = fused_layers(plain), random_tensor(20, HIDDEN, seed=7)
    assert few(fused).depth == 3
    assert_near(fused.run(hidden, (20,)), reference_vectors(plain, hidden, (20,)))
