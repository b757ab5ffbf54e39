"""`tunelet predict`: what is hardly meant as a text is refused, what was done is said, the baseline is at hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import tunelet
from brief import BRIEF
from command_line import call, refused
from tunelet import Run

pytestmark = pytest.mark.slow

TEXTS = ["warm rye loaf", "cold burnt roll"]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]) -> Path:
    out = tmp_path_factory.mktemp("predict") / "run"
    rows = [(f"{text} {n}", label) for n in range(20) for text, label in zip(TEXTS, ("good", "bad"), strict=True)]
    settings = {"data.max_length": 16, "training.epochs": 1, **BRIEF, "data.validation": "held-out"}
    return tunelet.train(rows, model=tiny_checkpoint("distilbert"), settings=settings, out=out, quiet=True).path


def test_names_of_files_are_no_texts(capsys: pytest.CaptureFixture[str], run_folder: Path, in_folder: Path) -> None:
    (in_folder / "tickets.csv").write_text("text\na\n")
    (in_folder / "notes").write_text("a\n")
    (in_folder / "folder").mkdir()
    for name in ("tickets.csv", "notes", "folder", "absent.jsonl", "absent.csv.gz", "hub:someone/reviews"):
        refused(call(capsys, "predict", run_folder, "a text", name), f"--input {name}", "--output")
    refused(call(capsys, "predict", run_folder, "-"), "standard input", "--input")
    for text in ("see tickets.csv", "What is tickets.csv", "a/b", "3.5", "..."):
        assert call(capsys, "predict", run_folder, text).status == 0


def test_a_run_among_the_texts_is_told_where_it_belongs(capsys: pytest.CaptureFixture[str], run_folder: Path) -> None:
    line = refused(call(capsys, "predict", "a text", run_folder), "the run first")
    assert f"tunelet predict {run_folder} 'a text'" in line
    refused(call(capsys, "predict", run_folder, "a text", run_folder), "is the name of a folder")
    refused(call(capsys, "predict", "a text", "another"), "no such run folder")


def test_a_file_in_the_place_of_a_run_is_called_one(
    capsys: pytest.CaptureFixture[str], run_folder: Path, in_folder: Path
) -> None:
    (in_folder / "tickets.csv").write_text("text\na\n")
    refused(call(capsys, "evaluate", "tickets.csv", run_folder), "is a file", "the run comes first")


def test_thresholds_and_doubts(capsys: pytest.CaptureFixture[str], run_folder: Path) -> None:
    def labels(*options: object) -> list[str]:
        return [
            line.split("\t")[0] for line in call(capsys, "predict", run_folder, *TEXTS, *options).stdout.splitlines()
        ]

    assert labels("--threshold", 0) == ["good", "good"]
    assert labels("--threshold", "1.0") == ["bad", "bad"]
    assert labels("--threshold", "run") == labels("--threshold", Run.load(run_folder).summary.threshold)
    assert labels("--min-confidence", 1) == ["unsure", "unsure"]
    done = call(capsys, "predict", run_folder, *TEXTS, "--min-confidence", 1, "--json")
    assert [entry["label"] for entry in json.loads(done.stdout)["predictions"]] == [None, None]
    refused(call(capsys, "predict", run_folder, "a", "--threshold", "half"), "a number from 0 to 1, or run", "0.5")
    refused(call(capsys, "predict", run_folder, "a", "--threshold", 1.5), "a number from 0 to 1")
    refused(call(capsys, "predict", run_folder, "a", "--min-confidence", -1), "a number from 0 to 1")
    refused(call(capsys, "predict", run_folder, "a", "--threshold", "run", "--baseline"), "chosen for its encoder")


def test_an_empty_text_among_others_gets_no_label_and_alone_is_refused(
    capsys: pytest.CaptureFixture[str], run_folder: Path
) -> None:
    refused(call(capsys, "predict", run_folder, ""), "an empty one")
    refused(call(capsys, "predict", run_folder, "", " "), "an empty one")
    first, second = call(capsys, "predict", run_folder, "", TEXTS[0]).stdout.splitlines()
    assert first.split("\t") == ["no text", "-", ""]
    assert second.split("\t")[0] in ("good", "bad")
    entry, _ = json.loads(call(capsys, "predict", run_folder, "", TEXTS[0], "--json").stdout)["predictions"]
    assert entry == {"text": "", "label": None, "probability": None, "probabilities": {"bad": None, "good": None}}


def test_the_baseline_can_be_used_for_texts_files_and_evaluation(
    capsys: pytest.CaptureFixture[str], run_folder: Path, tmp_path: Path
) -> None:
    done = call(capsys, "predict", run_folder, "--baseline", *TEXTS)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["good", "bad"]
    (tmp_path / "in.csv").write_text("text,label\nwarm rye loaf 1,good\ncold burnt roll 1,bad\n")
    out = tmp_path / "out.csv"
    done = call(capsys, "predict", run_folder, "--baseline", "--input", tmp_path / "in.csv", "--output", out)
    assert done.status == 0
    assert [line.split(",")[2] for line in out.read_text().splitlines()[1:]] == ["good", "bad"]
    done = call(capsys, "evaluate", run_folder, tmp_path / "in.csv", "--baseline", "--json")
    assert json.loads(done.stdout)["accuracy"] == 1.0


def test_what_was_done_with_a_file_is_said(
    capsys: pytest.CaptureFixture[str], run_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "train.csv").write_text("text,predicted\na,b\n")
    (tmp_path / "test.csv").write_text("text,predicted\nwarm rye loaf,x\n ,y\n")
    out = tmp_path / "out.tsv"
    done = call(capsys, "predict", run_folder, "--input", tmp_path, "--output", out, "--min-confidence", 1)
    for words in ("column 'text'", "trained on", "split: test", "'predicted_2'", "1 row without text", "1 of them too"):
        assert words in done.stdout
    assert str(out) in done.stdout.splitlines()[-1]


def test_the_screen_after_training_names_the_command_of_a_baseline_that_is_not_beaten(
    capsys: pytest.CaptureFixture[str], run_folder: Path
) -> None:
    from tunelet._output import console
    from tunelet.console import result_screen

    capsys.readouterr()
    result_screen(console(), Run.load(run_folder))
    shown = capsys.readouterr().out
    assert "baseline" in shown
    assert f"tunelet predict {run_folder} --baseline" in shown


def test_other_inputs_than_files_are_read_too(
    capsys: pytest.CaptureFixture[str], run_folder: Path, tmp_path: Path
) -> None:
    done = call(capsys, "predict", run_folder, "--input", "sample", "--output", tmp_path / "o.jsonl", "--json")
    found = json.loads(done.stdout)
    assert (found["part"], found["empty"]) == ("test", 0)
    assert len((tmp_path / "o.jsonl").read_text(encoding="utf-8").splitlines()) == found["rows"]


def test_rows_alone_go_to_standard_output_and_what_is_said_to_standard_error(
    capsys: pytest.CaptureFixture[str], run_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("id,text\n01,warm rye loaf\n02,\n", encoding="utf-8")
    arguments = ("predict", run_folder, "--baseline", "--input", tmp_path / "in.csv")
    done = call(capsys, *arguments, "--output", "-")
    assert done.status == 0
    header, first, second = done.stdout.splitlines()
    assert header.startswith("id,text,predicted,probability,")
    assert first.startswith("01,warm rye loaf,good,")
    assert second == "02,,,,,"
    assert "1 row without text" in done.stderr
    assert "standard output" in done.stderr.splitlines()[-1]
    lines = call(capsys, *arguments, "--output", "-", "--output-format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["01", "02"]
    refused(call(capsys, *arguments, "--output", "-", "--json"), "--json", "--output -", "predictions.csv")
    refused(call(capsys, *arguments, "--output", "-", "--output-format", "xml"), "'xml'", "--output-format jsonl.gz")
    refused(
        call(capsys, *arguments, "--output", tmp_path / "o.csv", "--input-format", "doc"), "'doc'", "--input-format"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


def test_the_record_of_a_file_says_what_was_done(
    capsys: pytest.CaptureFixture[str], run_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "warm rye loaf"}\n{"text": null}\n', encoding="utf-8")
    out = tmp_path / "out.jsonl"
    done = call(
        capsys, "predict", run_folder, "--baseline", "--input", tmp_path / "in.jsonl", "--output", out, "--json"
    )
    found = json.loads(done.stdout)
    assert {name: found[name] for name in ("rows", "n", "empty", "unsure", "resumed")} == {
        "rows": 2, "n": 1, "empty": 1, "unsure": 0, "resumed": 0,
    }  # fmt: skip
    assert found["seconds"] > 0
    assert found["texts_per_second"] == pytest.approx(1 / found["seconds"])
    assert found["output"] == str(out)
