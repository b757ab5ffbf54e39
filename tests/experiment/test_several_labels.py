"""A run of several labels a text, from rows in memory to predictions, metrics, report and another's data."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

import tunelet
from several_labels import WORDS, rows, trained
from tunelet.errors import DataError, RecipeError
from tunelet.evaluation import MultilabelMetrics

NAMES = tuple(WORDS)


@pytest.fixture(scope="module")
def run(labels_run):
    return labels_run


def test_the_shape_is_in_recipe_data_and_saved_config(run):
    assert run.recipe.data.task == "multilabel"
    assert run.recipe.data.label_separator == ";"
    assert run.data.task.value == "multilabel"
    assert "';'" in run.data.task.reason
    config = json.loads((run.folder.weights / "config.json").read_text())
    assert config["problem_type"] == "multi_label_classification"
    assert list(config["label2id"]) == list(NAMES)


def test_metrics_are_those_of_its_shape_with_a_threshold_for_each_label(run):
    metrics = run.metrics
    assert isinstance(metrics, MultilabelMetrics)
    assert metrics.n == 60
    assert metrics.f1_macro_ci[0] <= metrics.f1_macro <= metrics.f1_macro_ci[1]
    assert [row.label for row in metrics.per_label] == list(NAMES)
    content = json.loads(run.folder.metrics.read_text())
    assert content["evaluated_on"] == "test"
    assert "accuracy" not in content
    assert set(run.shaped_evaluation.rivals) <= {"baseline", "probe"}


def test_thresholds_follow_from_validation_texts_alone(run, tiny_checkpoint, tmp_path):
    other = [row | {"feelings": "joy" if number % 2 else ""} for number, row in enumerate(rows(60, 2))]
    again = trained(tiny_checkpoint("bert"), tmp_path / "again", test=other)
    assert again.facts.thresholds == run.facts.thresholds
    assert again.metrics.f1_macro != run.metrics.f1_macro


def test_predictions_lie_in_the_folder_as_labels_are_written(run):
    table = pq.read_table(run.folder.predictions)
    assert set(table.column_names) == {"id", "label", "predicted", *(f"probability_{name}" for name in NAMES)}
    assert all(set(filter(None, label.split(";"))) <= set(NAMES) for label in table["predicted"].to_pylist())
    found = run.any_predictions
    assert found.predicted.shape == (60, 3)
    assert np.array_equal(found.thresholds, run.facts.thresholds)


def test_predict_gives_a_list_of_labels_and_an_empty_one_for_none_of_them(run):
    classifier = tunelet.Classifier.load(run)
    texts = [row["text"] for row in rows(30, 9)]
    answers = classifier.predict(texts)
    probabilities = classifier.probabilities(texts)
    for answer, row in zip(answers, probabilities, strict=True):
        given = {name for name, p, least in zip(NAMES, row, run.facts.thresholds, strict=True) if p >= least}
        assert set(answer.labels) == given
        assert answer.label == ";".join(sorted(given))
        assert list(answer.labels) == sorted(given, key=lambda name: -answer.probabilities[name])
    (none,) = classifier.predict([texts[0]], threshold=1.0)
    assert (none.labels, none.label) == ((), "")
    (every,) = classifier.predict([texts[0]], threshold=0.0)
    assert set(every.labels) == set(NAMES)
    (empty,) = classifier.predict([" "])
    assert (empty.labels, empty.label) == ((), None)
    with pytest.raises(DataError, match="min_confidence"):
        classifier.predict(texts, min_confidence=0.5)


def test_a_file_gets_the_labels_in_one_column(run, tmp_path):
    source = tmp_path / "new.csv"
    source.write_text("text\n" + "\n".join(row["text"] for row in rows(12, 8)) + "\n")
    written = tunelet.predict_file(run, source, tmp_path / "out.parquet")
    table = pq.read_table(written.output)
    answers = tunelet.Classifier.load(run).predict(table["text"].to_pylist())
    assert table["predicted"].to_pylist() == [answer.label for answer in answers]
    assert table["probability_joy"].to_pylist() == [answer.probabilities["joy"] for answer in answers]


def test_evaluate_reads_other_data_in_the_same_shape(run):
    evaluation = tunelet.evaluate(run, rows(40, 7, ";"), label="feelings")
    assert isinstance(evaluation.metrics, MultilabelMetrics)
    assert evaluation.metrics.n == 40
    assert json.loads(json.dumps(evaluation.to_dict()))["per_label"][0]["threshold"] == run.facts.thresholds[0]
    same = tunelet.evaluate(run, rows(60, 2), label="feelings")
    assert same.metrics.f1_macro == run.metrics.f1_macro
    baseline = tunelet.evaluate(run, rows(60, 2), label="feelings", baseline=True)
    assert baseline.metrics.f1_macro == run.shaped_evaluation.baseline.metrics.f1_macro


def test_the_report_says_nothing_of_another_shape(run, tmp_path):
    page = tunelet.report(run, tmp_path / "report").page.read_text()
    for words in ("F1, macro", "all labels right", "threshold", *NAMES):
        assert words in page
    for words in ("ROC AUC, macro", "none of them"):
        assert words in page
    assert "confusion" not in page.lower()


def test_what_does_not_know_the_shape_refuses_in_one_line(run, tiny_checkpoint, tmp_path):
    given = {"model": str(tiny_checkpoint("bert")), "label": "feelings", "quiet": True}
    with pytest.raises(RecipeError, match="unlabelled"):
        tunelet.train(rows(60, 1), unlabelled=[row["text"] for row in rows(20, 11)], **given)
    with pytest.raises(RecipeError, match="positive"):
        trained(tiny_checkpoint("bert"), tmp_path / "positive", **{"evaluation.positive": "joy"})


def test_plain_transformers_gives_the_same_scores(tiny_checkpoint, tmp_path):
    from transformers import pipeline

    run = trained(
        tiny_checkpoint("bert"),
        tmp_path / "run",
        **{
            "model.pooling": "first", "training.probe": False, "model.layers": 3, "model.precision": "float32",
            "evaluation.baseline": False,  # TF-IDF would be added, which no other library loads
        },
    )  # fmt: skip
    exported = tunelet.export(run, to="merged", out=tmp_path / "merged", check=[row["text"] for row in rows(40, 3)])
    assert exported.parity.agreement == 1.0
    texts = [row["text"] for row in rows(8, 5)]
    expected = tunelet.Classifier.load(run).predict(texts)
    answers = pipeline("text-classification", model=str(tmp_path / "merged"))(texts, top_k=None)
    for answer, known in zip(answers, expected, strict=True):
        assert {each["label"]: each["score"] for each in answer} == pytest.approx(known.probabilities, abs=1e-4)
    back = tunelet.Classifier.load(tmp_path / "merged").predict(texts)
    assert [answer.labels for answer in back] == [answer.labels for answer in expected]


def test_cross_validated_runs_choose_thresholds_on_texts_that_no_fold_had_seen(tiny_checkpoint, tmp_path):
    run = trained(
        tiny_checkpoint("bert"), tmp_path / "folds", **{"data.validation": "cross-validation", "data.folds": 2}
    )
    assert run.facts.folds == 2
    assert run.facts.evaluated_on == "validation"
    assert run.metrics.n == 160
    assert any(warning.kind == "thresholds_chosen_on_these_texts" for warning in run.facts.warnings)
