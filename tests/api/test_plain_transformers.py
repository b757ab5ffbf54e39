"""What a run leaves is loaded by Transformers and PEFT alone, in one line, with the names of its labels."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoConfig, AutoModelForSequenceClassification, pipeline

import tunelet
from brief import BRIEF
from tunelet import Classifier, Run

pytestmark = pytest.mark.slow

LABELS = ("bad", "fair", "good")
TEXTS = [(f"a {label} loaf, visit {n}", label) for n in range(12) for label in LABELS]
OWN_HEAD = {"training.probe": False, "model.pooling": "first"}  # that of the architecture, as Transformers builds it
QUICK = {
    "training.epochs": 1, "training.head_learning_rate": 0.01, **BRIEF,
    "data.validation": "held-out", "evaluation.baseline": False, "model.precision": "float32",
}  # fmt: skip


def trained(checkpoint: Path, out: Path, **settings: object) -> Run:
    return tunelet.train(TEXTS, model=checkpoint, settings=QUICK | settings, out=out, quiet=True)


@pytest.mark.parametrize("architecture", ["distilbert", "albert", "roberta"])
def test_an_adapter_folder_loads_in_one_line_with_its_label_names(tiny_checkpoint, tmp_path, architecture):
    run = trained(tiny_checkpoint(architecture), tmp_path / "run", **OWN_HEAD)
    folder = shutil.copytree(run.path / "adapter", tmp_path / "elsewhere" / "adapter")
    expected = torch.tensor(Classifier.load(run).probabilities(["a good loaf"], calibrated=False)[0])
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    assert model.config.id2label == dict(enumerate(LABELS))
    (found,) = pipeline("text-classification", str(folder), top_k=None)(["a good loaf"])
    scores = torch.tensor([{entry["label"]: entry["score"] for entry in found}[label] for label in LABELS])
    torch.testing.assert_close(scores.double(), expected, rtol=0, atol=1e-5)
    assert not list(folder.glob("model*.safetensors"))  # the base model is not copied


def test_peft_loads_the_same_folder_on_a_base(tiny_checkpoint, tmp_path):
    checkpoint = tiny_checkpoint("distilbert")
    run = trained(checkpoint, tmp_path / "run", **OWN_HEAD)
    config = AutoConfig.from_pretrained(run.path / "adapter")
    base = AutoModelForSequenceClassification.from_pretrained(checkpoint, config=config)
    model = PeftModel.from_pretrained(base, run.path / "adapter").eval()
    plain = AutoModelForSequenceClassification.from_pretrained(run.path / "adapter")
    tokens = torch.tensor([[101, 2204, 7729, 102]])
    torch.testing.assert_close(model(tokens).logits, plain(tokens).logits)


def test_a_whole_model_loads_in_one_line_too(tiny_checkpoint, tmp_path):
    run = trained(tiny_checkpoint("bert"), tmp_path / "run", **OWN_HEAD, **{"adapter.method": "full"})
    (found,) = pipeline("text-classification", str(run.path / "model"), top_k=1)(["a good loaf"])
    assert found[0]["label"] in LABELS


def test_an_adapter_of_random_weights_is_not_put_on_others(tiny_checkpoint, tmp_path):
    run = trained(tiny_checkpoint("distilbert"), tmp_path / "run", **OWN_HEAD, **{"model.random_weights": True})
    with pytest.raises(OSError, match=r"model\.safetensors"):
        AutoModelForSequenceClassification.from_pretrained(run.path / "adapter")


@pytest.mark.parametrize(
    ("settings", "folder"),
    [({}, "adapter"), ({"model.pooling": "mean"}, "adapter"), ({"adapter.method": "head"}, "model")],
    ids=["default", "mean", "head"],
)
def test_a_linear_head_loads_in_one_line_of_sentence_transformers(tiny_checkpoint, tmp_path, settings, folder):
    from sentence_transformers import SentenceTransformer

    run = trained(tiny_checkpoint("bert"), tmp_path / "run", **settings)
    texts = ["a good loaf", "bad, visit 7"]
    expected = torch.tensor(Classifier.load(run).probabilities(texts, calibrated=False))
    moved = shutil.copytree(run.path / folder, tmp_path / "elsewhere")
    logits = SentenceTransformer(str(moved), device="cpu").encode(texts, convert_to_tensor=True)
    torch.testing.assert_close(logits.softmax(dim=1).double(), expected, rtol=0, atol=1e-5)
    labels = json.loads((moved / "config.json").read_text())["id2label"]
    assert [labels[str(index)] for index in range(3)] == list(LABELS)
