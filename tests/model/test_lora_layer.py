"""The linear module with LoRA inside PEFT's own layer: the same values, gradients, files and merges."""

import copy

import peft
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn

from tensors import assert_near, random_tensor
from tunelet.model._lora_layer import LoraLinear


def adapted(custom: bool, model: nn.Module | None = None, **settings) -> PeftModel:
    """Two linear modules with LoRA whose B is not zero, from the same random numbers for either layer."""
    torch.manual_seed(0)
    model = copy.deepcopy(model) if model else nn.Sequential(nn.Linear(16, 24), nn.GELU(), nn.Linear(24, 16))
    config = LoraConfig(r=4, lora_alpha=6, target_modules=["0", "2"], **settings)
    if custom:
        config._register_custom_module({nn.Linear: LoraLinear})
    wrapped = get_peft_model(model, config)
    with torch.no_grad():
        for name, parameter in wrapped.named_parameters():
            if "lora_B" in name:
                parameter.normal_()
    kinds = {type(module) for module in wrapped.modules() if isinstance(module, peft.tuners.lora.LoraLayer)}
    assert kinds == {LoraLinear if custom else peft.tuners.lora.Linear}
    return wrapped


@pytest.mark.parametrize(
    "settings",
    [{}, {"use_rslora": True}, {"use_dora": True}, {"lora_dropout": 0.5}, {"bias": "all"}, {"bias": "lora_only"},
     {"lora_bias": True}],
    ids=str,
)  # fmt: skip
def test_every_kind_of_adapter_gives_the_values_and_gradients_of_pefts_own_layer(settings):
    results = []
    for custom in (True, False):
        model, x = adapted(custom, **settings), random_tensor(3, 5, 16).requires_grad_()
        model.train()
        torch.manual_seed(1)  # of dropout
        output = model(x)
        output.square().sum().backward()
        assert x.grad is not None
        gradients = {name: p.grad for name, p in model.named_parameters() if p.requires_grad}
        results.append((output, x.grad, gradients))
    (ours, our_input, our_gradients), (theirs, their_input, their_gradients) = results
    assert_near(ours, theirs)
    assert_near(our_input, their_input)
    assert our_gradients.keys() == their_gradients.keys()
    for name, gradient in their_gradients.items():
        assert gradient is not None
        assert our_gradients[name] is not None, name
        assert_near(our_gradients[name], gradient)


def test_what_one_layer_saves_the_other_loads(tmp_path):
    x = random_tensor(5, 16)
    for custom in (True, False):
        saved = adapted(custom)
        saved.save_pretrained(tmp_path / str(custom))
        torch.manual_seed(0)
        plain = nn.Sequential(nn.Linear(16, 24), nn.GELU(), nn.Linear(24, 16))
        config = LoraConfig.from_pretrained(str(tmp_path / str(custom)))
        if not custom:
            config._register_custom_module({nn.Linear: LoraLinear})
        loaded = PeftModel.from_pretrained(plain, str(tmp_path / str(custom)), config=config)
        assert_near(loaded(x), saved(x))


def test_merging_unmerging_and_disabling_agree_with_pefts_own_layer():
    x, (ours, theirs) = random_tensor(5, 16), (adapted(custom) for custom in (True, False))
    before = ours(x)
    assert_near(before, theirs(x))
    with ours.disable_adapter(), theirs.disable_adapter():
        assert_near(ours(x), theirs(x))
        assert not torch.allclose(ours(x), before)
    for act in ("merge_adapter", "unmerge_adapter"):
        for model in (ours, theirs):
            getattr(model, act)()
        assert_near(ours(x), theirs(x))
        assert_near(ours(x), before)
    assert_near(ours.merge_and_unload()(x), theirs.merge_and_unload()(x))


def test_a_second_adapter_alone_and_with_the_first_agrees_with_pefts_own_layer():
    x, models = random_tensor(5, 16), [adapted(custom) for custom in (True, False)]
    for model in models:
        torch.manual_seed(3)
        config = LoraConfig(r=2, target_modules=["0"], init_lora_weights=False)
        if model is models[0]:
            config._register_custom_module({nn.Linear: LoraLinear})
        model.add_adapter("other", config)
    for active in ("default", "other", ["default", "other"]):
        for model in models:
            model.base_model.set_adapter(active)
        assert_near(models[0](x), models[1](x))


def test_a_frozen_weight_that_is_trained_after_all_gets_its_gradient():
    model = adapted(True)
    weight = model.base_model.model[0].base_layer.weight.requires_grad_()
    model(random_tensor(5, 16)).sum().backward()
    assert weight.grad is not None


def test_the_low_rank_parts_are_told_only_where_they_are_all_there_is():
    layer = adapted(True).base_model.model[0]
    a, b, scale = layer.low_rank()
    assert (a.shape, b.shape, scale) == ((4, 16), (24, 4), 1.5)
    layer.merge()
    assert layer.low_rank() is None
    layer.unmerge()
    layer.enable_adapters(False)
    assert layer.low_rank() is None
    for settings in ({"use_dora": True}, {"lora_dropout": 0.1}, {"lora_bias": True}):
        assert adapted(True, **settings).base_model.model[0].low_rank() is None
