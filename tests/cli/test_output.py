"""What is printed: control characters of other people's texts are visible, and any stdout and stderr will do."""

import csv
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import QUICK, Done, call, command, environment, refused
from tunelet._output import console, visible

pytestmark = pytest.mark.slow

TITLE = "\x1b]0;pwned\x07"  # sets the title of a terminal's window
SHOWN = r"\x1b]0;pwned\x07"
HIDDEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]) -> Path:
    """A folder with data and an encoder whose every name holds a sequence for the terminal."""
    folder = tmp_path_factory.mktemp("planted")
    rows = [(f"a warm film {TITLE} {n}", f"go{TITLE}od") for n in range(12)]
    rows += [(f"two cold hours {n}", "bad\u202e\x9b31m") for n in range(12)]
    with (folder / f"films{TITLE}.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([(f"te{TITLE}xt", f"la{TITLE}bel"), *rows])
    shutil.copytree(tiny_checkpoint("distilbert"), folder / f"encoder{TITLE}")
    return folder


def check(done: Done, status: int) -> None:
    assert done.status == status, done
    for stream in (done.stdout, done.stderr):
        assert not HIDDEN.search(stream), stream
    assert "pwned" in done.stdout + done.stderr


def test_no_screen_lets_a_control_character_through(
    planted: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(planted)
    columns = ("--text", f"te{TITLE}xt", "--label", f"la{TITLE}bel")
    data, model, out = f"films{TITLE}.csv", f"encoder{TITLE}", f"run{TITLE}"
    trained = call(capsys, "train", data, *columns, "--model", model, *QUICK, "--out", out)
    check(trained, 0)
    for part in (f"films{SHOWN}.csv", f"te{SHOWN}xt", f"encoder{SHOWN}", f"run{SHOWN}"):
        assert part in trained.stderr
    check(call(capsys, "evaluate", out, data), 0)
    check(call(capsys, "predict", out, f"a{TITLE}film"), 0)
    check(call(capsys, "inspect", model), 0)
    found = call(capsys, "predict", out, f"a{TITLE}film", "--json")
    check(found, 0)
    (prediction,) = json.loads(found.stdout)["predictions"]
    assert prediction["text"] == f"a{TITLE}film"
    assert set(prediction["probabilities"]) == {"go]0;pwnedod", "bad31m"}  # labels are cleaned when they are read


def test_tables_and_finished_texts_of_rich_are_made_visible(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(f"head{TITLE}", title=f"title{TITLE}")
    table.add_row(f"cell{TITLE}")
    for printed in (table, Text(f"text{TITLE}"), f"line{TITLE}"):
        console().print(printed)
    found = capsys.readouterr().out
    assert not HIDDEN.search(found)
    assert all(f"{word}{SHOWN}" in found for word in ("head", "title", "cell", "line"))
    # In a column as wide as what is shown: the borders are straight.
    assert len({len(line) for line in found.splitlines() if line[:1] in "┃│┏┡└"}) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", TITLE),
        ("train", "sample", "--text", TITLE),
        ("train", "sample", "--set", f"{TITLE}=1"),
        ("train", "sample", "--set", f"training.{TITLE}=1"),
        ("train", "sample", "--set", f"model.device={TITLE}"),
        ("train", "sample", "--recipe", TITLE),
        ("train", "sample", "--model", f"./{TITLE}"),
        ("train", "sample", "--model", TITLE),
        ("train", "sample", "--seeds", TITLE),
        ("train", "sample", f"--{TITLE}"),
        ("predict", TITLE, "a"),
        ("compare", TITLE, "b"),
        ("recipes", TITLE),
        ("push", TITLE, "a/b"),
        (TITLE,),
    ],
)
def test_no_refusal_lets_a_control_character_through(
    capsys: pytest.CaptureFixture[str], in_folder: Path, arguments: tuple[str, ...]
) -> None:
    done = call(capsys, *arguments)
    check(done, 2)
    refused(done)


def test_a_model_type_is_no_command_to_the_terminal(
    planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(planted / f"encoder{TITLE}", tmp_path / "encoder"))
    (folder / "config.json").write_text(json.dumps({"model_type": TITLE}))
    check(call(capsys, "inspect", folder), 2)


def test_a_terminal_without_a_width_gets_the_whole_screen(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    console().print("every figure")
    assert capsys.readouterr().out == "every figure\n"


def test_letters_of_every_script_stay_as_they_are() -> None:
    for text in ("Größe 🎬 שלום עליכם सिनेमा 👩‍👩‍👧", "tab\tand\nline", "é"):
        assert visible(text) == text
    assert visible("\r\x00\x7f\x85\u2028\udcff") == r"\r\x00\x7f\x85\u2028\udcff"


def start(arguments: str, redirections: str, **settings: str) -> tuple[int, str, str]:
    """A command in a shell, with its streams redirected."""
    line = f"{' '.join(command(*arguments.split()))} {redirections}"
    done = subprocess.run(["/bin/sh", "-c", line], env=environment(**settings), capture_output=True, check=False)
    return done.returncode, done.stdout.decode("utf-8", "strict"), done.stderr.decode("utf-8", "strict")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("json_too", ["", " --json"])
def test_output_that_cannot_be_written_is_one_line_and_status_1(json_too: str) -> None:
    status, _, stderr = start(f"recipes{json_too}", ">/dev/full")
    assert status == 1
    assert stderr.startswith("error: the output cannot be written: No space left")
    assert stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_what_cannot_be_said_on_stderr_changes_no_status() -> None:
    assert start("recipes nope", "2>/dev/full")[0] == 2
    assert start("recipes nope", "2>&-")[0] == 2
    assert start("recipes", "2>&- <&-")[0] == 0


def test_a_closed_stdout_is_nobodys_fault_and_is_taken_by_no_file() -> None:
    assert start("recipes", ">&-") == (0, "", "")
    assert start("recipes --json", ">&- 2>&- <&-") == (0, "", "")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
def test_letters_that_the_terminal_has_no_room_for_are_escaped(tmp_path: Path, encoding: str) -> None:
    status, _, stderr = start("recipes 映画", "", PYTHONIOENCODING=encoding)
    assert (status, "\\u6620\\u753b" in stderr, "Traceback" in stderr) == (2, True, False)
    code = f"import sys; from tunelet._output import json_line; sys.stdout.reconfigure(encoding='{encoding}')"
    code += "; print(json_line({'a': 'Größe 🎬 \\x9b'}))"
    done = subprocess.run(
        [*command()[:1], "-c", code], env=environment(), capture_output=True, check=True, text=True, encoding="ascii"
    )
    assert json.loads(done.stdout) == {"a": "Größe 🎬 \x9b"}


def test_an_argument_that_is_no_utf8_is_refused_in_one_line(in_folder: Path) -> None:
    for arguments in ([b"train", b"\xff.csv"], [b"predict", b"\xff", b"a"], [b"recipes", b"\xff"]):
        done = subprocess.run(
            [*command(), *arguments], env=environment(), capture_output=True, check=False, cwd=os.fsencode(in_folder)
        )
        assert (done.returncode, done.stderr.count(b"\n")) == (2, 1), done
        assert rb"\udcff" in done.stderr
        assert not list(in_folder.iterdir())
