"""The command line as a user meets it: `run` in a process of its own, `call` in this one (the same code, no start-up).

`refused` states the contract for a user's mistake: exit status 2, and one line that says what to type.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import fork_server

ROOT = Path(__file__).parents[2]
QUICK = (
    "--set", "data.max_length=32", "--set", "data.validation=held-out", "--set", "training.epochs=1",
    "--set", "evaluation.resamples=100", "--set", "evaluation.explained=0", "--set", "data.audit=false",
)  # fmt: skip

# What most commands import of tunelet; code of tests is run without them, for it may ask what is imported.
_MODULES = (
    "tunelet.cli", "tunelet.console", "tunelet.audit", "tunelet.classifier._predict", "tunelet.comparison",
    "tunelet.experiment._finish", "tunelet.experiment._fitting", "tunelet.experiment._head",
    "tunelet.experiment._train", "tunelet.model._load", "tunelet.report", "tunelet.training",
)  # fmt: skip
_OF_THE_USER = re.compile(r"(HF_|HUGGING|TRANSFORMERS_|TUNELET_|PYTHON|(NO|FORCE|TTY)_?COLOR|TTY_|COLUMNS|TERM$).*")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


def environment(**settings: str) -> dict[str, str]:
    """The environment without the user's own settings of Python, the Hub and the terminal; offline, caches apart."""
    kept = {key: value for key, value in os.environ.items() if not _OF_THE_USER.match(key)}
    cache = os.environ["TUNELET_CACHE"]
    own = {"PYTHONPATH": str(ROOT / "src"), "TUNELET_CACHE": cache, "HF_HOME": f"{cache}/hf", "HF_HUB_OFFLINE": "1"}
    # For tiny models a second thread gains nothing, and on a busy machine the two wait for each other.
    return kept | own | {"OMP_NUM_THREADS": "1"} | settings


def command(*arguments: object) -> list[str]:
    """`python -m tunelet` with these arguments."""
    return [sys.executable, "-m", "tunelet", *map(str, arguments)]


def run(*arguments: object, cwd: Path | None = None, **settings: str) -> Done:
    """`python -m tunelet ...` in a process of its own; settings are added to its environment."""
    asked = ["-m", "tunelet", *map(str, arguments)]
    done = fork_server.run(asked, environment(**settings), environment(), folder=cwd, modules=_MODULES)
    return Done(done.returncode, done.stdout, done.stderr)


def run_code(code: str, *arguments: object, cwd: Path | None = None, **settings: str) -> Done:
    """`python -c CODE ...`, likewise."""
    done = fork_server.run(["-c", code, *map(str, arguments)], environment(**settings), environment(), folder=cwd)
    return Done(done.returncode, done.stdout, done.stderr)


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> Done:
    """The same in this process: the entry point, its arguments in `sys.argv`."""
    from huggingface_hub import constants

    from tunelet.cli import main

    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["tunelet", *map(str, arguments)])
        patch.setattr(constants, "HF_HUB_OFFLINE", True)  # read when imported, perhaps before a test could say so
        patch.setattr(constants, "HF_HUB_CACHE", f"{os.environ['TUNELET_CACHE']}/hf/hub")
        with pytest.raises(SystemExit) as ended:
            main()
    stdout, stderr = capsys.readouterr()
    return Done(ended.value.code if isinstance(ended.value.code, int) else 0, stdout, stderr)


def refused(done: Done, *words: str) -> str:
    """The one line of a command that the user got wrong, which holds the words."""
    lines = done.stderr.splitlines()
    assert done.status == 2, done
    assert [line for line in lines if line.startswith("error: ")] == lines[-1:], done
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in lines[-1], done
    return lines[-1]


def is_empty(folder: Path) -> bool:
    """Whether nothing lies there: neither a run nor a partial one."""
    return not list(folder.iterdir())
