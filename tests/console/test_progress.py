"""A training is followed by a bar on a terminal, by plain lines elsewhere, and by nothing where nobody looks on."""

import io
import re

import pytest
from rich.console import Console

from tunelet.console import progress
from tunelet.experiment import Screens


def told(*, terminal: bool, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is written of a stage of a hundred tokens, half of them done by an earlier session."""
    monkeypatch.setattr("tunelet.console._progress._PLAIN_SECONDS", 0.0)
    file = io.StringIO()
    with progress(Console(file=file, force_terminal=terminal, width=120)) as reporter, reporter.part("fold 2/5"):
        reporter.stage("epoch 1/3", 100, 50)
        reporter.advance(25, 0.5)
        reporter.say("accuracy 0.9")
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", file.getvalue())


@pytest.mark.parametrize("terminal", [True, False])
def test_stage_share_loss_and_lines_are_shown_with_the_part_that_they_belong_to(terminal, monkeypatch):
    shown = told(terminal=terminal, monkeypatch=monkeypatch)
    assert "fold 2/5, epoch 1/3" in shown
    assert re.search(r"75 %", shown)
    assert "tokens/s" in shown
    assert "loss 0.500" in shown
    assert "fold 2/5, accuracy 0.9" in shown


def test_a_loss_is_not_shown_in_the_stage_behind(monkeypatch):
    monkeypatch.setattr("tunelet.console._progress._PLAIN_SECONDS", 0.0)
    file = io.StringIO()
    with progress(Console(file=file)) as reporter:
        reporter.stage("epoch 1/3", 100)
        reporter.advance(100, 0.5)
        reporter.stage("validation", 10)
        reporter.advance(10)
    first, second = file.getvalue().splitlines()
    assert "loss" in first
    assert "loss" not in second


def test_without_screens_nothing_is_written(capfd):
    with Screens().progress() as reporter, reporter.part("fold 1/5"):
        reporter.stage("epoch 1/3", 10)
        reporter.advance(10, 0.1)
        reporter.say("a line")
    assert capfd.readouterr() == ("", "")
