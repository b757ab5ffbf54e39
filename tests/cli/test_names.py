"""Names that no file can have, in every place that takes one: one line, status 2, nothing left behind."""

import subprocess
from pathlib import Path

import pytest

from command_line import call, command, environment, refused

pytestmark = pytest.mark.slow

LONG = "x" * 5000


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", LONG),
        ("train", "sample", "--test", LONG, "--model", "minilm"),
        ("train", "sample", "--model", f"./{LONG}"),
        ("train", "sample", "--model", f"{LONG}/{LONG}"),
        ("train", "sample", "--recipe", f"{LONG}.toml"),
        ("train", "sample", "--out", LONG),
        ("train", f"hub:{LONG}"),
        ("train", f"hub:{LONG}/{LONG}"),
        ("train", "hub:a/b:" + LONG),
        ("predict", LONG, "a"),
        ("evaluate", LONG, "sample"),
        ("compare", LONG, LONG),
        ("report", LONG),
        ("push", LONG, "a/b"),
        ("inspect", LONG),
        ("recipes", LONG),
    ],
    ids=lambda arguments: " ".join(arguments)[:30],
)
def test_a_name_that_is_too_long(
    capsys: pytest.CaptureFixture[str], in_folder: Path, arguments: tuple[str, ...]
) -> None:
    assert len(refused(call(capsys, *arguments))) < 1500
    assert not list(in_folder.iterdir())


@pytest.mark.parametrize("place", [b"run\xff", b"folder\xff/run"])
def test_a_run_folder_whose_name_is_not_utf8_is_refused_before_the_work(in_folder: Path, place: bytes) -> None:
    arguments = [*command("train", "sample", "--model", "minilm", "--out"), place]
    done = subprocess.run(arguments, env=environment(), capture_output=True, check=False)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1), done
    assert b"its name is not UTF-8; pass another --out" in done.stderr
    assert not list(in_folder.iterdir())


def test_a_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    refused(call(capsys, "predict", tmp_path / "run", "a"), "working directory is gone", "cd")
