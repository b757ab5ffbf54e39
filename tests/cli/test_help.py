"""Help that a stranger reads: every option and argument says what it is, and every command has lines to copy."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from command_line import call
from tunelet.cli._app import app
from tunelet.recipe import Recipe, parse_setting, resolve_recipe, with_settings

COMMAND = get_command(app)
NOT_OURS = {"help", "install_completion", "show_completion"}  # typer's own options, with typer's words
# A phrase that begins with one of these needs the option's name before it: it is no phrase on its own.
NO_NOUN = re.compile(
    r"(of|from|to|in|on|at|by|with|without|where|when|how|which|what|whether|see|again|also|else|or|and|it|its|they|"
    r"accept|print|give|use|show|let|quote|change|try)\b"
)


def every(command: Any = COMMAND, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with what is typed for it after `tunelet`."""
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from every(inner, (*path, name))
    else:
        yield " ".join(path), command


COMMANDS = dict(every())
PARAMETERS = [
    pytest.param(parameter, id=f"{path} {parameter.name}")
    for path, command in {"": COMMAND, **COMMANDS}.items()
    for parameter in command.params
    if parameter.name not in NOT_OURS
]


def examples(command: Any) -> list[list[str]]:
    """The lines below a command's help as words after `tunelet`, without what a shell makes of them."""
    lines = [line.strip() for line in (command.epilog or "").splitlines() if line.startswith("  ")]
    assert all(line.startswith("tunelet ") for line in lines)
    return [shlex.split(line.split(" > ")[0])[1:] for line in lines]


def parse(words: list[str]) -> Any:
    """The context of the command that the words call, as before it runs. Raises click's error for what is no call."""
    command, name = COMMAND, ""
    while hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
    return command.make_context(name, words)


def test_all_commands_of_the_contract_are_there():
    assert set(COMMANDS) == {
        "train", "tune", "adapt", "evaluate", "predict", "explain", "compare", "report", "push", "export", "serve",
        "recipes", "inspect", "doctor", "audit",
        "bench train", "bench predict",
    }  # fmt: skip


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_every_option_and_argument_has_help_that_begins_with_its_noun(parameter):
    words = parameter.help or ""
    assert len(words.split()) > 1 or parameter.name == "json", words
    assert not NO_NOUN.match(words), words
    assert not words.endswith("."), words


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_an_example_of_itself_and_all_of_them_parse(path):
    typed = examples(COMMANDS[path])
    assert any(" ".join(words).startswith(path) for words in typed)
    for words in typed:
        given = parse(words).params
        for setting in given.get("settings") or []:
            with_settings(Recipe(), dict([parse_setting(setting)]))
        if "recipe" in given:
            resolve_recipe(given["recipe"])


def test_the_examples_of_the_whole_are_calls_of_its_commands():
    assert len([parse(words) for words in examples(COMMAND)]) > 1


@pytest.mark.parametrize("path", ["", *COMMANDS])
def test_help_shows_the_examples_as_they_are_typed(path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    done = call(capsys, *path.split(), "--help")
    assert done.status == 0
    for line in (COMMANDS.get(path) or COMMAND).epilog.splitlines():
        assert not line.startswith("  tunelet") or f"  {line}" in done.stdout.splitlines()


@pytest.mark.parametrize("group", ["", "bench"])
def test_no_summary_in_a_list_of_commands_is_cut(group, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = call(capsys, *group.split(), "--help").stdout.split("Commands:")[1].split("examples:")[0]
    assert "..." not in lines
