"""One of a thing is one thing: whatever is counted in a sentence goes through one function."""

import ast
import re
from pathlib import Path

import pytest

import tunelet
from tunelet._words import counted

SOURCE = Path(tunelet.__file__).parent
NOUNS = "texts|rows|labels|classes|files|threads|epochs|seeds|cores|layers|heads|columns|weights|values|runs"


@pytest.mark.parametrize(
    ("count", "noun", "told"),
    [(0, "text", "0 texts"), (1, "text", "1 text"), (2, "class", "2 classes"), (1, "class", "1 class"),
     (12_345, "test text", "12,345 test texts")],
)  # fmt: skip
def test_a_number_agrees_with_its_noun(count, noun, told):
    assert counted(count, noun) == told


def test_no_sentence_puts_a_bare_number_before_a_plural():
    bare = []
    for path in SOURCE.rglob("*.py"):
        if path.relative_to(SOURCE).parts[0] in ("bench", "kernels"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                bare += [f"{path.relative_to(SOURCE)}:{node.lineno}" for _ in _bare(node)]
    assert bare == []


def _bare(text: ast.JoinedStr) -> list[ast.expr]:
    """Numbers (what has thousands set off, or is a length) that stand before a plural."""
    found = []
    for value, after in zip(text.values, text.values[1:], strict=False):
        if not isinstance(value, ast.FormattedValue) or not isinstance(after, ast.Constant):
            continue
        form = "" if value.format_spec is None else ast.unparse(value.format_spec)
        number = form == "f':,'" or form == "f','" or ast.unparse(value.value).startswith("len(")
        if number and re.match(rf" (\w+ )?({NOUNS})\b", str(after.value)):
            found.append(value.value)
    return found
