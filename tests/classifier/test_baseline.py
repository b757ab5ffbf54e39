"""The baseline of a run is kept without pickle, gives the bits that were measured, and needs no PyTorch."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion

import tunelet
from command_line import environment
from tunelet import BaselineClassifier, Run
from tunelet.errors import DataError, RunError
from tunelet.evaluation import train_baseline
from tunelet.run import read_baseline, write_baseline

pytestmark = pytest.mark.slow

WORDS = ["warm", "rye", "loaf", "cold", "burnt", "roll", "plain", "toast", "fresh", "stale", "sweet", "Zwölf", "шесть"]


def texts_and_labels(n, classes):
    rng = np.random.default_rng(classes)
    labels = np.arange(n) % classes
    return [f"{WORDS[label]} {' '.join(rng.choice(WORDS, 4))}" for label in labels], labels


def test_it_gives_what_was_measured_in_the_run(bakery_run):
    found = BaselineClassifier.load(bakery_run.path)
    measured = bakery_run.baseline_predictions
    texts = {f"{words} number {n}" for n in range(20) for words in ("warm rye loaf", "cold burnt roll")}
    rows = {tuple(row) for row in found.probabilities(sorted(texts))}
    assert {tuple(row) for row in measured.probabilities} <= rows
    assert found.label_names == measured.label_names


@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_the_model_of_scikit_learn_and_its_copy_has_the_same_bits(tmp_path, classes):
    texts, labels = texts_and_labels(240, classes)
    others, truth = texts_and_labels(31, classes)
    trained = train_baseline(texts, labels, others, truth, classes)
    shared = {"sublinear_tf": True, "min_df": 2, "max_features": 100_000, "dtype": np.float32}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **shared)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), **shared)
    features = FeatureUnion([("words", words), ("characters", characters)]).fit(texts)
    model = LogisticRegression(C=trained.strength, max_iter=300).fit(features.transform(texts), labels)
    others = [*others, "", "nothing that it knows 123"]
    theirs = model.predict_proba(features.transform(others))
    # Their columns come in another order, so that float32 sums round otherwise on the way to the optimum.
    np.testing.assert_allclose(trained.probabilities(others), theirs, atol=1e-5)
    write_baseline(tmp_path, trained)
    copy = read_baseline(tmp_path, classes)
    np.testing.assert_array_equal(copy.probabilities(others), trained.probabilities(others))
    assert (copy.features, copy.strength, copy.seconds) == (trained.features, trained.strength, trained.seconds)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".safetensors"]


def test_texts_without_a_word_have_characters(tmp_path):
    texts, labels = ["!!! ?", "?? !"] * 10, np.array([0, 1] * 10)
    trained = train_baseline(texts, labels, texts, labels, 2)
    write_baseline(tmp_path, trained)
    assert (read_baseline(tmp_path, 2).probabilities(texts).argmax(axis=1) == labels).all()


def test_it_decides_as_an_encoder_does_but_has_no_threshold_of_its_own(bakery_run):
    found = BaselineClassifier.load(bakery_run)
    texts = ["warm rye loaf", "cold burnt roll", "something else"]
    assert [entry.label for entry in found.predict({"note": texts})][:2] == ["good", "bad"]
    assert {entry.label for entry in found.predict(texts, threshold=0.0)} == {"good"}
    assert found.predict(texts, min_confidence=1.0)[0].label is None
    assert found.temperature == 1.0
    with pytest.raises(DataError, match="chosen for its encoder"):
        found.predict(texts, threshold="run")
    logits = found.logits(texts)
    odds = np.exp(logits[:, 1] - logits[:, 0])
    np.testing.assert_allclose(found.probabilities(texts)[:, 1], odds / (1 + odds), atol=1e-12)


def test_neither_torch_nor_transformers_is_loaded(bakery_run):
    script = (
        "import sys, tunelet\n"
        f"found = tunelet.BaselineClassifier.load({str(bakery_run.path)!r})\n"
        "assert found.predict('warm rye loaf')[0].label == 'good'\n"
        "assert not {'torch', 'transformers', 'datasets'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], env=environment(), check=True, timeout=120)


def test_without_texts_in_the_folder_there_is_no_baseline_either(tmp_path, tiny_checkpoint):
    rows = [(f"{word} {n} secretword", word) for n in range(8) for word in ("warm", "cold")]
    settings = {
        "data.max_length": 16,
        "training.epochs": 1,
        "evaluation.resamples": 100,
        "data.validation": "held-out",
        "evaluation.errors": 0,
    }
    run = tunelet.train(rows, model=tiny_checkpoint("distilbert"), settings=settings, out=tmp_path / "run", quiet=True)
    assert run.evaluation.baseline is not None
    assert not any(b"secretword" in path.read_bytes() for path in run.path.rglob("*") if path.is_file())
    with pytest.raises(RunError, match=r"holds no baseline: evaluation.errors is 0.*train again") as refused:
        BaselineClassifier.load(run)
    assert refused.value.hint


def changed(record: dict, **values: object) -> str:
    return json.dumps(record | values)


DAMAGES = {
    "empty": lambda _: "",
    "no object": lambda _: "[]",
    "deep": lambda _: "[" * 100_000,
    "another version": lambda record: changed(record, version=2),
    "no kinds": lambda record: changed(record, kinds=[]),
    "kinds of another type": lambda record: changed(record, kinds=[3]),
    "terms of another type": lambda record: changed(record, kinds=[record["kinds"][0] | {"terms": [1, 2]}]),
    "a term twice": lambda record: changed(record, kinds=[record["kinds"][0] | {"terms": ["a", "a"]}]),
    "a term less": lambda record: changed(record, kinds=[record["kinds"][0]]),
    "an unknown analyzer": lambda record: changed(record, kinds=[record["kinds"][0] | {"analyzer": "eval"}]),
    "endless runs": lambda record: changed(record, kinds=[record["kinds"][0] | {"longest": 10**9}]),
    "strength": lambda record: changed(record, strength="strong"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_baseline_is_told_in_one_line(bakery_run, tmp_path, damage):
    copy = shutil.copytree(bakery_run.path, tmp_path / "run")
    path = copy / "baseline" / "features.json"
    path.write_text(DAMAGES[damage](json.loads(path.read_text())))
    with pytest.raises(RunError):
        BaselineClassifier.load(Run.load(copy))


@pytest.mark.parametrize("damage", ["cut", "nan", "gone", "device"])
def test_damaged_numbers_are_told_in_one_line(bakery_run, tmp_path, damage):
    copy = shutil.copytree(bakery_run.path, tmp_path / "run")
    path = copy / "baseline" / "weights.safetensors"
    content = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(content[:-8])
    elif damage == "nan":
        path.write_bytes(content[:-4] + np.array([np.nan], np.float32).tobytes())
    elif damage == "device":
        path.symlink_to("/dev/zero")
    with pytest.raises(RunError):
        BaselineClassifier.load(Run.load(copy))
