"""A run of plain numbers: trained in units of its own, answered in those of the data, with intervals that hold."""

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

import tunelet
from several_labels import priced
from tunelet.errors import DataError, RecipeError
from tunelet.evaluation import ValueMetrics, ValuePredictions

SETTINGS = {
    "data.task": "regression", "data.validation": "held-out", "training.epochs": 2, "evaluation.resamples": 100,
    "adapter.targets": "all-linear", "model.precision": "float32",
}  # fmt: skip


def trained(checkpoint, out, *, test=None, rows=200, **settings):
    return tunelet.train(
        priced(rows, 1), test=test, model=str(checkpoint), label="price", out=out, quiet=True,
        settings={**SETTINGS, **settings},
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(tiny_checkpoint, tmp_path_factory):
    return trained(tiny_checkpoint("bert"), tmp_path_factory.mktemp("numbers") / "run", test=priced(80, 2))


@pytest.fixture(scope="module")
def plain(tiny_checkpoint, tmp_path_factory):
    """With the architecture's own head, which began at random."""
    out = tmp_path_factory.mktemp("plain") / "run"
    own = {"model.pooling": "first", "training.probe": False, "model.layers": 3, "training.head_learning_rate": 0.01}
    return trained(tiny_checkpoint("bert"), out, **own)


def test_it_is_measured_by_distance_in_the_unit_of_the_data(run):
    metrics = run.metrics
    assert isinstance(metrics, ValueMetrics)
    assert metrics.n == 80
    assert 500 < metrics.mae < 20_000
    assert metrics.r2 > 0.3
    assert metrics.mae_ci[0] < metrics.mae < metrics.mae_ci[1]
    assert run.label_names == ()
    assert set(run.shaped_evaluation.rivals) <= {"baseline", "probe"}
    assert "ridge" in run.shaped_evaluation.baseline.name
    assert run.recipe.training.best_metric == "rmse"
    numbers = run.data.parts["train"].numbers
    assert 100_000 < numbers.mean < 150_000
    assert numbers.least < numbers.median < numbers.largest


def test_the_saved_weights_give_numbers_in_the_unit_of_the_data(run):
    config = json.loads((run.folder.weights / "config.json").read_text())
    assert config["problem_type"] == "regression"
    assert list(config["label2id"]) == ["number"]
    found = run.any_predictions
    assert isinstance(found, ValuePredictions)
    classifier = tunelet.Classifier.load(run)
    texts = [str(row["text"]) for row in priced(80, 2)]
    np.testing.assert_allclose(classifier.probabilities(texts)[:, 0], found.values, rtol=1e-4)
    np.testing.assert_allclose(classifier.logits(texts), classifier.probabilities(texts))


def test_intervals_follow_from_validation_texts_and_hold_on_others(run):
    reach = run.facts.reach
    errors = np.sort(np.abs(run.any_validation_predictions.values - run.any_validation_predictions.targets))
    assert reach == pytest.approx(errors[int(np.ceil((len(errors) + 1) * 0.95)) - 1])
    assert run.metrics.width == pytest.approx(2 * reach)
    assert run.metrics.coverage >= 0.8
    record = run.shaped_evaluation.intervals
    assert (record.reach, record.held) == (reach, run.metrics.coverage)
    assert run.shaped_evaluation.wrong == round(80 * (1 - run.metrics.coverage))


def test_an_answer_is_a_number_with_its_interval(run, tmp_path):
    classifier = tunelet.Classifier.load(run)
    texts = [str(row["text"]) for row in priced(12, 5)]
    answers = classifier.predict([*texts, " "])
    for answer in answers[:-1]:
        assert answer.value - answer.low == pytest.approx(run.facts.reach)
        assert answer.high - answer.value == pytest.approx(run.facts.reach)
        assert float(answer.label) == pytest.approx(answer.value, rel=1e-5)
    assert answers[-1].label is None
    assert np.isnan(answers[-1].value)
    for wanted in ({"threshold": 0.5}, {"min_confidence": 0.5}):
        with pytest.raises(DataError, match="numbers"):
            classifier.predict(texts, **wanted)
    source = tmp_path / "new.csv"
    source.write_text("text\n" + "\n".join(texts) + "\n")
    written = tunelet.predict_file(run, source, tmp_path / "out.parquet")
    table = pq.read_table(written.output)
    assert table.column_names == ["text", "value", "low", "high"]
    assert table["value"].to_pylist() == pytest.approx([answer.value for answer in answers[:-1]])
    assert table["high"].to_pylist() == pytest.approx([answer.high for answer in answers[:-1]])


def test_other_data_is_measured_alike_and_the_baseline_has_intervals_of_its_own(run):
    same = tunelet.evaluate(run, priced(80, 2), label="price").metrics
    assert same.mae == pytest.approx(run.metrics.mae)
    assert same.coverage == run.metrics.coverage
    baseline = tunelet.evaluate(run, priced(80, 2), label="price", baseline=True).metrics
    assert baseline.mae == pytest.approx(run.shaped_evaluation.baseline.metrics.mae)
    assert baseline.width == pytest.approx(2 * run.shaped_evaluation.baseline.reach)


def test_its_report_and_card_speak_of_numbers(run, tmp_path):
    written = tunelet.report(run, tmp_path / "report")
    page = written.page.read_text()
    for words in ("mean absolute error", "R squared", "interval", "ridge regression"):
        assert words in page
    assert "confusion" not in page.lower()
    assert "`regression`" in (tmp_path / "report" / "README.md").read_text()


def test_plain_transformers_reads_the_numbers_in_the_unit_of_the_data(plain, tmp_path):
    from transformers import pipeline

    texts = [str(row["text"]) for row in priced(8, 5)]
    answers = tunelet.Classifier.load(plain).predict(texts)
    assert 80_000 < np.mean([answer.value for answer in answers]) < 170_000
    exported = tunelet.export(
        plain, to="merged", out=tmp_path / "merged", check=[str(row["text"]) for row in priced(40, 3)]
    )
    assert exported.parity.agreement == 1.0
    scores = pipeline("text-classification", model=str(tmp_path / "merged"))(texts)
    assert [score["score"] for score in scores] == pytest.approx([answer.value for answer in answers], rel=1e-5)
    back = tunelet.Classifier.load(tmp_path / "merged").predict(texts)
    assert [answer.high for answer in back] == pytest.approx([answer.high for answer in answers], rel=1e-5)


def test_in_a_cross_validation_every_number_is_answered_by_a_model_that_had_not_seen_it(tiny_checkpoint, tmp_path):
    run = trained(
        tiny_checkpoint("bert"), tmp_path / "folds", rows=60,
        **{"data.validation": "cross-validation", "data.folds": 2, "training.epochs": 1},
    )  # fmt: skip
    assert run.metrics.n == 60
    assert run.metrics.coverage > 0.8
    assert np.isfinite(run.facts.reach)
    assert len(np.unique(run.any_predictions.high - run.any_predictions.values)) > 1  # cross-fitted


def test_runs_of_numbers_are_compared_by_mean_absolute_error(run, tmp_path):
    pair = tunelet.compare([run, shutil.copytree(run.path, tmp_path / "copy")], resamples=50).pairs[0]
    assert (pair.main, pair.differences["mae"], pair.mcnemar) == ("mae", 0.0, None)


def test_what_does_not_know_numbers_refuses_in_one_line(run, tiny_checkpoint, tmp_path):
    for key, value in (("training.class_weights", "balanced"), ("training.loss", "focal"), ("data.balanced", True)):
        with pytest.raises(RecipeError, match="classes"):
            trained(tiny_checkpoint("bert"), tmp_path / "refused", **{key: value})
