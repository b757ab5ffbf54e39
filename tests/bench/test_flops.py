"""The count of the least work is what autograd does where it is asked for nothing more."""

import dataclasses

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tunelet.bench.harness._flops import EncoderShape, Work, prediction_work, training_work

LENGTHS = (7, 12)
SHAPE = EncoderShape(layers=3, hidden=16, ffn=40, heads=1)


class Layer(nn.Module):
    """One layer over one text, written down plainly; LoRA where it is asked for, with one head."""

    def __init__(self, shape: EncoderShape, adapted: tuple[str, ...], rank: int) -> None:
        super().__init__()
        width, self.heads = shape.hidden, shape.heads
        self.frozen = nn.ParameterDict(
            {
                name: nn.Parameter(torch.randn(width, width), requires_grad=False)
                for name in ("query", "key", "value", "out")
            }
        )
        self.up = nn.Parameter(torch.randn(width, shape.ffn), requires_grad=False)
        self.down = nn.Parameter(torch.randn(shape.ffn, width), requires_grad=False)
        self.a = nn.ParameterDict({name: nn.Parameter(torch.randn(width, rank)) for name in adapted})
        self.b = nn.ParameterDict({name: nn.Parameter(torch.randn(rank, width)) for name in adapted})

    def project(self, name: str, states: torch.Tensor) -> torch.Tensor:
        result = states @ self.frozen[name]
        return result + states @ self.a[name] @ self.b[name] if name in self.a else result

    def carry(self, query: torch.Tensor) -> torch.Tensor:
        """A query through the key weights: its product with a hidden state is a score."""
        weights = self.frozen["key"].T.unflatten(0, (self.heads, -1))
        result = torch.bmm(query.view(self.heads, 1, -1), weights)[:, 0]
        return result + query @ self.b["key"].T @ self.a["key"].T if "key" in self.a else result

    def out_of(self, seen: torch.Tensor) -> torch.Tensor:
        """What each head saw, through the value weights."""
        weights = self.frozen["value"].unflatten(1, (self.heads, -1)).transpose(0, 1)
        result = torch.bmm(seen[:, None], weights).view(1, -1)
        return result + seen @ self.a["value"] @ self.b["value"] if "value" in self.a else result

    def forward(self, states: torch.Tensor, *, last: bool) -> torch.Tensor:
        if last:
            first = states[:1]
            weights = torch.softmax(self.carry(self.project("query", first)) @ states.T, dim=-1)
            attended = first + self.out_of(weights @ states) @ self.frozen["out"]
        else:
            weights = torch.softmax(self.project("query", states) @ self.project("key", states).T, dim=-1)
            attended = states + weights @ self.project("value", states) @ self.frozen["out"]
        return attended + torch.relu(attended @ self.up) @ self.down


def counted(shape: EncoderShape, adapted: tuple[str, ...], rank: int, lowest: int, *, backward: bool) -> float:
    layers = [Layer(shape, adapted if number >= lowest else (), rank) for number in range(shape.layers)]
    total = 0.0
    for length in LENGTHS:
        states = torch.randn(length, shape.hidden)
        with FlopCounterMode(display=False) as counter:
            for number, layer in enumerate(layers):
                states = layer(states, last=number == shape.layers - 1)
            if backward:
                states.sum().backward()
        total += counter.get_total_flops()
    return total


@pytest.mark.parametrize(
    ("adapted", "lowest"),
    [
        (("query", "value"), 0),
        (("query", "value"), 1),
        (("query", "value"), 2),
        (("query",), 2),
        (("key",), 2),
        (("value",), 2),
        (("query", "key", "value"), 2),
        (("value",), 0),
        (("query",), 0),
        (("key",), 1),
        (("query", "key", "value"), 0),
    ],
)
def test_training_is_counted_as_autograd_does_it(adapted, lowest):
    work = training_work(SHAPE, LENGTHS, adapted=adapted, rank=4, lowest=lowest)
    assert work.total == counted(SHAPE, adapted, 4, lowest, backward=True)


def test_one_layer_is_first_and_last():
    shape = EncoderShape(layers=1, hidden=16, ffn=40, heads=1)
    work = training_work(shape, LENGTHS, rank=4)
    assert work.total == counted(shape, ("query", "value"), 4, 0, backward=True)


@pytest.mark.parametrize("heads", [1, 4])
def test_prediction_is_the_forward_pass_without_adapters(heads):
    shape = dataclasses.replace(SHAPE, heads=heads)
    assert prediction_work(shape, LENGTHS).total == counted(shape, (), 1, 0, backward=False)


def test_full_layers_of_a_stock_model_are_counted_alike(tiny_checkpoint):
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.from_pretrained(tiny_checkpoint("distilbert"), attn_implementation="eager")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        AutoModel.from_config(config)(input_ids=torch.randint(5, 999, (1, 12)))
    # The stock model runs the last layer for all tokens: one layer more than the least, less a last one.
    three, four = (prediction_work(EncoderShape(layers, 32, 64, 4), [12]).total for layers in (3, 4))
    last = prediction_work(EncoderShape(1, 32, 64, 4), [12]).total
    assert counter.get_total_flops() == 3 * (four - three)
    assert four - three > last


def test_work_adds_up():
    one, other = training_work(SHAPE, [7]), training_work(SHAPE, [12])
    assert one + other == training_work(SHAPE, [7, 12])
    assert Work(1, 2, 3).total == 6


@pytest.mark.parametrize(("adapted", "lowest"), [((), 0), (("output",), 0), (("query",), 3)])
def test_what_cannot_be_counted_is_refused(adapted, lowest):
    with pytest.raises(ValueError, match="cannot count"):
        training_work(SHAPE, [5], adapted=adapted, lowest=lowest)
