"""What README and docs tell a reader to type runs: commands in this process, on tiny encoders, and Python as it stands.

A block that needs a network or minutes says so in the comment above it (`<!-- skip: REASON -->`).
"""

import re
import shlex

import pytest

import tunelet
from checkpoints import stopped_behind
from command_line import ROOT, call
from markdown import Block, blocks

pytestmark = pytest.mark.slow

# What measurements took hours to write, and the page that test_extending.py follows from its first block to its last.
ELSEWHERE = {"accuracy", "performance", "results", "extending"}
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")) if path.stem not in ELSEWHERE),
]
FOUND = [(page, block) for page in PAGES for block in blocks((ROOT / page).read_text(encoding="utf-8"))]
RUN = [(page, block) for page, block in FOUND if block.mark not in ("skip", "output")]


def typed(block: Block) -> list[tuple[list[str], str]]:
    """The commands of a shell block, with nothing; of a console those behind "$", with what each prints."""
    text = block.code.replace("\\\n", " ")
    if block.language == "console":
        pairs = [part.partition("\n") for part in text.split("$ ")[1:]]
    else:
        pairs = [(line, "", "") for line in text.splitlines()]
    return [(words, printed) for line, _, printed in pairs if (words := shlex.split(line, comments=True))]


def names(pairs: list[tuple[str, Block]]) -> list[str]:
    return [f"{page}:{block.line}" for page, block in pairs]


SHELL = [(page, block) for page, block in RUN if block.language in ("sh", "console")]
# Each command once, with the last place that it stands in.
TYPED = {
    tuple(words): (printed, f"{page}:{block.line} {' '.join(words)}")
    for page, block in SHELL
    for words, printed in typed(block)
}


@pytest.mark.parametrize(
    ("words", "printed"),
    [(words, printed) for words, (printed, _) in TYPED.items()],
    ids=[at for _, at in TYPED.values()],
)
def test_a_command_of_the_docs_does_what_they_say(words, printed, furnished, capsys):
    assert words[0] == "tunelet", "mark the block with a comment that says why it is not run"
    if "--resume" in words and not printed:
        with stopped_behind(1):
            tunelet.train("reviews.csv", quiet=True)
    done = call(capsys, *words[1:])
    assert done.status == (2 if printed.startswith("error:") else 0), done.stderr
    for line in printed.splitlines():  # "..." stands for whatever is not shown
        shown = ".*".join(re.escape(part.strip()) for part in line.split("..."))
        assert re.search(shown, f"{done.stderr}{done.stdout}"), f"{line}\n{done.stderr}"


SNIPPETS = [(page, block) for page, block in RUN if block.language == "python" and block.mark != "file"]


@pytest.mark.parametrize("snippet", [block for _, block in SNIPPETS], ids=names(SNIPPETS))
def test_python_of_the_docs_runs(snippet, furnished):
    exec(compile(snippet.code, f"line {snippet.line}", "exec"), {"__name__": "__main__"})  # noqa: S102


def test_few_blocks_are_skipped_and_each_with_a_reason():
    skipped = [block for _, block in FOUND if block.mark == "skip"]
    assert all(block.value for block in skipped)
    assert len(skipped) < len(TYPED) / 2
