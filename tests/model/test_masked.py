"""A checkpoint with its head for masked words: packed as padded, and whole again once the adapter is merged."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForMaskedLM

from tunelet.checkpoint import find_checkpoint
from tunelet.data import Batch
from tunelet.errors import ModelError
from tunelet.model import new_masked_model
from tunelet.recipe import AdapterSettings, ModelSettings

pytestmark = pytest.mark.slow

LENGTHS = (5, 40, 9)
PLACES = np.array([1, 3, 7, 30, 50, 53])
ADAPTER = AdapterSettings(targets="all-linear", rank=4)


def made(folder, **settings):
    settings = ModelSettings(precision="float32", device="cpu", **settings)
    return new_masked_model(find_checkpoint(str(folder)), settings, ADAPTER, seed=1)


@pytest.fixture(scope="module")
def batch():
    return Batch(np.random.default_rng(0).integers(1000, 30000, sum(LENGTHS)), LENGTHS, np.arange(len(LENGTHS)))


def by_transformers(folder, batch) -> torch.Tensor:
    """Each text alone, in the model as Transformers builds it."""
    model = AutoModelForMaskedLM.from_pretrained(folder).eval()
    with torch.no_grad():
        rows = [model(input_ids=ids[None]).logits[0] for ids in torch.from_numpy(batch.token_ids).split(LENGTHS)]
    return torch.cat(rows)[PLACES]


def check_close(found: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize(
    ("architecture", "layers"),
    [("distilbert", "kernels"), ("bert", "kernels"), ("albert", "kernels"), ("roberta", "kernels"),
     ("electra", "kernels"), ("modernbert", "kernels"), ("deberta-v2", "modules")],
)  # fmt: skip
def test_masked_tokens_get_the_logits_of_plain_transformers(tiny_language_model, batch, architecture, layers):
    folder = tiny_language_model(architecture)
    model = made(folder)
    assert model.execution.described()["layers"].value == layers
    with torch.inference_mode():
        check_close(model.word_logits(batch, PLACES), by_transformers(folder, batch))


def test_fused_layers_give_the_gradients_of_the_modules(tiny_language_model, batch):
    gradients = []
    for packing in ("auto", "padded"):
        model = made(tiny_language_model("distilbert"), packing=packing)
        with torch.no_grad():
            for number, parameter in enumerate(model.trained_parameters().values()):
                torch.manual_seed(number)
                parameter.add_(torch.randn_like(parameter) * 0.05)
        with model.training_mode():
            model.word_logits(batch, PLACES).square().mean().backward()
        gradients.append({name: parameter.grad for name, parameter in model.trained_parameters().items()})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("architecture", ["distilbert", "albert", "modernbert"])
def test_the_merged_checkpoint_is_what_was_trained(tiny_language_model, batch, tmp_path, architecture):
    folder = tiny_language_model(architecture)
    model = made(folder)
    with torch.no_grad():
        for parameter in model.trained_parameters().values():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    with torch.inference_mode():
        trained = model.word_logits(batch, PLACES)
    assert float((trained - by_transformers(folder, batch)).abs().max()) > 1e-2
    model.merge_into(folder, tmp_path)
    check_close(by_transformers(tmp_path, batch), trained)


def test_what_else_the_checkpoint_holds_stays(tiny_language_model, tmp_path):
    from safetensors.torch import load_file, save_file

    source, merged = tmp_path / "source", tmp_path / "merged"
    source.mkdir()
    folder = tiny_language_model("bert")
    for file in folder.iterdir():
        (source / file.name).write_bytes(file.read_bytes())
    pooler = {"bert.pooler.dense.weight": torch.randn(32, 32), "bert.pooler.dense.bias": torch.randn(32)}
    save_file(load_file(source / "model.safetensors") | pooler, source / "model.safetensors", {"format": "pt"})
    (source / "1_Pooling").mkdir()
    (source / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
    (source / "modules.json").write_text('[{"path": ""}, {"path": "1_Pooling"}]')
    made(source).merge_into(source, merged)
    kept = load_file(merged / "model.safetensors")
    for name, tensor in pooler.items():
        assert torch.equal(kept[name], tensor)
    assert (merged / "1_Pooling" / "config.json").read_text() == '{"pooling_mode_mean_tokens": true}'
    assert (merged / "modules.json").exists()


def test_a_checkpoint_without_the_head_is_refused(tiny_checkpoint):
    with pytest.raises(ModelError, match="no head for masked words") as caught:
        made(tiny_checkpoint("bert"))
    assert "distilbert" in caught.value.hint
