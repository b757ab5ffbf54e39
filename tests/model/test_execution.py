"""Packed and padded execution of every architecture give the same logits and gradients; so does the saved adapter."""

import pytest
import torch
from peft import PeftModel
from transformers import AutoConfig, AutoModelForSequenceClassification

from classifiers import NAMES, classifier_of, disturb, logits_and_gradients, random_batch
from encoders import ARCHITECTURES, minilm_folder
from tunelet.checkpoint import find_checkpoint
from tunelet.model import padded_inputs, saved_classifier
from tunelet.recipe import ModelSettings

pytestmark = pytest.mark.slow

MODELS = (*ARCHITECTURES, "minilm")


@pytest.fixture
def folder_of(tiny_checkpoint):
    return lambda model: minilm_folder() if model == "minilm" else tiny_checkpoint(model)


@pytest.mark.parametrize("targets", ["qv", "all-linear"])
@pytest.mark.parametrize("model", MODELS)
def test_packed_and_padded_agree(folder_of, model, targets):
    results = []
    for packing in ("auto", "padded"):
        classifier = classifier_of(folder_of(model), packing, targets=targets, rank=4)
        disturb(classifier)
        assert (classifier.packing is None) == (packing == "padded")
        assert classifier.execution.packing.reason
        results.append(logits_and_gradients(classifier, random_batch(classifier)))
    (packed, packed_gradients), (padded, padded_gradients) = results
    assert packed.std() > 1e-3  # logits that say something
    torch.testing.assert_close(packed, padded, rtol=0, atol=1e-5)
    assert packed_gradients.keys() == padded_gradients.keys()
    for name, gradient in padded_gradients.items():
        difference = (packed_gradients[name] - gradient).norm() / gradient.norm().clamp_min(1e-12)
        assert difference <= 1e-4, name


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_both_poolings_of_modernbert_run_packed(tiny_checkpoint, tmp_path, pooling):
    import json
    import shutil

    folder = shutil.copytree(tiny_checkpoint("modernbert"), tmp_path / pooling)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"classifier_pooling": pooling}))
    packed, padded = (classifier_of(folder, packing) for packing in ("packed", "padded"))
    assert packed.packing is not None
    batch = random_batch(packed)
    torch.testing.assert_close(packed.logits(batch), padded.logits(batch), rtol=0, atol=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_plain_peft_on_a_plain_model_gives_the_same_probabilities_and_label_names(folder_of, model, tmp_path):
    classifier = classifier_of(folder_of(model))
    disturb(classifier)
    batch = random_batch(classifier)
    classifier.save(tmp_path / "adapter")
    with torch.no_grad():
        ours = torch.softmax(classifier.logits(batch), dim=-1)
        plain = AutoModelForSequenceClassification.from_pretrained(
            folder_of(model), config=AutoConfig.from_pretrained(tmp_path / "adapter"), dtype=torch.float32
        )
        loaded = PeftModel.from_pretrained(plain, tmp_path / "adapter").eval()
        inputs = padded_inputs(torch.from_numpy(batch.token_ids), batch.lengths, 0)
        theirs = torch.softmax(loaded(**inputs).logits, dim=-1)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
    assert loaded.config.id2label == dict(enumerate(NAMES))
    assert not list(tmp_path.rglob("*.bin"))


@pytest.mark.parametrize("init", ["gaussian", "orthogonal", "pissa", "olora"])
@pytest.mark.parametrize("variant", [{}, {"dora": True}, {"rank_stabilised": True}], ids=str)
def test_every_initialisation_and_variant_is_saved_and_loaded(tiny_checkpoint, tmp_path, init, variant):
    folder = tiny_checkpoint("distilbert")
    classifier = classifier_of(folder, init=init, rank=4, **variant)
    disturb(classifier)
    batch = random_batch(classifier)
    classifier.save(tmp_path / "adapter")
    checkpoint = find_checkpoint(str(folder))
    again = saved_classifier(
        checkpoint, tmp_path / "adapter", NAMES, ModelSettings(precision="float32"), "lora", seed=3
    )
    torch.testing.assert_close(classifier.logits(batch), again.logits(batch), rtol=0, atol=1e-5)


@pytest.mark.parametrize("method", ["head", "full"])
def test_other_methods_are_saved_as_plain_checkpoints(tiny_checkpoint, tmp_path, method):
    folder = tiny_checkpoint("bert")
    classifier = classifier_of(folder, method=method)
    disturb(classifier)
    batch = random_batch(classifier)
    classifier.save(tmp_path / "model")
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model", dtype=torch.float32).eval()
    with torch.no_grad():
        theirs = plain(**padded_inputs(torch.from_numpy(batch.token_ids), batch.lengths, 0)).logits
    torch.testing.assert_close(classifier.logits(batch).detach(), theirs, rtol=0, atol=1e-5)
    assert plain.config.id2label == dict(enumerate(NAMES))


@pytest.mark.parametrize("model", MODELS)
def test_bfloat16_is_close_and_what_is_trained_stays_float32(folder_of, model):
    exact = classifier_of(folder_of(model))
    half = classifier_of(folder_of(model), precision="bfloat16")
    batch = random_batch(exact)
    assert {p.dtype for p in half.trained_parameters().values()} == {torch.float32}
    assert torch.bfloat16 in {p.dtype for p in half.module.parameters()}
    reference = exact.logits(batch)
    assert (half.logits(batch) - reference).abs().max() <= 0.1 * reference.abs().max()


def test_only_what_is_trained_runs_with_dropout(tiny_checkpoint):
    classifier = classifier_of(tiny_checkpoint("bert"), dropout=0.1)
    with classifier.training_mode():
        training = {name for name, module in classifier.module.named_modules() if module.training and "drop" in name}
    assert training
    assert all("lora_dropout" in name or name.endswith("model.dropout") for name in training)
    assert not classifier.module.training


def test_a_model_in_training_predicts_with_the_adapters_of_now_and_a_settled_one_with_those_it_had(tiny_checkpoint):
    classifier = classifier_of(tiny_checkpoint("bert"))
    batch = random_batch(classifier)

    def after_a_change():
        with torch.no_grad():
            for name, parameter in classifier.trained_parameters().items():
                if "lora_B" in name:
                    parameter.add_(0.05)
        with classifier.prediction_mode():
            return classifier.logits(batch)

    earlier, later = after_a_change(), after_a_change()
    assert not torch.equal(earlier, later)
    classifier.fused.settle()
    assert torch.equal(after_a_change(), later)
