"""The code blocks of a page in Markdown, and what the comment above each says about it.

A block is fenced, or indented by four spaces, which are commands for a shell. The comment stands on the line above:

<!-- skip: REASON -->       the block is not run
<!-- file: PATH -->         the block is this file, or a change of it (diff)
<!-- output -->             the block is what the block before printed, or lines of it
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT = re.compile(r"<!-- (skip|file|output)(?:: (.+))? -->")


@dataclass(frozen=True)
class Block:
    """Code on a page.

    Attributes:
        language: "sh", "python", "toml", "diff", "text", ... as the fence has it.
        code: its lines, ended by a line end each.
        line: the number of its first line on the page.
        mark: "skip", "file", "output", or "" where no comment stands above.
        value: what the comment says.
    """

    language: str
    code: str
    line: int
    mark: str
    value: str


def blocks(page: str) -> Iterator[Block]:
    """All blocks, in their order."""
    lines = page.splitlines()
    at = 0
    while at < len(lines):
        if lines[at].startswith("```"):
            end = lines.index("```", at + 1)
            yield _block(lines, at, at + 1, end, lines[at][3:].strip() or "text")
            at = end + 1
        elif lines[at].startswith("    ") and (not lines[at - 1].strip() or _COMMENT.fullmatch(lines[at - 1])):
            end = next((n for n in range(at, len(lines)) if not lines[n].startswith("    ")), len(lines))
            yield _block(lines, at, at, end, "sh")
            at = end
        else:
            at += 1


def _block(lines: list[str], top: int, begin: int, end: int, language: str) -> Block:
    above = next((lines[n] for n in range(top - 1, max(top - 3, -1), -1) if lines[n].strip()), "")
    said = _COMMENT.fullmatch(above)
    indent = 0 if lines[top].startswith("```") else 4
    code = "".join(f"{line[indent:]}\n" for line in lines[begin:end])
    return Block(language, code, begin + 1, said[1] if said else "", (said[2] or "") if said else "")


def patched(source: str, diff: str) -> str:
    """A file with the lines of a diff changed: those with "-" or " " must stand in it once, one behind the other.

    Raises:
        ValueError: they do not.
    """
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] or "\n" for line in lines if line[:1] != "+")
    after = "".join(line[1:] or "\n" for line in lines if line[:1] != "-")
    if source.count(before) != 1:
        raise ValueError(f"these lines stand {source.count(before)} times in the file:\n{before}")
    return source.replace(before, after)
