"""Further pretraining on unlabelled texts, from texts to a checkpoint that others load and `train` begins with."""

import json

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer

import tunelet
from brief import BRIEF
from tunelet.errors import DataError, ModelError, RecipeError, RunError
from tunelet.run import CheckpointFolder

pytestmark = pytest.mark.slow

WORDS = ["the ferry", "a goat", "our baker", "this lamp"], ["sings", "burns", "waits", "leaves"], ["today", "at sea"]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    random = np.random.default_rng(0)
    return [" ".join(random.choice(some) for some in WORDS) + f", {number}" for number in range(240)]


@pytest.fixture(scope="module")
def given(tiny_language_model):
    return {
        "model": tiny_language_model("distilbert"), "epochs": 3, "learning_rate": 1e-2, "batch_size": 16,
        "settings": {"model.precision": "float32"}, "device": "cpu", "quiet": True,
    }  # fmt: skip


@pytest.fixture(scope="module")
def adapted(texts, given, tmp_path_factory):
    return tunelet.adapt([*texts, *texts[:5]], out=tmp_path_factory.mktemp("adapted") / "checkpoint", **given)


def test_the_loss_of_hidden_words_in_held_out_texts_falls(adapted):
    assert adapted.held_out == 12
    assert adapted.texts == 228
    assert adapted.after < adapted.before - 0.5


def test_the_folder_says_what_was_learnt_from_and_with_what(adapted):
    data = json.loads((adapted.path / "data.json").read_text())
    assert data["dropped"] == {"repeated text": 5}
    assert {name: part["rows"] for name, part in data["parts"].items()} == {"train": 228, "held_out": 12}
    assert json.loads((adapted.path / "environment.json").read_text())["checkpoint"]["weights_sha256"]
    assert "learning_rate = 0.01" in (adapted.path / "adaptation.toml").read_text()
    last = json.loads((adapted.path / "history.jsonl").read_text().splitlines()[-1])
    assert last["validation"]["loss"] == pytest.approx(adapted.after)


def test_plain_transformers_loads_the_checkpoint_and_names_words_of_the_texts(adapted, given):
    tokenizer = AutoTokenizer.from_pretrained(adapted.path)
    inputs = tokenizer("the ferry [MASK] today", return_tensors="pt")
    place = int((inputs["input_ids"][0] == tokenizer.mask_token_id).nonzero())
    chance = {}
    for folder in (given["model"], adapted.path):
        model = AutoModelForMaskedLM.from_pretrained(folder).eval()
        with torch.no_grad():
            words = model(input_ids=inputs["input_ids"]).logits[0, place].softmax(-1)
        chance[folder] = float(sum(words[tokenizer.convert_tokens_to_ids(word)] for word in WORDS[1]))
    assert chance[adapted.path] > 2 * chance[given["model"]]
    assert AutoModel.from_pretrained(adapted.path).config.model_type == "distilbert"


def test_training_begins_with_the_checkpoint(adapted, texts, tmp_path):
    labelled = [(text, "sea" if "sea" in text else "land") for text in texts[:60]]
    run = tunelet.train(
        labelled, model=adapted.path, out=tmp_path / "run", epochs=1, device="cpu", quiet=True,
        settings={**BRIEF, "data.validation": "held-out"},
    )  # fmt: skip
    assert run.summary.model == str(adapted.path)


def test_killed_and_resumed_it_ends_in_the_same_weights(adapted, texts, given, tmp_path, monkeypatch):
    from tunelet.training import TrainingStep

    step, calls = TrainingStep.__call__, []

    def interrupted(self, batches, epoch):
        calls.append(batches)
        if len(calls) == 21:
            raise KeyboardInterrupt
        return step(self, batches, epoch)

    out = tmp_path / "checkpoint"
    often = given | {"settings": given["settings"] | {"training.checkpoint_seconds": 1e-6}}
    monkeypatch.setattr(TrainingStep, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt, match="resume=True"):
        tunelet.adapt([*texts, *texts[:5]], out=out, **often)
    monkeypatch.undo()
    with pytest.raises(RunError, match="other texts"):
        tunelet.adapt(texts[:100], out=out, resume=True, **given)
    with pytest.raises(RunError, match="another recipe"):
        tunelet.adapt(texts, out=out, resume=True, **(given | {"epochs": 4}))
    again = tunelet.adapt([*texts, *texts[:5]], out=out, resume=True, **given)
    assert again.after == adapted.after
    weights = [(folder / "model.safetensors").read_bytes() for folder in (again.path, adapted.path)]
    assert weights[0] == weights[1]
    assert not CheckpointFolder(out).partial.exists()


def test_a_name_that_is_taken_is_refused_before_any_work(adapted, texts, given):
    with pytest.raises(RunError, match="holds a finished checkpoint"):
        tunelet.adapt(texts, out=adapted.path, **given)


@pytest.mark.parametrize("key", ["evaluation.resamples", "model.layers", "adapter.dora"])
def test_a_setting_that_says_nothing_here_is_refused(texts, given, tmp_path, key):
    value = {"evaluation.resamples": 200, "model.layers": 2, "adapter.dora": True}[key]
    with pytest.raises(RecipeError, match=key):
        tunelet.adapt(texts, out=tmp_path / "out", **(given | {"settings": {key: value}}))


def test_a_single_text_is_nothing_to_learn_from(given, tmp_path):
    with pytest.raises(DataError, match="expected texts"):
        tunelet.adapt(["one", "one"], out=tmp_path / "out", **given)
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_without_the_head_leaves_nothing_behind(texts, given, tiny_checkpoint, tmp_path):
    with pytest.raises(ModelError, match="no head for masked words"):
        tunelet.adapt(texts, out=tmp_path / "out", **(given | {"model": tiny_checkpoint("distilbert")}))
    assert not list(tmp_path.iterdir())
