"""A threshold, a least confidence and a temperature change what is said as their names tell."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

import tunelet
from brief import BRIEF
from tunelet import Classifier, Run
from tunelet.data import read
from tunelet.errors import DataError
from tunelet.evaluation import scaled_probabilities
from tunelet.run import Mark, Sealed, seal, write_mark

pytestmark = pytest.mark.slow

TEXTS = [f"{words} number {n}" for n in range(15) for words in ("warm rye loaf", "cold burnt roll")]


@pytest.fixture(scope="module")
def classifier(bakery_run):
    return Classifier.load(bakery_run)


def with_summary(run: Run, folder, **changes) -> Run:
    """A copy of a run whose summary says something else, as if it had been written so."""
    copy = shutil.copytree(run.path, folder / "run")
    summary = json.loads((copy / "metrics.json").read_text()) | changes
    (copy / "metrics.json").write_text(json.dumps(summary))
    write_mark(copy, Mark(files={"run": seal(copy, [*Sealed.of(copy, "run").files])}))
    return Run.load(copy)


def test_a_threshold_is_of_the_positive_label(classifier):
    assert classifier.run.summary.positive == "good"
    good = classifier.probabilities(TEXTS)[:, classifier.label_names.index("good")]
    middle = float(np.median(good))
    labels = [found.label for found in classifier.predict(TEXTS, threshold=middle)]
    assert labels == ["good" if value >= middle else "bad" for value in good]
    assert {found.label for found in classifier.predict(TEXTS, threshold=0.0)} == {"good"}
    assert {found.label for found in classifier.predict(TEXTS, threshold=1)} == {"bad"}
    assert all(found.probability == found.probabilities["good"] for found in classifier.predict(TEXTS, threshold=0.0))
    chosen = classifier.run.summary.threshold
    assert chosen == classifier.run.evaluation.threshold.value
    assert classifier.predict(TEXTS, threshold="run") == classifier.predict(TEXTS, threshold=chosen)


def test_below_the_least_confidence_nothing_is_said(classifier):
    free = classifier.predict(TEXTS)
    middle = sorted(found.probability for found in free)[len(free) // 2]
    held = classifier.predict(TEXTS, min_confidence=middle)
    assert [found.label for found in held] == [found.label if found.probability >= middle else None for found in free]
    assert [found.probabilities for found in held] == [found.probabilities for found in free]
    assert None in {found.label for found in held}


@pytest.mark.parametrize("value", [-0.1, 1.01, float("nan"), True, "half", np.float64(7), np.eye(2), pd.NA])
def test_what_is_no_share_is_refused(classifier, value):
    for name in ("threshold", "min_confidence"):
        with pytest.raises(DataError, match=f"{name}: expected a number from 0 to 1") as refused:
            classifier.predict(TEXTS, **{name: value})
        assert refused.value.hint
    if value is not True:
        with pytest.raises(DataError, match="calibrated takes True or False"):
            classifier.probabilities(TEXTS, calibrated=value)


def test_a_threshold_is_for_two_labels_and_a_confidence_for_any(three_label_run):
    three = Classifier.load(three_label_run)
    assert three.run.summary.threshold is None
    for threshold in (0.5, "run"):
        with pytest.raises(DataError, match=r"between two labels, this run has 3.*min_confidence"):
            three.predict(TEXTS, threshold=threshold)
    assert {found.label for found in three.predict(TEXTS, min_confidence=1.0)} == {None}


def test_a_run_without_a_threshold_says_so(bakery_run, tmp_path):
    found = Classifier.load(with_summary(bakery_run, tmp_path, threshold=None))
    with pytest.raises(DataError, match="has no threshold"):
        found.predict(TEXTS, threshold="run")


def test_the_temperature_of_the_run_divides_the_logits_and_can_be_left_out(bakery_run, tmp_path):
    plain = Classifier.load(with_summary(bakery_run, tmp_path / "1", temperature=1.0))
    warm = Classifier.load(with_summary(bakery_run, tmp_path / "2", temperature=2.5))
    logits = warm.logits(TEXTS)
    np.testing.assert_array_equal(logits, plain.logits(TEXTS))
    np.testing.assert_allclose(warm.probabilities(TEXTS), softmax(logits / 2.5, axis=1), atol=1e-12)
    raw = warm.probabilities(TEXTS, calibrated=False)
    np.testing.assert_array_equal(raw, plain.probabilities(TEXTS))
    np.testing.assert_array_equal(warm.probabilities(TEXTS), scaled_probabilities(raw, 2.5))
    assert [found.label for found in warm.predict(TEXTS)] == [found.label for found in plain.predict(TEXTS)]


def test_evaluate_and_the_files_of_a_run_are_about_what_predict_gives(tmp_path, tiny_checkpoint):
    """Trained on labels without a mistake and measured on labels with many, a model is too sure of itself."""
    source, rng = tmp_path / "data", np.random.default_rng(0)
    source.mkdir()
    for part, rows in (("train", 160), ("validation", 100), ("test", 60)):
        wrong = rng.random(rows) < (0.0 if part == "train" else 0.35)
        lines = [
            f"{('warm rye loaf', 'cold burnt roll')[n % 2]} {part} {n},{('good', 'bad')[(n + flipped) % 2]}"
            for n, flipped in enumerate(wrong.astype(int))
        ]
        (source / f"{part}.csv").write_text("\n".join(["text,label", *lines]))
    settings = {"data.max_length": 16, "training.epochs": 4, "training.learning_rate": 0.02,
                "training.head_learning_rate": 0.02, "training.best_metric": "accuracy", "evaluation.baseline": False,
                "training.batch_size": 8, **BRIEF, "data.validation": "held-out"}  # fmt: skip
    model = tiny_checkpoint("distilbert")
    run = tunelet.train(str(source), model=model, settings=settings, out=tmp_path / "run", quiet=True)
    record = run.evaluation.temperature
    assert record.applied, record
    assert run.summary.temperature == record.value > 1
    texts = read(str(source)).splits["test"].texts
    np.testing.assert_array_equal(Classifier.load(run).probabilities(texts), run.predictions.probabilities)
    assert run.metrics.log_loss == pytest.approx(record.after.log_loss)
    again = tunelet.evaluate(run, str(source))
    assert again.temperature == record.value
    assert again.metrics.values["log_loss"] == run.metrics.log_loss
