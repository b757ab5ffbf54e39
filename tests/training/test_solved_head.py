"""`adapter.method = "head"` is a logistic regression on what the frozen encoder gives: no optimizer makes a step."""

import numpy as np
import pytest
from scipy.special import softmax

import tunelet
from brief import BRIEF
from classifiers import classifier_of
from tunelet import Classifier
from tunelet.data import tokenise
from tunelet.evaluation import train_probe
from tunelet.model import load_tokenizer, text_vectors

pytestmark = pytest.mark.slow

SETTINGS = {
    "adapter.method": "head", "data.max_length": 16, "model.precision": "float32", "model.pooling": "mean",
    "model.layers": 3,
    **BRIEF, "evaluation.baseline": False,
}  # fmt: skip
WORDS = {"good": "a joy to see", "bad": "a pain", "dull": "no words for it"}
ROWS = [(f"{WORDS[label]}, number {number}", label) for number in range(16) for label in WORDS]
ASKED = ("a joy", "words, 7", "nothing of the kind")


@pytest.fixture(scope="module")
def folder(tiny_checkpoint):
    return tiny_checkpoint("distilbert")


def solved(folder, out, rows=ROWS, **given):
    settings = SETTINGS | given.pop("settings", {})

    def never(*arguments):
        raise AssertionError("an optimizer was made")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tunelet.training._step.make_optimizer", never)
        return tunelet.train(rows, model=folder, settings=settings, out=out, quiet=True, **given)


@pytest.mark.parametrize("validation", ["cross-validation", "held-out"])
def test_it_predicts_what_the_logistic_regression_predicts(folder, tmp_path, validation):
    run = solved(folder, tmp_path / "run", settings={"data.validation": validation, "data.validation_size": 0.25})
    texts, labels = zip(*ROWS, strict=True)
    if validation == "held-out":
        held_out = {int(number) for number in run.predictions.ids}
        assert len(held_out) == 12
    frozen, tokenizer = classifier_of(folder, pooling="mean"), load_tokenizer(folder)

    def vectors(of):
        return text_vectors(frozen, tokenise(of, tokenizer, max_length=16), weights="", cache=None)

    names = sorted(WORDS)
    if validation == "cross-validation":
        probe = train_probe(vectors(texts), np.array([names.index(label) for label in labels]), 3, seed=1)
        expected = softmax(probe.logits(vectors(ASKED)), axis=1)
        found = Classifier.load(run).probabilities(ASKED, calibrated=False)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert run.summary.kept == "probe"
    assert run.summary.train_seconds == 0
    assert run.history == ()
    assert run.evaluation.probe is None  # it is the model, not its rival


def test_its_figure_is_out_of_fold_where_it_is_cross_validated(folder, tmp_path):
    random = np.random.default_rng(3)
    rows = [(text, str(label)) for (text, _), label in zip(ROWS, random.permutation(np.arange(48) % 2), strict=True)]
    run = solved(folder, tmp_path / "run", rows, settings={"data.validation": "cross-validation"})
    assert len(run.predictions) == len(rows)
    assert abs(run.metrics.accuracy - 0.5) < 0.25


def test_the_weights_of_the_encoder_stay_the_checkpoints(folder, tmp_path):
    from safetensors.torch import load_file

    run = solved(folder, tmp_path / "run")
    before, after = load_file(folder / "model.safetensors"), load_file(run.path / "model" / "model.safetensors")
    assert before.keys() == after.keys()
    assert all((before[name] == after[name]).all() for name in before)


def test_random_weights_of_another_seed_are_never_taken_from_the_cache(folder, tmp_path, monkeypatch):
    settings = {"model.random_weights": True, "data.split_seed": 1}
    monkeypatch.setenv("TUNELET_CACHE", str(tmp_path / "cache"))
    solved(folder, tmp_path / "before", settings=settings, seed=2)
    found = solved(folder, tmp_path / "run", settings=settings, seed=3)
    monkeypatch.setenv("TUNELET_CACHE", str(tmp_path / "empty"))
    alone = solved(folder, tmp_path / "alone", settings=settings, seed=3)
    np.testing.assert_array_equal(found.predictions.probabilities, alone.predictions.probabilities)


def test_it_expects_no_time_for_training(folder, tmp_path):
    from tunelet.recipe import TrainingSettings
    from tunelet.training import estimate_time

    tokens = tokenise([text for text, _ in ROWS], load_tokenizer(folder), max_length=16)
    classifier = classifier_of(folder, pooling="mean", method="head")
    estimate = estimate_time(classifier, tokens, TrainingSettings(), folds=np.split(np.arange(48), 3))
    assert estimate.training_seconds == 0
    assert estimate.frozen_seconds == 0
    passes = estimate.evaluation_seconds * estimate.evaluation_rate / tokens.total
    assert passes == pytest.approx(1)
