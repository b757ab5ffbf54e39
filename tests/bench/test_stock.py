"""The stock arm starts from tunelet's weights and inherits nothing else of it."""

from multiprocessing import forkserver

import pytest
import torch

import bench_jobs
from tunelet.bench.harness._worker import run_once
from tunelet.bench.rivals._stock import adapted_model, merged_model
from tunelet.data import gather
from tunelet.model import new_classifier, padded_inputs
from tunelet.recipe import AdapterSettings, ModelSettings

pytestmark = pytest.mark.slow


def tunelet_model(subject):
    settings = ModelSettings(precision="float32", device="cpu", random_weights=subject.random_weights)
    return new_classifier(subject.checkpoint, subject.label_names, settings, AdapterSettings(), seed=subject.seed)


@pytest.mark.parametrize(("architecture", "random_weights"), [("distilbert", False), ("albert", True), ("bert", False)])
def test_initial_weights_are_tunelets(subjects, architecture, random_weights):
    subject, facts = subjects(architecture, random_weights)
    ours = tunelet_model(subject)
    stock = adapted_model(subject, attention="eager", dropout=False)
    trained = {name: p.detach() for name, p in stock.named_parameters() if p.requires_grad}
    expected = {name: p.detach() for name, p in ours.trained_parameters().items()}
    assert trained.keys() == expected.keys()
    assert sum(p.numel() for p in trained.values()) == facts.trained_parameters
    assert all(torch.equal(trained[name], expected[name]) for name in expected)
    batch = gather(subject.tokens(), torch.arange(6).numpy())
    inputs = padded_inputs(torch.from_numpy(batch.token_ids), batch.lengths, 0)
    with torch.no_grad():
        difference = (stock.eval()(**inputs).logits - ours.logits(batch)).abs().max()
    assert difference < 1e-5


def test_dropout_is_the_configs_or_none(subjects):
    subject, _ = subjects("bert", False)

    def highest(*, dropout: bool) -> float:
        model = adapted_model(subject, attention=None, dropout=dropout)
        return max(module.p for module in model.modules() if isinstance(module, torch.nn.Dropout))

    assert highest(dropout=True) == 0.1
    assert highest(dropout=False) == 0.0


def test_a_base_in_bfloat16_keeps_adapters_in_float32(subjects):
    subject, _ = subjects("distilbert", False)
    model = adapted_model(subject, attention=None, half=True)
    kinds = {name: p.dtype for name, p in model.named_parameters() if "lora_" in name or "ffn" in name}
    assert {kind for name, kind in kinds.items() if "lora_" in name} == {torch.float32}
    assert {kind for name, kind in kinds.items() if "ffn" in name} == {torch.bfloat16}


def test_a_merged_model_is_a_plain_one(subjects):
    subject, _ = subjects("distilbert", False)
    assert not any("lora_" in name for name, _ in merged_model(subject, attention="sdpa").named_parameters())


def test_a_stock_process_has_none_of_tunelets_set_up(subjects, monkeypatch):
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
    subject, _ = subjects("distilbert", False)
    forkserver._forkserver._stop()  # another test's may have loaded more before it forks
    assert run_once(bench_jobs.oddities_of_stock, subject) == ([], None)
