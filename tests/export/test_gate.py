"""An export that gives other answers, or cannot be checked, leaves nothing under its name."""

import json
import shutil

import numpy as np
import pytest

import tunelet
from bakery import write_rows
from command_line import call
from tunelet.errors import ExportError, RunError
from tunelet.export import _export
from tunelet.export._parity import FLOAT32, _above, check_parity, parity
from tunelet.export._texts import Texts
from tunelet.run import ExportFolder, Run, Task


def test_above_the_tolerance_it_fails_and_leaves_nothing(own_head_run, tmp_path):
    with pytest.raises(ExportError, match="odds") as refused:
        tunelet.export(own_head_run, to="merged", out=tmp_path / "new" / "out", tolerance=0.0)
    assert "tolerance=" in refused.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [2e-7, 1.1e-4, 0.0011, 0.0199, 0.11, 1.0])
def test_the_tolerance_that_a_hint_names_is_enough_and_hardly_more(value):
    assert value < float(_above(value)) < 1.3 * value


@pytest.mark.parametrize("tolerance", [float("nan"), float("inf"), -0.1])
def test_a_tolerance_that_is_none_is_refused(own_head_run, tmp_path, tolerance):
    with pytest.raises(ExportError, match="tolerance"):
        tunelet.export(own_head_run, to="merged", out=tmp_path / "out", tolerance=tolerance)


def test_an_export_at_work_is_left_alone(own_head_run, tmp_path):
    at_work = ExportFolder(tmp_path / "out")
    at_work.start()
    at_work.graph.parent.mkdir()
    at_work.graph.write_bytes(b"half")
    with pytest.raises(RunError, match="another tunelet is at work"):
        tunelet.export(own_head_run, to="merged", out=tmp_path / "out")
    assert at_work.graph.read_bytes() == b"half"
    at_work.discard()


def test_an_export_killed_before_its_last_step_is_written_again(own_head_run, tmp_path):
    whole = tunelet.export(own_head_run, to="merged", out=tmp_path / "out").folder
    whole.rename(tmp_path / "out.partial")
    assert tunelet.export(own_head_run, to="merged", out=tmp_path / "out").folder == whole
    assert not (tmp_path / "out.partial").exists()


def test_weights_that_differ_are_noticed(own_head_run, tmp_path, monkeypatch):
    def shifted(folder, source, model):
        model.classifier.bias.data[0] += 0.1
        written(folder, source, model)

    written = _export.write_merged
    monkeypatch.setattr(_export, "write_merged", shifted)
    with pytest.raises(ExportError, match="odds"):
        tunelet.export(own_head_run, to="merged", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_exists_stays_as_it_is(merged, own_head_run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    for out in (tmp_path / "out", merged.folder):
        before = sorted(out.rglob("*"))
        with pytest.raises(RunError):
            tunelet.export(own_head_run, to="merged", out=out)
        assert sorted(out.rglob("*")) == before


def test_what_a_killed_export_left_is_replaced(own_head_run, tmp_path):
    folder = ExportFolder(tmp_path / "out")
    folder.start()
    folder.graph.parent.mkdir()
    folder.graph.write_bytes(b"half")
    folder.card.write_text("half")
    folder.release()
    exported = tunelet.export(own_head_run, to="merged", out=tmp_path / "out")
    assert not (exported.folder / "onnx").exists()
    assert not (tmp_path / "out.partial").exists()


def test_other_texts_serve_where_the_source_has_changed(own_head_run, bakery, tmp_path):
    run = shutil.copytree(own_head_run.path, tmp_path / "run")
    before = bakery.read_bytes()
    try:
        write_rows(bakery, 50)
        with pytest.raises(ExportError, match="does not hold the validation texts any more") as refused:
            tunelet.export(run, to="merged", out=tmp_path / "out")
        assert "check='FILE'" in refused.value.hint
        bakery.unlink()
        with pytest.raises(ExportError, match="cannot be read again"):
            tunelet.export(run, to="merged", out=tmp_path / "out")
        texts = tmp_path / "texts.txt"
        texts.write_text("a warm loaf\na cold one\n", encoding="utf-8")
        parity = tunelet.export(run, to="merged", out=tmp_path / "out", check=texts).parity
    finally:
        bakery.write_bytes(before)
    assert parity.texts == 2
    assert parity.figure is None


def test_the_command_says_what_was_compared_and_how_far_it_is(own_head_run, tmp_path, capsys):
    out = tmp_path / "out"
    done = call(capsys, "export", str(own_head_run.path), "--to", "merged", "--out", str(out), "--json")
    said = json.loads(done.stdout)
    assert said["form"] == "merged"
    assert said["out"] == str(out)
    assert said["parity"]["texts"] == 12
    assert json.loads((out / "export.json").read_text())["parity"] == said["parity"]
    done = call(capsys, "export", str(own_head_run.path), "--to", "merged", "--out", str(tmp_path / "again"))
    for word in ("12 texts", "validation texts of bakery.csv", "of the labels are the same", "texts/s", "MiB"):
        assert word in done.stdout


@pytest.mark.parametrize("to", ["torchscript", "", "web "])
def test_an_unknown_form_is_refused_with_those_that_there_are(own_head_run, to, tmp_path):
    with pytest.raises(ExportError, match="sentence-transformers"):
        tunelet.export(own_head_run, to=to, out=tmp_path / "out")


def test_a_run_of_three_columns_is_refused(own_head_run, tmp_path):
    data = own_head_run.data.changed(text_columns=("a", "b", "c"))
    known = {"recipe": own_head_run.recipe, "summary": own_head_run.summary, "data": data}
    run = Run.of_records(own_head_run.path, **known, evaluation=own_head_run.evaluation)
    with pytest.raises(ExportError, match="3 columns"):
        tunelet.export(run, to="merged", out=tmp_path / "out")


def test_an_export_classifies_typed_texts_and_is_no_run(merged, capsys, tmp_path):
    done = call(capsys, "predict", str(merged.folder), "warm rye loaf", "--threshold", "run", "--json")
    (said,) = json.loads(done.stdout)["predictions"]
    assert said["label"] in merged.record.label_names
    with pytest.raises(RunError, match="an export, expected the run"):
        Run.load(merged.folder)


def test_a_difference_that_sure_probabilities_hide_is_noticed(merged):
    sure = np.array([[1.0 - 1e-9, 1e-9], [1e-9, 1.0 - 1e-9]])
    other = np.array([[1.0 - 1.1e-9, 1.1e-9], [1e-9, 1.0 - 1e-9]])
    task = Task(("bad", "good"), ("text",), "label", clean_markup=True, positive="good", threshold=None)
    record = parity(
        Texts("two texts", ("a", "b"), None, (), ()), task, sure, other, longer=np.zeros(2, dtype=bool),
        sizes=(1, 1), seconds=(1.0, 1.0), tolerance=FLOAT32,
    )  # fmt: skip
    assert record.largest_difference < 1e-9
    assert record.largest_shift == pytest.approx(np.log(1.1), rel=1e-3)
    with pytest.raises(ExportError, match="odds"):
        check_parity(merged.record, record)
