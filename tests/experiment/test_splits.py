"""Splits of trained runs: folds lie beside their predictions, and a split that is kept is made again."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

import tunelet
from brief import BRIEF
from command_line import call
from tunelet.errors import RecipeError, RunError, TuneletError
from tunelet.report.run_page._data import data_section
from tunelet.run import Run

pytestmark = pytest.mark.slow

QUICK = {
    "data.max_length": 16, "model.precision": "float32", "model.pooling": "mean", "model.layers": 1,
    "training.batch_size": 8, "training.epochs": 1, "training.probe": False, **BRIEF,
}  # fmt: skip
ROWS = [
    {"text": f"text {number} of a day", "label": "ab"[number % 2], "author": f"writer {number % 9}"}
    for number in range(45)
]


@pytest.fixture(scope="module")
def train(tiny_checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")

    def go(rows, name, **given) -> Run:
        arguments = {"model": tiny_checkpoint("bert"), "settings": QUICK, "quiet": True} | given
        return tunelet.train(rows, out=folder / name, **arguments)

    return go


@pytest.fixture(scope="module")
def grouped(train) -> Run:
    return train(ROWS, "grouped", group="author", folds=3)


def test_out_of_fold_predictions_bear_their_fold_and_no_author_is_in_two(grouped):
    table = pq.read_table(grouped.folder.predictions)
    folds = dict(zip(table["id"].to_pylist(), table["fold"].to_pylist(), strict=True))
    assert set(folds.values()) == {1, 2, 3}
    assert len(folds) == len(ROWS)
    of_author: dict[str, set[int]] = {}
    for name, fold in folds.items():
        of_author.setdefault(ROWS[int(name)]["author"], set()).add(fold)
    assert all(len(of) == 1 for of in of_author.values())
    assert pq.read_table(grouped.folder.baseline_predictions)["fold"].to_pylist() == table["fold"].to_pylist()


def test_the_split_is_told_in_the_records_and_the_report(grouped):
    record = json.loads(grouped.folder.data.read_text())["split"]
    assert (record["by"], record["group_column"], record["groups"], record["folds"]) == ("chance", "author", 9, 3)
    assert grouped.summary.to_dict()["split"] == record
    said = " ".join(getattr(block, "text", "") for block in data_section(grouped).blocks)
    assert "9 groups of 'author'" in said


def test_a_split_is_made_again_from_a_run_on_rows_in_another_order(grouped, train):
    again = train(ROWS[::-1], "again", group="author", split_from=grouped.path, seed=5)
    assert again.data.split is not None
    assert grouped.data.split is not None
    assert again.data.split.sha256 == grouped.data.split.sha256
    assert again.data.split.by == "run"
    assert again.recipe.data.split_from == str(grouped.path)


def test_a_run_without_its_split_cannot_lend_it(grouped, train, tmp_path):
    with pytest.raises(RunError, match="no such run folder"):
        train(ROWS, "none", split_from=tmp_path / "nothing")


@pytest.mark.parametrize(
    "given",
    [
        {"time": "day", "folds": 3},
        {"split": "part", "folds": 3},
        {"split_from": "runs/first", "folds": 3},
        {"split_from": "runs/first", "split": "part"},
    ],
)
def test_two_answers_to_the_question_which_texts_validate_are_refused(train, given):
    with pytest.raises(RecipeError, match=r"folds|column") as caught:
        train(ROWS, "two", **given)
    assert "leave out" in caught.value.hint


def test_the_screen_tells_the_split_and_the_rows_that_were_dropped(tiny_checkpoint, tmp_path, capsys):
    path = tmp_path / "a.csv"
    rows = [f"text {at} of a day,{'ab'[at % 2]},2024-05-{1 + at % 28:02}" for at in range(56)]
    path.write_text("\n".join(["text,label,day", *rows[:5], ",a,2024-05-03", *rows[5:], ""]))
    words = ["train", str(path), "--time", "day", "--model", str(tiny_checkpoint("bert")), "--out", str(tmp_path / "r")]
    done = call(capsys, *words, *(f"--set={key}={str(value).lower()}" for key, value in QUICK.items()))
    assert done.status == 0, done
    assert "1 empty text (row 7)" in done.stderr
    assert "the newest texts, from 2024-05-2" in " ".join(done.stderr.split())
    assert Run.load(tmp_path / "r").data.dropped_rows == {"empty text": (7,)}


def test_an_interrupted_run_goes_on_with_its_split(train, monkeypatch):
    from tunelet.experiment import _train

    def stop(*_args):
        raise TuneletError("stopped", "for the test")

    with monkeypatch.context() as patch:
        patch.setattr(_train, "finish", stop)
        with pytest.raises(TuneletError, match="stopped"):
            train(ROWS, "resumed", group="author", settings=QUICK | {"data.validation": "held-out"})
    settings = QUICK | {"data.validation": "held-out"}
    run = train(ROWS, "resumed", group="author", settings=settings, resume=True)
    authors = {ROWS[int(name)]["author"] for name in run.predictions.ids}
    rest = {row["author"] for at, row in enumerate(ROWS) if str(at) not in run.predictions.ids}
    assert not authors & rest
    assert np.isclose(len(run.predictions.ids) / len(ROWS), 0.2, atol=0.12)
