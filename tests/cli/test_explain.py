"""`tunelet explain`: words with their numbers, one JSON object, a page; nothing in a text steers a terminal."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

import tunelet
from brief import BRIEF
from command_line import call, refused
from tunelet import Explanation
from tunelet.console import explanations_screen

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]) -> Path:
    out = tmp_path_factory.mktemp("explain") / "run"
    rows = [(f"{text} {n}", name) for n in range(20) for text, name in (("warm rye", "[red]good"), ("cold rye", "bad"))]
    settings = {"data.max_length": 16, "training.epochs": 1, **BRIEF, "data.validation": "held-out"}
    return tunelet.train(rows, model=tiny_checkpoint("distilbert"), settings=settings, out=out, quiet=True).path


def test_words_and_their_numbers_are_shown_without_a_terminal(capsys, run_folder):
    done = call(capsys, "explain", run_folder, "warm \x1b[31m[bold]rye[/]", "  ", "--label", "bad", "--baseline")
    assert done.status == 0
    assert "bad" in done.stdout
    assert " warm]" in done.stdout
    assert "Log odds" in done.stdout
    assert "nothing to read" in done.stdout
    assert "\x1b" not in done.stdout
    assert "bold" in done.stdout


def test_json_is_one_object_of_typed_explanations(capsys, run_folder):
    done = call(capsys, "explain", run_folder, "warm rye", "cold", "--json")
    found = json.loads(done.stdout)
    assert found["run"] == str(run_folder)
    first, second = (Explanation.model_validate_json(json.dumps(one)) for one in found["explanations"])
    assert [word.text for word in first.words] == ["warm", "rye"]
    assert second.steps >= 8


def test_a_page_is_written_and_never_over_another_file(capsys, run_folder, in_folder):
    assert call(capsys, "explain", run_folder, "warm <b>rye</b>", "--html", "page.html").status == 0
    assert "<mark" in Path("page.html").read_text(encoding="utf-8")
    refused(call(capsys, "explain", run_folder, "warm rye", "--html", "page.html"), "exists", "another file")


def test_what_is_hardly_meant_is_refused(capsys, run_folder, in_folder):
    (in_folder / "tickets.csv").write_text("text\na\n")
    refused(call(capsys, "explain", run_folder, "tickets.csv"), "is the name of a file", "explain")
    refused(call(capsys, "explain", run_folder, "-"), "standard input", "tunelet explain RUN")
    refused(call(capsys, "explain", "warm rye", run_folder), "the run first", "tunelet explain")
    refused(call(capsys, "explain", run_folder, "warm rye", "--label", "splendid"), "no label", "--label")


@pytest.mark.parametrize("no_color", [False, True])
def test_on_a_terminal_signs_are_more_than_colours(run_folder, no_color):
    written = io.StringIO()
    screen = Console(file=written, force_terminal=True, color_system="truecolor", no_color=no_color, width=100)
    explanations_screen(screen, tunelet.BaselineClassifier.load(run_folder).explain("warm rye", label="[red]good"))
    shown = written.getvalue()
    assert "[red]good" in shown  # a label is no markup of rich's
    assert ("48;2;" in shown) == (not no_color)  # a coloured ground
    assert (" warm]" in shown) == no_color
    if not no_color:
        assert "against it" in shown
