"""docs/extending.md, followed literally in a copy of the package, adds what it says it adds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import ROOT, environment
from markdown import Block, blocks, patched

pytestmark = pytest.mark.slow

PAGE = list(blocks((ROOT / "docs" / "extending.md").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the page needs of a clone."""
    folder = tmp_path_factory.mktemp("clone")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("src", "docs", "tests/support"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def followed(block: Block, folder: Path) -> str:
    """Do what a block says, and return what was printed."""
    if block.mark == "file":
        path = folder / block.value
        path.parent.mkdir(parents=True, exist_ok=True)
        changed = patched(path.read_text(encoding="utf-8"), block.code) if block.language == "diff" else block.code
        path.write_text(changed, encoding="utf-8")
        return ""
    assert block.language == "sh", f"line {block.line}: which file is this?"
    done = subprocess.run(
        ["/bin/bash", "-ec", block.code],
        cwd=folder,
        env=environment(PYTHONPATH=str(folder / "src"), PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"line {block.line}: {done.stdout}{done.stderr}"
    return done.stdout


def test_who_follows_the_page_adds_a_reader_an_architecture_a_recipe_and_a_metric(copy):
    printed = ""
    for block in PAGE:
        if block.mark == "output":
            for line in block.code.splitlines():
                assert line in printed, f"line {block.line}"
        else:
            printed = followed(block, copy)
    assert (copy / "docs" / "recipe.md").read_text(encoding="utf-8").count("few-texts") == 1


def test_a_change_that_does_not_fit_the_file_is_an_error():
    assert patched("one\ntwo\nthree\n", " one\n-two\n+2\n three\n") == "one\n2\nthree\n"
    with pytest.raises(ValueError, match="0 times"):
        patched("one\n", " two\n+three\n")
