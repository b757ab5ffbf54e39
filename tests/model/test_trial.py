"""The trial of how a model can run: what it refuses, and that it leaves the model as it was."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel

from tunelet.model._structure import structure_of
from tunelet.model.execution import padded_inputs
from tunelet.model.execution._trial import Trial

LENGTHS = (5, 20, 1)


class OtherNames(nn.Module):
    """Embeddings that take the same tensors under names of their own, as foreign code may have them."""

    def __init__(self, embeddings: nn.Module) -> None:
        super().__init__()
        self.embeddings = embeddings

    def forward(self, ids: torch.Tensor, vectors: torch.Tensor | None, places: torch.Tensor | None) -> torch.Tensor:
        embedded: torch.Tensor = self.embeddings(ids, vectors, places)
        return embedded


@pytest.fixture
def model(tiny_checkpoint: Callable[[str], Path]) -> PreTrainedModel:
    torch.manual_seed(0)
    loaded: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(tiny_checkpoint("distilbert"))
    return loaded.eval()


def padded_logits(model: PreTrainedModel) -> torch.Tensor:
    token_ids = torch.randint(1000, 2000, (sum(LENGTHS),), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        logits: torch.Tensor = model(**padded_inputs(token_ids, LENGTHS, 0)).logits
    return logits


@pytest.mark.parametrize("training", [False, True])
def test_a_model_is_left_as_it_was(model, training):
    before, attention = padded_logits(model), model.config._attn_implementation
    trial = Trial(model.train(training), structure_of(model))
    packing = trial.packing("auto")
    assert packing.value is not None
    assert trial.fused(packing.value).value is not None
    assert model.training == training
    assert model.config._attn_implementation == attention
    assert all("forward" not in vars(module) for module in model.modules())
    assert torch.equal(padded_logits(model.eval()), before)


def test_packed_and_fused_execution_are_installed_one_over_the_other_and_removed(model):
    trial = Trial(model, structure_of(model))
    before, packing = padded_logits(model), trial.packing("auto").value
    assert packing is not None
    fused = trial.fused(packing).value
    assert fused is not None
    inputs = packing.inputs(torch.arange(1000, 1026), LENGTHS)
    packing.install(model)
    with torch.no_grad():
        packed = model(**inputs).logits
        fused.install("float32", torch.float32)
        torch.testing.assert_close(model(**inputs).logits, packed, rtol=0, atol=1e-5)
    fused.remove()
    packing.remove(model)
    assert torch.equal(padded_logits(model), before)


def test_layers_are_not_fused_where_the_embeddings_take_other_arguments(model):
    model.distilbert.embeddings = OtherNames(model.distilbert.embeddings)
    trial = Trial(model, structure_of(model))
    packing = trial.packing("auto").value
    assert packing is not None
    fused = trial.fused(packing)
    assert fused.value is None
    assert "TypeError" in fused.reason


def test_layers_are_not_fused_where_the_model_changes_its_embeddings_before_the_first_layer(model):
    def doubled(_: nn.Module, args: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        twice = {name: 2 * value for name, value in given.items() if name == "hidden_states"}
        return tuple(2 * value if isinstance(value, torch.Tensor) else value for value in args), given | twice

    model.distilbert.transformer.register_forward_pre_hook(doubled, with_kwargs=True)
    trial = Trial(model, structure_of(model))
    packing = trial.packing("auto").value
    assert packing is not None
    fused = trial.fused(packing)
    assert fused.value is None
    assert "other logits" in fused.reason


@pytest.fixture
def first_deberta() -> PreTrainedModel:
    """DeBERTa's first version, whose attention is neither a function that can be replaced nor that of the second."""
    config = AutoConfig.for_model(
        "deberta", vocab_size=2000, hidden_size=32, num_attention_heads=4, intermediate_size=64, num_hidden_layers=2,
        max_position_embeddings=160, relative_attention=True, pos_att_type=["p2c", "c2p"],
    )  # fmt: skip
    made: PreTrainedModel = AutoModelForSequenceClassification.from_config(config)
    return made.eval()


@pytest.mark.parametrize("wanted", ["auto", "packed"])
def test_a_model_with_attention_of_its_own_runs_padded_with_the_reason(first_deberta, wanted):
    model = first_deberta
    trial = Trial(model, structure_of(model))
    packing = trial.packing(wanted)
    assert packing.value is None
    assert "attention" in packing.reason
    assert trial.fused(packing.value).value is None


@pytest.mark.parametrize("change", ["a convolution after the first layer", "no relative positions"])
def test_disentangled_attention_with_more_to_it_runs_padded(tiny_checkpoint, change):
    config = AutoConfig.from_pretrained(tiny_checkpoint("deberta-v2"))
    given = (
        {"conv_kernel_size": 3} if "conv" in change else {"relative_attention": False, "position_biased_input": True}
    )
    for name, value in given.items():
        setattr(config, name, value)
    model = AutoModelForSequenceClassification.from_config(config).eval()
    trial = Trial(model, structure_of(model))
    assert trial.packing("auto").value is None


def test_disentangled_attention_runs_packed_and_is_put_back(tiny_checkpoint):
    model = AutoModelForSequenceClassification.from_pretrained(tiny_checkpoint("deberta-v2")).eval()
    before = padded_logits(model)
    trial = Trial(model, structure_of(model))
    packing = trial.packing("auto").value
    assert packing is not None
    assert packing.attention(torch.device("cpu"), torch.float32, 8).value == "batched products"
    assert trial.fused(packing).value is None
    packing.install(model)
    with torch.no_grad():
        packed = model(**packing.inputs(torch.arange(1000, 1026), LENGTHS)).logits
        alone = [
            model(**packing.inputs(torch.arange(1000 + begin, 1000 + end), (end - begin,))).logits
            for begin, end in ((0, 5), (5, 25), (25, 26))
        ]
    torch.testing.assert_close(torch.cat(alone), packed, rtol=0, atol=1e-5)
    packing.remove(model)
    assert torch.equal(padded_logits(model), before)
