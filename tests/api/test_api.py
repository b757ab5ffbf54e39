"""The Python API on real texts with a real encoder: train, read the run back, classify, evaluate."""

import json

import numpy as np
import pandas as pd
import pytest

import tunelet
from brief import BRIEF
from encoders import minilm_folder
from tunelet import Classifier, Run, TuneletError
from tunelet.data import read
from tunelet.evaluation import measure
from tunelet.recipe import load_recipe

pytestmark = pytest.mark.slow

QUICK = {
    "data.max_length": 64,
    "training.epochs": 1,
    "training.batch_size": 8,
    "evaluation.resamples": 200,
    "data.validation": "held-out",
}
OTHER = QUICK | BRIEF  # runs of which a single thing is looked at
ROWS, TEST = (
    [(f"a {word} film, {part} {n}", label) for n in range(10) for word, label in (("fine", "good"), ("dull", "bad"))]
    for part in ("part", "reel")
)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    out = tmp_path_factory.mktemp("api") / "run"
    return tunelet.train("sample", model=minilm_folder(), settings=QUICK, limit=120, out=out, quiet=True)


def test_the_run_folder_holds_what_it_should(run):
    names = {path.relative_to(run.path).as_posix() for path in run.path.rglob("*") if path.is_file()}
    assert names >= {
        "recipe.toml", "environment.json", "data.json", "history.jsonl", "predictions.parquet", "metrics.json",
        "adapter/adapter_config.json", "adapter/adapter_model.safetensors", "adapter/config.json",
        "tokenizer/tokenizer.json",
    }  # fmt: skip
    assert not any(name.endswith((".bin", ".pt", ".pkl")) or name.startswith((".", "checkpoints")) for name in names)
    assert load_recipe(run.path / "recipe.toml") == run.recipe
    assert run.recipe.data.limit == 120


def test_metrics_are_those_of_the_predictions_in_the_folder(run):
    assert run.metrics == measure(run.predictions, resamples=200, seed=1)
    assert run.summary.evaluated_on == "test"
    assert run.metrics.n == len(read("sample").splits["test"])
    assert run.metrics.accuracy_ci[0] <= run.metrics.accuracy <= run.metrics.accuracy_ci[1]


def test_the_loaded_classifier_gives_the_probabilities_of_training(run):
    test = read("sample").splits["test"]
    classifier = Classifier.load(run.path)
    assert test.ids == run.predictions.ids
    np.testing.assert_array_equal(classifier.probabilities(test.texts), run.predictions.probabilities)


def test_predictions_carry_label_names_and_sum_to_one(run):
    classifier = Classifier.load(run)
    texts = ["A joy.", "", "x" * 100_000, "Größe 🎬 שלום <br /> &amp;"]
    predictions = classifier.predict(texts)
    assert len(predictions) == 4
    assert all(set(prediction.probabilities) == {"negative", "positive"} for prediction in predictions)
    empty = predictions[1]
    assert empty.label is None
    assert np.isnan([empty.probability, *empty.probabilities.values()]).all()
    for prediction in (predictions[0], *predictions[2:]):
        assert sum(prediction.probabilities.values()) == pytest.approx(1)
        assert prediction.probability == max(prediction.probabilities.values())
        assert prediction.probabilities[prediction.label] == prediction.probability
    assert classifier.predict([]) == []
    assert classifier.predict("A joy.")[0].label == predictions[0].label
    with pytest.raises(TuneletError, match="text 1: expected a string, found int"):
        classifier.predict(["fine", 3])


def test_evaluate_repeats_the_metrics_of_the_run(run):
    found = tunelet.evaluate(run.path, "sample")
    assert found.metrics == run.metrics
    assert found.to_dict().items() >= run.metrics.to_dict().items()


def test_evaluate_refuses_labels_that_the_run_does_not_know(run):
    with pytest.raises(TuneletError, match=r"label 'mixed' was not among the labels trained on \(negative, positive\)"):
        tunelet.evaluate(run, [("so so", "mixed"), ("good", "positive")])


@pytest.mark.parametrize("method", ["full", "head"])
def test_other_methods_train_save_and_load(tmp_path, tiny_checkpoint, method):
    settings, model = OTHER | {"adapter.method": method}, tiny_checkpoint("bert")
    run = tunelet.train(ROWS, test=TEST, model=model, settings=settings, out=tmp_path / "run", quiet=True)
    again = Classifier.load(run).probabilities([text for text, _ in TEST])
    np.testing.assert_allclose(again, run.predictions.probabilities, atol=1e-6)


def test_frames_lists_and_more_than_two_classes(tmp_path, tiny_checkpoint):
    words = {"sport": "goal match team", "food": "soup bread salt", "weather": "rain wind sun"}
    rows = [(f"{words[label]} number {n}", label) for n in range(12) for label in words]
    frame = pd.DataFrame(rows, columns=["text", "label"])
    settings = OTHER | {"training.seed": 5}
    results = []
    for name, data in (("list", rows), ("frame", frame)):
        run = tunelet.train(data, model=tiny_checkpoint("bert"), settings=settings, out=tmp_path / name, quiet=True)
        results.append(run.metrics)
        assert run.label_names == ("food", "sport", "weather")
        assert run.summary.evaluated_on == "validation"
    assert results[0] == results[1]


def test_an_adapter_is_not_put_on_other_weights(tmp_path, tiny_checkpoint):
    import shutil

    import torch
    from safetensors.torch import load_file, save_file

    base = shutil.copytree(tiny_checkpoint("distilbert"), tmp_path / "base")
    run = tunelet.train(ROWS, model=base, settings=OTHER, out=tmp_path / "run", quiet=True)
    weights = load_file(base / "model.safetensors")
    changed = {name: torch.zeros_like(value) for name, value in weights.items()}
    save_file(changed, base / "model.safetensors", {"format": "pt"})
    with pytest.raises(TuneletError, match="not the weights that"):
        Classifier.load(run)


def test_random_weights_are_made_again_from_the_seed(tmp_path, tiny_checkpoint):
    import shutil

    base = shutil.copytree(tiny_checkpoint("albert"), tmp_path / "base")
    (base / "model.safetensors").unlink()
    settings = OTHER | {"model.random_weights": True}
    run = tunelet.train(ROWS, test=TEST, model=base, settings=settings, out=tmp_path / "run", quiet=True)
    assert run.summary.random_weights is True
    again = Classifier.load(run).probabilities([text for text, _ in TEST])
    np.testing.assert_allclose(again, run.predictions.probabilities, atol=1e-6)


def test_a_quiet_run_prints_nothing(tmp_path, tiny_checkpoint, capfd):
    tunelet.train(ROWS, model=tiny_checkpoint("bert"), settings=OTHER, out=tmp_path / "run", quiet=True)
    assert capfd.readouterr() == ("", "")


def test_the_history_tells_losses_rates_and_validation(run):
    assert any(line.loss is not None and line.learning_rate > 0 for line in run.history)
    (epoch,) = (line for line in run.history if line.validation is not None)
    assert 0 <= epoch.validation["accuracy"] <= 1
    environment = json.loads((run.path / "environment.json").read_text())
    assert environment["choices"]["execution"]["value"] == "packed"
    assert len(environment["checkpoint"]["weights_sha256"]) == 64


@pytest.mark.parametrize(("damage", "line"), [("removed", "is missing"), ("cut", "is truncated")])
def test_a_damaged_run_is_told_in_one_line(run, tmp_path, damage, line):
    import shutil

    copy = shutil.copytree(run.path, tmp_path / "run")
    weights = copy / "adapter" / "adapter_model.safetensors"
    if damage == "removed":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(
        TuneletError, match=rf"adapter_model.safetensors {line}.*the run folder is damaged: train again"
    ):
        Classifier.load(copy)
