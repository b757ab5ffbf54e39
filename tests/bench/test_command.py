"""The commands as a user meets them: help at once, one line for a mistake, one JSON object, tables, a file."""

import io
import json
import signal
import subprocess

import pytest
from rich.console import Console

from command_line import call, command, environment, refused, run
from tunelet.bench.harness._tables import number, show_document

pytestmark = pytest.mark.slow


def test_help_names_the_commands():
    done = run("bench", "--help")
    assert "train" in done.stdout
    assert "predict" in done.stdout
    assert "--parity" in run("bench", "train", "--help").stdout


def test_mistakes_are_told_in_one_line(capsys, tmp_path):
    refused(call(capsys, "bench", "train", "--arms", "stok"), "--arms", "'stok'", "stock")
    refused(call(capsys, "bench", "train", "--precision", "int4"), "--precision", "int8")
    refused(call(capsys, "bench", "train", "--device", "tpu"), "--device")
    refused(call(capsys, "bench", "train", "--turns", "0"), "--turns")
    refused(call(capsys, "bench", "predict", "--model", tmp_path), "config.json")
    refused(call(capsys, "bench", "predict", "--run", tmp_path / "none"), "no such run folder")
    refused(call(capsys, "bench", "train", "--model", "minilm", "--data", tmp_path / "none.csv"), "none.csv")
    refused(call(capsys, "bench", "train", "--out", tmp_path), "--out")


def test_json_is_one_object_and_the_file_holds_the_same(capsys, tmp_path, tiny_checkpoint):
    small = ("--model", tiny_checkpoint("distilbert"), "--data", "sample", "--turns", "1", "--texts", "4")
    arms = ("--arms", "tunelet", "--precision", "float32")
    done = call(capsys, "bench", "predict", *small, *arms, "--json", "--out", tmp_path / "found.json")
    assert done.status == 0, done
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == json.loads((tmp_path / "found.json").read_text())
    assert "turn 1 of 1" in done.stderr


def test_the_screen_shows_every_arm_and_how_it_ran(train_document, predict_document):
    for document in (train_document, predict_document):
        shown = Console(width=80, record=True, file=io.StringIO())
        show_document(shown, document)
        text = shown.export_text()
        for arm in document["models"][0]["arms"]:
            assert f"{arm['name']}: {arm['setting']}" in text
            assert number(arm["reviews_per_second"]["median"]) in text


def test_an_interruption_leaves_what_was_measured(tmp_path, tiny_checkpoint):
    small = ("--model", str(tiny_checkpoint("distilbert")), "--data", "sample", "--turns", "1000", "--texts", "4")
    arms = ("--arms", "tunelet", "--precision", "float32", "--out", "found.json")
    process = subprocess.Popen(
        command("bench", "predict", *small, *arms), cwd=tmp_path, env=environment(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stderr is not None
    next(line for line in process.stderr if "turn 2 of 1000" in line)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert stderr.splitlines()[-1] == "interrupted: what was measured so far is in found.json"
    assert "tunelet float32" in stdout
    (model,) = json.loads((tmp_path / "found.json").read_text())["models"]
    assert model["arms"][0]["reviews_per_second"]["median"] > 0
