"""What is trained: LoRA targets named by structure, the head whole, and whatever the checkpoint did not hold."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification

from encoders import ARCHITECTURES, SHARED
from tunelet.checkpoint import find_checkpoint
from tunelet.errors import ModelError
from tunelet.model import new_classifier, saved_classifier
from tunelet.model._structure import structure_of
from tunelet.model._targets import resolve_targets
from tunelet.recipe import AdapterSettings, ModelSettings, resolve_recipe

pytestmark = pytest.mark.slow

QUERY_AND_VALUE = {
    "distilbert": {"attention.q_lin", "attention.v_lin"},
    "albert": {"albert_layers.0.attention.query", "albert_layers.0.attention.value"},
    "bert": {"attention.self.query", "attention.self.value"},
    "roberta": {"attention.self.query", "attention.self.value"},
    "electra": {"attention.self.query", "attention.self.value"},
    "modernbert": {"attn.Wqkv"},
    "deberta-v2": {"attention.self.query_proj", "attention.self.value_proj"},
}


def model_of(folder: Path):
    return AutoModelForSequenceClassification.from_config(AutoConfig.from_pretrained(folder))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_targets_are_found_in_every_architecture_and_never_in_the_head(tiny_checkpoint, architecture):
    model = model_of(tiny_checkpoint(architecture))
    structure = structure_of(model)
    found = {name: resolve_targets(model, structure, name) for name in ("qv", "attention", "all-linear")}
    assert set(found["qv"].value) == QUERY_AND_VALUE[architecture]
    assert set(found["qv"].value) < set(found["attention"].value) < set(found["all-linear"].value)
    assert all(choice.reason for choice in found.values())
    for choice in found.values():
        selected = [name for name, _ in model.named_modules() if any(name.endswith(f".{e}") for e in choice.value)]
        assert selected
        assert all(name.startswith(structure.blocks) for name in selected)


def test_an_architecture_never_seen_before_is_resolved_by_walking_its_layers():
    from transformers import PretrainedConfig, PreTrainedModel

    class Mixer(nn.Module):  # neither its name nor its parts' say what they are
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.three, self.four = (nn.Linear(8, 8) for _ in range(4))

    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.self_attn = Mixer()
            self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 8)

    class Strange(PreTrainedModel):
        config_class = PretrainedConfig
        base_model_prefix = "trunk"

        def __init__(self, config: PretrainedConfig) -> None:
            super().__init__(config)
            self.trunk = nn.Module()
            self.trunk.floors = nn.ModuleList(Layer() for _ in range(3))
            self.verdict = nn.Linear(8, 2)

    model = Strange(PretrainedConfig())
    structure = structure_of(model)
    assert structure.head == ("verdict",)
    assert set(resolve_targets(model, structure, "qv").value) == {"self_attn.one", "self_attn.three"}
    assert len(resolve_targets(model, structure, "attention").value) == 4
    assert len(resolve_targets(model, structure, "all-linear").value) == 6


def test_a_target_that_is_not_there_is_refused_with_the_nearest(tiny_checkpoint):
    model = model_of(tiny_checkpoint("distilbert"))
    with pytest.raises(ModelError, match=r"q_lim.*did you mean 'q_lin'"):
        resolve_targets(model, structure_of(model), ["q_lim"])


def test_a_listed_target_in_the_head_is_refused(tiny_checkpoint):
    model = model_of(tiny_checkpoint("distilbert"))
    with pytest.raises(ModelError, match="pre_classifier"):
        resolve_targets(model, structure_of(model), ["pre_classifier"])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_whole_head_is_trained_and_the_trunk_is_not(tiny_checkpoint, architecture):
    checkpoint = find_checkpoint(str(tiny_checkpoint(architecture)))
    classifier = new_classifier(checkpoint, ("a", "b"), ModelSettings(), AdapterSettings(), seed=1)
    plain = model_of(tiny_checkpoint(architecture))
    structure = structure_of(plain)
    head = sum(p.numel() for name in structure.head for p in plain.get_submodule(name).parameters())
    trained = classifier.trained_parameters()
    assert sum(p.numel() for name, p in trained.items() if classifier.is_head(name)) == head
    assert all(classifier.is_head(name) or "lora_" in name for name in trained)


def test_what_the_checkpoint_did_not_hold_is_trained_too(tiny_checkpoint, tmp_path):
    folder = shutil.copytree(tiny_checkpoint("bert"), tmp_path / "no-pooler")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: value for name, value in weights.items() if "pooler" not in name},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    classifier = new_classifier(find_checkpoint(str(folder)), ("a", "b"), ModelSettings(), AdapterSettings(), seed=1)
    assert any("pooler" in name for name in classifier.trained_parameters())
    assert classifier.module.peft_config["default"].modules_to_save == ["classifier", "bert.pooler"]


def test_weights_missing_inside_a_layer_are_an_error(tiny_checkpoint, tmp_path):
    folder = shutil.copytree(tiny_checkpoint("bert"), tmp_path / "holes")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: value for name, value in weights.items() if "layer.1.output.dense" not in name},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    with pytest.raises(ModelError, match="2 weights of the layers are missing"):
        new_classifier(find_checkpoint(str(folder)), ("a", "b"), ModelSettings(), AdapterSettings(), seed=1)


def test_a_head_trained_for_other_labels_is_replaced(tiny_checkpoint, tmp_path):
    from transformers import AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(tiny_checkpoint("bert"), num_labels=5)
    model.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny_checkpoint("bert")).save_pretrained(tmp_path)
    classifier = new_classifier(find_checkpoint(str(tmp_path)), ("a", "b"), ModelSettings(), AdapterSettings(), seed=1)
    assert classifier.base.config.num_labels == 2


def test_head_and_adapter_depend_on_the_seed_alone(tiny_checkpoint):
    checkpoint = find_checkpoint(str(tiny_checkpoint("distilbert")))
    one, same, other = (
        new_classifier(checkpoint, ("a", "b"), ModelSettings(), AdapterSettings(), seed=seed).trained_parameters()
        for seed in (1, 1, 2)
    )
    assert all(torch.equal(value, same[name]) for name, value in one.items())
    assert not all(torch.equal(value, other[name]) for name, value in one.items())


def test_equal_adapters_are_described_in_equal_bytes(tiny_checkpoint, tmp_path):
    checkpoint = find_checkpoint(str(tiny_checkpoint("bert")))
    adapter = AdapterSettings(targets="all-linear")
    new_classifier(checkpoint, ("a", "b"), ModelSettings(), adapter, seed=1).save(tmp_path)
    targets = json.loads((tmp_path / "adapter_config.json").read_text())["target_modules"]
    assert len(targets) == 6
    assert targets == sorted(targets)  # not in the order of a set, which is another in each process


@pytest.mark.parametrize("method", ["lora", "head", "full"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_saved_weights_that_are_no_numbers_are_refused(tiny_checkpoint, tmp_path, method, value):
    checkpoint = find_checkpoint(str(tiny_checkpoint("distilbert")))
    classifier = new_classifier(checkpoint, ("a", "b"), ModelSettings(), AdapterSettings(method=method), seed=1)
    with torch.no_grad():
        next(reversed(classifier.trained_parameters().values())).view(-1)[-1] = value
    classifier.save(tmp_path)
    with pytest.raises(ModelError, match="not all finite numbers"):
        saved_classifier(checkpoint, tmp_path, ("a", "b"), ModelSettings(), method, seed=1)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/models, which is absent")
@pytest.mark.parametrize(
    ("model", "recipe", "trained"),
    [
        ("distilbert-base-uncased", "distilbert-imdb-10k", 739_586),
        # one shared layer: 2 matrices of (768 + 768) * 8, and a classifier of 768 * 2 + 2
        ("albert-base-v2", "albert-imdb-2k", 26_114),
    ],
)
def test_trained_parameters_on_the_genuine_configs(model, recipe, trained):
    checkpoint = find_checkpoint(str(SHARED / "models" / model), random_weights=True)
    settings = ModelSettings(random_weights=True)
    adapter = resolve_recipe(recipe).adapter.model_copy(update={"targets": "qv", "rank": 8})
    classifier = new_classifier(checkpoint, ("negative", "positive"), settings, adapter, seed=1)
    assert classifier.parameter_counts()[0] == trained


@pytest.mark.parametrize("kind", ["t5", "llama", "gpt2"])
def test_what_generates_text_is_refused_as_no_encoder(tmp_path, kind):
    from encoders import minilm_folder

    particular = {
        "t5": {"d_model": 32, "d_ff": 64, "num_layers": 2, "num_heads": 2, "d_kv": 16},
        "llama": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2},
        "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 2},
    }[kind]
    AutoConfig.for_model(kind, vocab_size=30522, **particular).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(minilm_folder() / name, tmp_path / name)
    checkpoint = find_checkpoint(str(tmp_path), random_weights=True)
    with pytest.raises(ModelError, match=f"expected an encoder, found {kind}, which generates text"):
        new_classifier(checkpoint, ("a", "b"), ModelSettings(random_weights=True), AdapterSettings(), seed=1)


def test_a_peft_that_takes_no_layers_of_others_is_told():
    from types import SimpleNamespace

    from tunelet.errors import ModelError
    from tunelet.model._adapter import use_own_layer

    with pytest.raises(ModelError, match=r"takes no layers of others; pip install 'peft>="):
        use_own_layer(SimpleNamespace())
