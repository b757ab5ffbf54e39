"""Runs of several labels a text are compared by macro F1, ratings by their mean error; several seeds go together."""

import json
import shutil

import numpy as np
import pytest

import tunelet
from command_line import call
from several_labels import WORDS, rated, rows
from tunelet._record import parse_record
from tunelet.comparison import ComparisonRecord
from tunelet.errors import DataError, RunError
from tunelet.report import comparison_document, group_document
from tunelet.run import RunGroup

pytestmark = pytest.mark.slow

SETTINGS = {
    "data.validation": "held-out",
    "training.epochs": 1,
    "evaluation.resamples": 100,
    "adapter.targets": "all-linear",
}


@pytest.fixture(scope="module")
def group(tiny_checkpoint, tmp_path_factory):
    """Two seeds on the data of the run that all tests share."""
    return tunelet.train_seeds(
        rows(160, 1), (3, 4), test=rows(60, 2), model=str(tiny_checkpoint("bert")), label="feelings", quiet=True,
        out=tmp_path_factory.mktemp("seeds") / "group", settings=SETTINGS,
    )  # fmt: skip


@pytest.fixture(scope="module")
def ratings(tiny_checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ratings")
    return [
        tunelet.train(
            rated(120, 1), test=rated(50, 2), model=str(tiny_checkpoint("bert")), label="stars", quiet=True,
            out=folder / f"rank-{rank}", settings=SETTINGS | {"data.task": "ordinal", "adapter.rank": rank},
        )
        for rank in (2, 8)
    ]  # fmt: skip


def test_several_labels_are_compared_by_macro_f1_with_thresholds_of_each_model_s_own(group):
    first, second = group.runs
    found = tunelet.compare([first, second], resamples=200)
    record = found.record
    assert record.task == "multilabel"
    assert [model.name for model in record.models[:2]] == ["seed-3", "seed-4"]
    pair = record.pairs[0]
    assert (pair.main, pair.test) == ("f1_macro", "randomisation")
    assert pair.differences["f1_macro"] == pytest.approx(second.metrics.f1_macro - first.metrics.f1_macro, abs=1e-12)
    for model, run in zip(record.models, (first, second), strict=False):
        assert model.metrics.f1_macro == pytest.approx(run.metrics.f1_macro, abs=1e-12)
        assert list(model.by_label) == list(WORDS)
    baseline = next(model for model in record.models if model.kind == "baseline")
    known = first.shaped_evaluation.baseline.metrics
    assert baseline.metrics.f1_macro == pytest.approx(known.f1_macro, abs=1e-12)
    written = json.dumps(record.to_dict(), allow_nan=False).encode()
    assert parse_record(written, ComparisonRecord) == record
    counts = record.outcomes[0]
    assert counts.both + counts.only_first + counts.only_second + counts.neither == 60


def test_the_page_of_labels_shows_the_figure_that_decides_and_each_label(group, tmp_path):
    found = tunelet.compare(group.runs, resamples=50)
    document = comparison_document(found)
    assert any("macro F1" in name for name in document.figures_of_merit)
    assert {"f1-macro", "roc", "reliability", "f1-by-label", "differences"} <= {
        figure.name for figure in document.figures
    }
    by_label = next(figure for figure in document.figures if figure.name == "f1-by-label")
    assert all(name in by_label.alternative for name in WORDS)
    assert "accuracy" not in json.dumps(document.plain()).replace("accuracy_", "").lower().split("reproduce")[0]
    assert (tmp_path / "out" / "report.html") in tunelet.report(found, tmp_path / "out").files


def test_seeds_of_several_labels_are_summed_up_and_reported(group, tmp_path, capsys):
    values = [run.metrics.f1_macro for run in group.runs]
    facts = RunGroup.load(group.path).facts
    assert list(facts.by_seed) == values
    assert facts.value("f1_macro") == pytest.approx(np.mean(values))
    assert facts.deviation("f1_macro") == pytest.approx(np.std(values, ddof=1))
    low, high = facts.interval("f1_macro")
    assert low <= np.mean(values) <= high
    assert json.loads((group.path / "metrics.json").read_text()) == facts.to_dict()
    with pytest.raises(RunError, match="one label a text"):
        group.summary  # noqa: B018
    assert call(capsys, "report", group.path, "--out", tmp_path / "report").status == 0
    page = (tmp_path / "report" / "report.html").read_text()
    assert "Over 2 seeds" in page
    assert "macro" in page


def test_several_seeds_stand_beside_one_run_with_student_s_test(group, labels_run):
    pair = tunelet.compare([labels_run, group], resamples=50).pairs[0]
    assert (pair.seeds, pair.test, pair.mcnemar) == ((1, 2), "student", None)


def test_ratings_are_compared_by_mean_absolute_error_of_which_less_is_better(ratings, tmp_path, capsys):
    paths = [run.path for run in ratings]
    done = call(capsys, "compare", *paths, "--out", tmp_path / "out", "--json")
    assert done.status == 0, done
    record = json.loads(done.stdout)
    assert record["task"] == "ordinal"
    assert record["pairs"][0]["main"] == "mae"
    difference = ratings[1].metrics.mae - ratings[0].metrics.mae
    assert record["pairs"][0]["differences"]["mae"] == pytest.approx(difference, abs=1e-12)
    found = tunelet.compare(ratings, resamples=50)
    best = min(found.record.models, key=lambda model: model.metrics.mae)
    merits = comparison_document(found).figures_of_merit
    (lowest,) = [name for name, value in merits.items() if "lowest" in value]
    assert best.metrics.mae == pytest.approx(float(merits[lowest].split()[0]), abs=1e-3)
    blocks = [block for section in comparison_document(found).plain()["sections"] for block in section["blocks"]]
    assert any("exactly their rating" in block.get("caption", "") for block in blocks)


def test_runs_of_two_shapes_are_refused(ratings, labels_run):
    with pytest.raises(DataError, match=r"multilabel.*ordinal"):
        tunelet.compare([labels_run, ratings[0]])


def test_a_report_of_labels_draws_what_its_records_hold_and_one_without_them_is_written_too(labels_run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(labels_run.path, folder)
    document = _document(tunelet.Run.load(folder))
    names = {figure.name for figure in document.figures}
    assert {"f1-by-label", "roc", "precision-recall", "reliability", "calibration-by-label", "given-instead"} <= names
    run = tunelet.Run.load(folder)
    older = run.shaped_evaluation.changed(details=None, lengths=())
    vars(run)["shaped_evaluation"] = older
    assert "f1-by-label" not in {figure.name for figure in _document(run).figures}


def test_a_report_of_ratings_has_a_matrix_in_their_order_and_how_far_off_they_are(ratings):
    document = _document(ratings[0])
    drawn = {figure.name: figure for figure in document.figures}
    assert {"confusion", "steps", "reliability"} <= set(drawn)
    steps = ratings[0].shaped_evaluation.details.steps
    assert sum(each.n for each in steps) == 50
    off = ratings[0].any_predictions.predicted - ratings[0].any_predictions.labels
    assert {each.step: each.n for each in steps if each.n} == {
        int(step): int(n) for step, n in zip(*np.unique(off, return_counts=True), strict=True)
    }


def _document(run):
    return group_document(RunGroup.given(run))
