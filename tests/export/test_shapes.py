"""Exports of several labels a text and of ratings in order: the lines of their READMEs give the run's answers."""

import json
import re
import runpy

import numpy as np
import pytest
from rich.console import Console

import tunelet
from several_labels import WORDS, priced, rated, rows, trained_on_ratings
from tunelet import Classifier
from tunelet.console import export_screen
from tunelet.data import OUTPUTS
from tunelet.export._comparing import comparison_of

LABELS = [row["text"] for row in rows(40, 3)]
RATINGS = [str(row["text"]) for row in rated(40, 3)]
NUMBERS = [str(row["text"]) for row in priced(40, 3)]
ASKED = {"labels": LABELS[:12], "ratings": RATINGS[:12], "numbers": NUMBERS[:12]}
CLOSE = {"labels": 5e-3, "ratings": 5e-3, "numbers": 50}  # where the run computes in bfloat16, perhaps


@pytest.fixture(scope="session")
def graphs(shaped_runs, tmp_path_factory):
    """All as graphs of ONNX."""
    place = tmp_path_factory.mktemp("graphs")
    texts = {"labels": LABELS, "ratings": RATINGS, "numbers": NUMBERS}
    return {
        name: tunelet.export(run, to="onnx", out=place / name, check=texts[name]) for name, run in shaped_runs.items()
    }


def run_lines(folder, texts, monkeypatch, tmp_path):
    """What the lines of Python in the README make of these texts, and what stands in them."""
    (lines, *_) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    script = tmp_path / "lines.py"
    script.write_text(lines.replace('["your text"]', repr(texts)).replace('"your text"', repr(texts)), encoding="utf-8")
    return runpy.run_path(str(script)), lines


@pytest.mark.parametrize("name", list(ASKED))
def test_a_graph_answers_as_its_run_does(graphs, shaped_runs, name):
    exported = graphs[name]
    assert exported.parity.largest_shift < 1e-4
    assert exported.parity.agreement == 1.0
    assert exported.record.shape == shaped_runs[name].data.task.value
    classifier, run = Classifier.load(exported.folder), Classifier.load(shaped_runs[name], device="cpu")
    np.testing.assert_allclose(classifier.probabilities(ASKED[name]), run.probabilities(ASKED[name]), atol=CLOSE[name])
    here, there = (each.predict([*ASKED[name], ""]) for each in (classifier, run))
    assert [type(answer) for answer in here] == [type(answer) for answer in there]
    assert here[-1].label is None
    assert classifier.logits(ASKED[name]).shape == run.logits(ASKED[name]).shape


@pytest.mark.parametrize(
    ("name", "rows_of", "column", "metric"),
    [("labels", rows, "feelings", "f1_macro"), ("ratings", rated, "stars", "mae"), ("numbers", priced, "price", "mae")],
)
def test_the_figure_that_decides_is_compared_on_labelled_texts(
    shaped_runs, tmp_path, name, rows_of, column, metric, capsys
):
    given = rows_of(40, 5)
    exported = tunelet.export(shaped_runs[name], to="onnx", out=tmp_path / "out", check=given)
    figure = exported.parity.figure
    assert figure.name == metric
    measured = tunelet.evaluate(shaped_runs[name], given).metrics
    assert figure.source == pytest.approx(measured.value(metric), rel=1e-3)
    assert figure.export == pytest.approx(figure.source, rel=1e-3)
    low, high = figure.difference_ci or (0.0, 0.0)  # there is none where all answers are the same
    assert low <= figure.difference <= high
    export_screen(Console(), exported)
    assert f"figure    {figure.words} " in capsys.readouterr().out
    assert f"The {figure.words} differs by " in (exported.folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(ASKED))
def test_the_lines_of_the_readme_of_a_graph_give_the_same(graphs, name, monkeypatch, tmp_path, capsys):
    folder = graphs[name].folder
    found, lines = run_lines(folder, ASKED[name], monkeypatch, tmp_path)
    expected = Classifier.load(folder).probabilities(ASKED[name])
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5, rtol=1e-5)
    assert "softmax" not in lines
    printed = capsys.readouterr().out
    if name == "numbers":
        assert f"[{int(expected[0, 0])}" in printed
        return
    for answer in Classifier.load(folder).predict(ASKED[name]):
        assert repr(answer.label if name == "ratings" else sorted(answer.labels)) in printed


@pytest.mark.parametrize("name", list(ASKED))
def test_a_folder_of_sentence_transformers_has_lines_for_its_shape(shaped_runs, name, monkeypatch, tmp_path):
    exported = tunelet.export(shaped_runs[name], to="sentence-transformers", out=tmp_path / "out", check=ASKED[name])
    assert exported.parity.agreement == 1.0
    found, _ = run_lines(exported.folder, ASKED[name], monkeypatch, tmp_path)
    expected = Classifier.load(exported.folder).probabilities(ASKED[name])
    np.testing.assert_allclose(found["probabilities"].numpy(), expected, atol=1e-5, rtol=1e-5)


def test_plain_transformers_gives_the_probabilities_of_lying_above_each_rating(tiny_checkpoint, tmp_path):
    from transformers import pipeline

    run = trained_on_ratings(
        tiny_checkpoint("bert"), tmp_path / "run",
        **{"model.pooling": "first", "training.probe": False, "model.precision": "float32", "training.epochs": 1,
           "evaluation.baseline": False},
    )  # fmt: skip
    exported = tunelet.export(run, to="merged", out=tmp_path / "merged", check=RATINGS)
    assert exported.parity.agreement == 1.0
    assert "lying above" in (exported.folder / "README.md").read_text()
    answers = pipeline("text-classification", model=str(exported.folder))(RATINGS[:6], top_k=None)
    for answer, row in zip(answers, Classifier.load(run).probabilities(RATINGS[:6]), strict=True):
        scores = {each["label"]: each["score"] for each in answer}
        above = [scores[f"> {name}"] for name in run.label_names[:-1]]
        np.testing.assert_allclose(np.sort(above)[::-1], row[::-1].cumsum()[::-1][1:], atol=1e-4)
    back = Classifier.load(exported.folder).predict(RATINGS)
    assert [each.label for each in back] == [each.label for each in Classifier.load(run).predict(RATINGS)]


def test_bytes_are_chosen_by_the_loss_of_their_shape(shaped_runs, tmp_path):
    exported = tunelet.export(shaped_runs["labels"], to="onnx-int8", out=tmp_path / "out", check=LABELS, tolerance=0.9)
    kept = next(way for way in exported.record.quantised if way.kept)
    assert kept.log_loss == min(way.log_loss for way in exported.record.quantised)
    assert np.isfinite(Classifier.load(exported.folder).probabilities(LABELS)).all()


def test_a_card_names_thresholds_and_how_it_was_checked(graphs):
    card = (graphs["labels"].folder / "README.md").read_text()
    record = json.loads((graphs["labels"].folder / "export.json").read_text())
    assert record["thresholds"] == list(graphs["labels"].record.thresholds)
    for said in (*WORDS, "threshold", "It was run back on"):
        assert said in card


@pytest.mark.parametrize("name", ["labels", "ratings"])
def test_a_difference_is_as_large_wherever_the_probability_lies(shaped_runs, name):
    """The gate sees the same shift of a logit near one half and where the model is sure."""
    task = shaped_runs[name].task
    comparison, output = comparison_of(task), OUTPUTS[task.shape]
    for level in (0.0, 4.0, 9.0, 15.0):
        logits = np.linspace(level, level - 1, len(task.outputs))[None]
        moved = logits.copy()
        moved[0, 1] += 0.01
        shift = comparison.shifts(output.probabilities(logits), output.probabilities(moved))
        assert shift == pytest.approx([0.01], rel=1e-3)
    sure = output.probabilities(np.full((1, len(task.outputs)), 60.0))
    assert comparison.shifts(sure, sure)[0] == 0.0
    assert comparison.same(sure, sure).all()
    even = output.probabilities(np.zeros((1, len(task.outputs))))
    assert comparison.loss(even, even) < comparison.loss(even, sure)


def test_numbers_are_compared_by_their_spread(shaped_runs):
    comparison = comparison_of(shaped_runs["numbers"].task)
    numbers = np.array([[100.0], [300.0]])
    assert comparison.shifts(numbers, numbers + 1) == pytest.approx([0.04, 0.04])
    assert comparison.same(numbers, numbers + np.array([[4.0], [6.0]])).tolist() == [True, False]
    assert comparison.loss(numbers, numbers + 10) == pytest.approx(0.01)


@pytest.mark.parametrize(("name", "texts"), [("labels_run", LABELS), ("ratings_run", RATINGS)])
def test_terms_of_tfidf_come_along_where_they_are_added(name, texts, request, tmp_path, monkeypatch):
    run = request.getfixturevalue(name)
    assert run.facts.blend
    exported = tunelet.export(run, to="onnx", out=tmp_path / "both", check=texts)
    assert exported.record.tfidf
    assert exported.parity.largest_shift < 1e-4
    classifier = Classifier.load(exported.folder)
    np.testing.assert_allclose(
        classifier.probabilities(texts), Classifier.load(run, device="cpu").probabilities(texts), atol=3e-2
    )
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    found, _ = run_lines(exported.folder, texts[:8], monkeypatch, tmp_path)
    np.testing.assert_allclose(found["probabilities"], classifier.probabilities(texts[:8]), atol=1e-5)
