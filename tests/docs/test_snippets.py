"""What README and docs tell a reader to type runs: commands in this process, on tiny encoders, and Python as it stands.

A block that needs a network or minutes says so in the comment above it (`<!-- skip: REASON -->`).
"""

import shlex

import pytest

import tunelet
from command_line import ROOT, call
from markdown import Block, blocks
from stopping import stopped_behind

PAGES = ["README.md", *(f"docs/{name}.md" for name in ("data", "evaluation", "prediction", "recipe", "run-folder"))]
FOUND = [(page, block) for page in PAGES for block in blocks((ROOT / page).read_text(encoding="utf-8"))]
RUN = [(page, block) for page, block in FOUND if block.mark not in ("skip", "output")]


def commands(block: Block) -> list[list[str]]:
    """The commands of a shell block; of a console's those behind "$"."""
    lines = block.code.replace("\\\n", " ").splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def names(pairs: list[tuple[str, Block]]) -> list[str]:
    return [f"{page}:{block.line}" for page, block in pairs]


SHELL = [(page, block) for page, block in RUN if block.language in ("sh", "console")]
# Each command once, with the last place that it stands in.
TYPED = {tuple(words): f"{page}:{block.line} {' '.join(words)}" for page, block in SHELL for words in commands(block)}


@pytest.mark.parametrize("words", list(TYPED), ids=list(TYPED.values()))
def test_a_command_of_the_docs_runs(words, furnished, capsys):
    assert words[0] == "tunelet", "mark the block with a comment that says why it is not run"
    if "--resume" in words:
        with stopped_behind(1):
            tunelet.train("reviews.csv", quiet=True)
    done = call(capsys, *words[1:])
    assert done.status == 0, done.stderr


SNIPPETS = [(page, block) for page, block in RUN if block.language == "python" and block.mark != "file"]


@pytest.mark.parametrize("snippet", [block for _, block in SNIPPETS], ids=names(SNIPPETS))
def test_python_of_the_docs_runs(snippet, furnished):
    exec(compile(snippet.code, f"line {snippet.line}", "exec"), {"__name__": "__main__"})  # noqa: S102


def test_few_blocks_are_skipped_and_each_with_a_reason():
    skipped = [block for _, block in FOUND if block.mark == "skip"]
    assert all(block.value for block in skipped)
    assert len(skipped) < len(TYPED) / 2
