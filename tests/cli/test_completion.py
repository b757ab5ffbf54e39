"""What a shell completes: the script for it is printed and installed, and commands, options and values are answered.

A shell is known by the name of the process that tunelet was started from, so bash under another name stands for those
that are not installed here, as far as that name is all that matters.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import environment

BASH = shutil.which("bash")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BASH is None or not sys.platform.startswith("linux"), reason="needs bash, and /proc"),
]

PLACES = {
    "bash": (".bash_completions/tunelet.sh", "complete -o default -F _tunelet_completion tunelet"),
    "zsh": (".zfunc/_tunelet", "#compdef tunelet"),
    "fish": (".config/fish/completions/tunelet.fish", "complete --command tunelet"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the three shells and the command `tunelet` in `bin`."""
    home = tmp_path_factory.mktemp("home")
    (home / "bin").mkdir()
    for shell in PLACES:
        (home / "bin" / shell).symlink_to(str(shutil.which(shell) or BASH))
    tunelet = home / "bin" / "tunelet"
    tunelet.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tunelet "$@"\n')
    tunelet.chmod(0o755)
    return home


def shell(home: Path, name: str, script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A script in a shell of that name; what follows the last command keeps the shell from giving its process away."""
    paths = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    status = "$status" if name == "fish" and shutil.which("fish") else "$?"
    return subprocess.run(
        [str(home / "bin" / name), "-c", f"{script}\nexit {status}"],
        env=environment(HOME=str(home), PATH=paths, **settings),
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_the_script_of_the_shell_is_printed_and_installed(home: Path, name: str) -> None:
    place, words = PLACES[name]
    shown = shell(home, name, "tunelet --show-completion")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert words in shown.stdout
    installed = shell(home, name, "tunelet --install-completion")
    assert (installed.returncode, installed.stderr) == (0, "")
    assert str(home / place) in installed.stdout
    assert (home / place).read_text().strip() == shown.stdout.strip()


@pytest.mark.parametrize(
    ("typed", "answers"),
    [
        (("tunelet", "ev"), ["evaluate"]),
        (("tunelet", "train", "sample", "--learn"), ["--learning-rate"]),
        (("tunelet", "train", "--recipe", "th"), ["thorough"]),
        (("tunelet", "train", "--model", "mini"), ["minilm"]),
    ],
)
def test_bash_completes_a_command_an_option_and_a_value(home: Path, typed: tuple[str, ...], answers: list[str]) -> None:
    words = " ".join(f"'{word}'" for word in typed)
    script = f'COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _tunelet_completion tunelet; echo "${{COMPREPLY[@]}}"'
    done = shell(home, "bash", f'eval "$(tunelet --show-completion)"\n{script}')
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == answers


@pytest.mark.parametrize("name", ["zsh", "fish"])
@pytest.mark.parametrize(
    ("typed", "answer"), [("tunelet ev", "evaluate"), ("tunelet train --learn", "--learning-rate")]
)
def test_zsh_and_fish_get_an_answer_to_what_their_scripts_ask(home: Path, name: str, typed: str, answer: str) -> None:
    asked = {"_TUNELET_COMPLETE": f"complete_{name}", "_TYPER_COMPLETE_ARGS": typed}
    done = shell(home, name, "tunelet", **asked, _TYPER_COMPLETE_FISH_ACTION="get-args")
    assert (done.returncode, done.stderr) == (0, "")
    assert answer in done.stdout


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("tunelet ev", "evaluate"),
        ("tunelet train sample --learn", "--learning-rate"),
        ("tunelet train --recipe th", "thorough"),
    ],
)
def test_fish_completes_a_command_an_option_and_a_value(home: Path, typed: str, answer: str) -> None:
    done = shell(home, "fish", f"tunelet --show-completion | source\ncomplete --do-complete '{typed}'")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == [answer]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("tunelet ev", "evaluate"),
        ("tunelet train sample --learn", "--learning-rate"),
        ("tunelet train --recipe th", "thorough"),
    ],
)
def test_zsh_is_handed_a_command_an_option_and_a_value(home: Path, typed: str, answer: str) -> None:
    words = typed.split()
    # What zsh's own _arguments would lay out on the screen is printed.
    script = (
        'autoload -Uz compinit; compinit -u\neval "$(tunelet --show-completion)"\n'
        '_arguments() { print -r -- "$@" }\n'
        f"words=({' '.join(words)}); CURRENT={len(words)}; _tunelet_completion"
    )
    done = shell(home, "zsh", script)
    assert (done.returncode, done.stderr) == (0, "")
    assert f'"{answer}"' in done.stdout
