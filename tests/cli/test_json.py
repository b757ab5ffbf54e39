"""What scripts rely on: one JSON object on stdout, progress on stderr, exit status, files in and out."""

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from command_line import QUICK, Done, call, command, environment, refused, run

pytestmark = pytest.mark.slow

METRICS = ("accuracy", "precision", "recall", "f1", "f1_weighted", "f1_macro", "roc_auc", "average_precision")
METRICS += ("log_loss", "ece")
COSTS = ("trainable_parameters", "total_parameters", "train_seconds", "tokens_per_second", "peak_memory_bytes")


def the_object(done: Done) -> dict[str, Any]:
    """What a command with --json printed: one object, strictly JSON, on one line."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    assert done.status == 0, done
    assert done.stdout.count("\n") == 1
    value = json.loads(done.stdout, parse_constant=refuse)
    assert isinstance(value, dict)
    return value


def check_metrics(found: dict[str, Any]) -> None:
    for name in METRICS:
        value, interval = found[name], found[f"{name}_ci"]
        if value is None:  # a random encoder may never name a label: its precision is undefined
            assert name in ("precision", "f1")
            assert interval is None
            continue
        if interval is None:  # nor has what is the same in every draw an interval, but for the accuracy
            assert name != "accuracy"
            assert found["no_interval"][name]
            continue
        low, high = interval
        assert 0 <= low <= high
        assert value >= 0
        if name != "log_loss":
            assert high <= 1
    assert isinstance(found["n"], int)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]) -> tuple[Path, Done]:
    """A run folder, and how the process that made it ended."""
    out = tmp_path_factory.mktemp("runs") / "run"
    model = tiny_checkpoint("distilbert")
    return out, run("train", "sample", "--limit", 40, "--model", model, *QUICK, "--out", out, "--json")


@pytest.fixture
def run_folder(trained: tuple[Path, Done]) -> Path:
    return trained[0]


def test_train_prints_the_contracts_keys_and_nothing_else(trained: tuple[Path, Done]) -> None:
    out, done = trained
    found = the_object(done)
    check_metrics(found)
    check_metrics(found["validation"])
    rows = json.loads((out / "data.json").read_text())["parts"]["test"]["rows"]
    assert (found["run"], found["n"], found["evaluated_on"]) == (str(out), rows, "test")
    for name in COSTS:
        assert found[name] > 0
    assert found["trainable_parameters"] < found["total_parameters"]
    assert json.loads((out / "metrics.json").read_text()) == found


def test_progress_is_plain_lines_where_there_is_no_terminal(trained: tuple[Path, Done]) -> None:
    _, done = trained
    assert "epoch 1/1: training loss" in done.stderr
    assert "accuracy" in done.stderr
    assert not {"\x1b", "\r", "\b"}.intersection(done.stderr)


def test_the_commands_to_type_next_can_be_copied(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, tiny_checkpoint: Callable[[str], Path]
) -> None:
    out = tmp_path / "a folder with a long name, and one that a shell would take for seven" / "run"
    model = tiny_checkpoint("distilbert")
    done = call(capsys, "train", "sample", "--limit", 20, "--model", model, *QUICK, "--out", out)
    assert (done.status, done.stdout) == (0, "")
    typed = next(line for line in done.stderr.splitlines() if "tunelet predict" in line)
    words = shlex.split(typed)
    assert words == ["classify", "tunelet", "predict", str(out), "your text"]
    assert call(capsys, *words[2:]).status == 0


def test_evaluate_prints_one_object(capsys: pytest.CaptureFixture[str], run_folder: Path) -> None:
    found = the_object(call(capsys, "evaluate", run_folder, "sample", "--json"))
    check_metrics(found)
    trained = json.loads((run_folder / "metrics.json").read_text())
    assert {name: found[name] for name in (*METRICS, "n")} == {name: trained[name] for name in (*METRICS, "n")}


def test_a_metric_that_is_undefined_is_null(
    capsys: pytest.CaptureFixture[str], run_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "praise.csv").write_text("text,label\nA fine film.,positive\nA finer film.,positive\n")
    found = the_object(call(capsys, "evaluate", run_folder, tmp_path / "praise.csv", "--json"))
    assert (found["roc_auc"], found["n"]) == (None, 2)


def test_predict_prints_one_object(capsys: pytest.CaptureFixture[str], run_folder: Path) -> None:
    texts = ["A film without a villain.", "", "Zwölf Minuten 😀\nzu lang"]
    found = the_object(call(capsys, "predict", run_folder, *texts, "--json"))
    assert found["run"] == str(run_folder)
    assert [entry["text"] for entry in found["predictions"]] == texts
    first, empty, last = found["predictions"]
    assert empty["probabilities"] == {"negative": None, "positive": None}
    for entry in (first, last):
        assert set(entry["probabilities"]) == {"negative", "positive"}
        assert sum(entry["probabilities"].values()) == pytest.approx(1)
        assert entry["probability"] == max(entry["probabilities"].values()) == entry["probabilities"][entry["label"]]
    lines = call(capsys, "predict", run_folder, *texts).stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == [first["label"], "no text", last["label"]]
    assert lines[2].endswith("\tZwölf Minuten 😀 zu lang")


def test_recipes_inspect_and_doctor_print_one_object(
    capsys: pytest.CaptureFixture[str], tiny_checkpoint: Callable[[str], Path]
) -> None:
    listed = the_object(call(capsys, "recipes", "--json"))["recipes"]
    assert {"quickstart", "thorough", "distilbert-imdb-10k"} <= set(listed)
    assert the_object(call(capsys, "recipes", "thorough", "--json"))["name"] == "thorough"
    inspected = the_object(call(capsys, "inspect", tiny_checkpoint("distilbert"), "--json"))
    assert (inspected["layers"], inspected["hidden_size"]) == (3, 32)
    examined = the_object(call(capsys, "doctor", "--json"))
    assert examined["device"]["value"] == "cpu" or examined["device"]["reason"]
    assert examined["hub"] == {"value": "out of reach", "reason": "HF_HUB_OFFLINE is set"}


def test_a_user_error_prints_nothing_on_stdout_and_debug_shows_the_traceback(tmp_path: Path) -> None:
    refused(run("evaluate", tmp_path / "absent", "sample", "--json"), "no such run folder")
    done = run("evaluate", tmp_path / "absent", "sample", "--json", "--debug")
    assert done.status != 0
    assert done.stdout == ""
    assert "Traceback" in done.stderr
    assert "tunelet.errors.RunError" in done.stderr


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, *arguments: object, **settings: str) -> str:
    """What a command writes to stderr when that is a terminal."""
    from tunelet.cli import main

    for name, value in {"TERM": "xterm-256color", "COLUMNS": "100", **settings}.items():
        monkeypatch.setenv(name, value)
    ours, theirs = os.openpty()
    written: list[bytes] = []

    def read() -> None:
        try:
            while content := os.read(ours, 65536):
                written.append(content)
        except OSError:  # how a terminal says that the other end is closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setattr(sys, "argv", ["tunelet", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        monkeypatch.undo()
    reader.join()
    os.close(ours)
    assert not ended.value.code
    return b"".join(written).decode()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("settings", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_no_color_is_set(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tiny_checkpoint: Callable[[str], Path],
    settings: dict[str, str],
    coloured: bool,
) -> None:
    model = tiny_checkpoint("distilbert")
    arguments = ("train", "sample", "--limit", 40, "--model", model, *QUICK, "--out", tmp_path / "run")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = on_a_terminal(monkeypatch, *arguments, **settings)
    assert "\x1b[?25l" in shown, "a live bar hides the cursor"
    assert ("\x1b[36m" in shown) == coloured


def test_an_interrupted_run_exits_130_and_says_how_to_go_on(
    tmp_path: Path, tiny_checkpoint: Callable[[str], Path]
) -> None:
    arguments = ["train", "sample", "--limit", "60", "--model", str(tiny_checkpoint("distilbert")), "--out", "run"]
    arguments += [*QUICK, "--set", "training.epochs=100", "--set", "evaluation.baseline=false", "--json"]
    # A shell that starts us in the background may have interrupts ignored, and children inherit that.
    process = subprocess.Popen(
        command(*arguments),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch 20/"):  # so that the checkpoint after the tenth, the first evaluated, is written
            break
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (130, ""), stderr
    assert "Traceback" not in stderr
    last = stderr.splitlines()[-1]
    assert last.startswith("interrupted: run.partial holds the run so far")
    assert "--resume" in last
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.partial"]
    done = run(*arguments, "--resume", cwd=tmp_path)
    assert the_object(done)["epochs"] == 100
    assert "going on from its last checkpoint" in done.stderr
    assert "epoch 10/100" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines)) if path.suffix == ".csv" else [json.loads(line) for line in lines]


@pytest.mark.parametrize("output", ["out.csv", "out.jsonl", "out.parquet"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("in.csv", "id,review\na,A fine film.\nb,\nc,Dull; but short.\n"),
        ("in.jsonl", '{"id": "a", "text": "A fine film."}\n{"id": "b"}\n{"id": "c", "text": "Dull; but short."}\n'),
        ("in.txt", "A fine film.\r\n  \r\nDull; but short.\r\n"),
    ],
)
def test_a_file_of_texts_becomes_a_file_of_predictions(
    capsys: pytest.CaptureFixture[str], run_folder: Path, tmp_path: Path, name: str, content: str, output: str
) -> None:
    (tmp_path / name).write_bytes(content.encode())
    done = call(capsys, "predict", run_folder, "--input", tmp_path / name, "--output", tmp_path / output, "--json")
    found = the_object(done)
    column = "review" if name == "in.csv" else "text"
    assert found["text_column"]["value"] == column
    assert found["text_column"]["reason"]
    counts = {"rows": 3, "n": 2, "empty": 1, "unsure": 0, "part": "train", "parts": ["train"]}
    assert {key: found[key] for key in counts} == counts
    assert (found["run"], found["output"]) == (str(run_folder), str(tmp_path / output))
    rows = rows_of(tmp_path / output)
    assert [row.get("id") for row in rows] == ([None] * 3 if name == "in.txt" else ["a", "b", "c"])
    assert not rows[1]["predicted"]
    assert not rows[1]["probability"]
    del rows[1]
    assert [row[column] for row in rows] == ["A fine film.", "Dull; but short."]
    typed = json.loads(call(capsys, "predict", run_folder, "A fine film.", "Dull; but short.", "--json").stdout)
    for row, entry in zip(rows, typed["predictions"], strict=True):
        assert row["predicted"] == entry["label"]
        assert float(row["probability"]) == pytest.approx(entry["probability"], abs=1e-4)
        assert float(row["probability_positive"]) == pytest.approx(entry["probabilities"]["positive"], abs=1e-4)


def test_a_parquet_file_of_texts_and_a_folder_with_a_test_part_can_be_predicted(
    capsys: pytest.CaptureFixture[str], run_folder: Path, tmp_path: Path
) -> None:
    import pyarrow as pa

    pq.write_table(pa.table({"text": ["One.", None, "Two."]}), tmp_path / "in.parquet")
    done = call(capsys, "predict", run_folder, "--input", tmp_path / "in.parquet", "--output", tmp_path / "a.csv")
    assert done.status == 0
    assert "2 texts classified" in done.stdout
    assert "1 row without text left empty" in done.stdout
    assert "texts: column 'text'" in done.stdout
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "train.csv").write_text('text\nOne.\n""\nTwo.\n')
    (tmp_path / "parts" / "test.csv").write_text("text\nThree.\n")
    one = tmp_path / "parts" / "test.csv"
    alone = call(capsys, "predict", run_folder, "--input", one, "--output", tmp_path / "c.csv")
    assert "1 text classified: " in alone.stdout
    out = tmp_path / "b.csv"
    found = the_object(call(capsys, "predict", run_folder, "--input", tmp_path / "parts", "--output", out, "--json"))
    assert (found["n"], found["empty"], found["part"], found["parts"]) == (1, 0, "test", ["train", "test"])


def test_texts_that_cannot_be_read_or_predictions_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], run_folder: Path, tmp_path: Path
) -> None:
    texts, taken = tmp_path / "in.txt", tmp_path / "taken.csv"
    texts.write_bytes(b"A fine film.\nCaf\xe9\n")
    (tmp_path / "empty.txt").touch()
    taken.write_text("mine")
    new = tmp_path / "new.csv"

    def predict(source: Path, *output: object) -> Done:
        return call(capsys, "predict", run_folder, "--input", source, *output)

    refused(
        predict(tmp_path / "nowhere-at-all.txt", "--output", new), "no file", "nowhere-at-all.txt", "check the name"
    )
    refused(predict(tmp_path / "empty.txt", "--output", new), "empty.txt is empty")
    refused(predict(texts, "--output", new), "not UTF-8", "0xe9", "row 2")
    refused(predict(texts, "--output", taken), "taken.csv exists already", "name another file")
    refused(predict(texts, "--output", tmp_path / "new.xlsx"), ".csv, .tsv, .jsonl", "'.xlsx'")
    refused(predict(texts), "no file to write", "--output predictions.csv")
    texts.write_text("A fine film.\n")
    refused(predict(texts, "--output", taken / "new.csv"), "cannot be written", "pass --output")
    refused(call(capsys, "predict", run_folder, "A film.", "--output", new), "--output goes with --input")
    refused(call(capsys, "predict", run_folder, "A film.", "--input", texts, "--output", new), "or a file of texts")
    assert taken.read_text() == "mine"
    assert not new.exists()
