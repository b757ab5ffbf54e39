"""A file is read in one sitting and a function at one glance: STYLE's sizes, held for the whole package."""

import ast
from pathlib import Path

import tunelet

PACKAGE = Path(tunelet.__file__).parent
FILE_LINES, STATEMENT_LINES = 300, 60


def _statement_lines(function):
    """From the first statement behind the docstring to the last."""
    first = function.body[1 if ast.get_docstring(function) and len(function.body) > 1 else 0]
    return function.end_lineno - first.lineno + 1


def test_no_file_is_longer_than_three_hundred_lines():
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_has_more_than_sixty_lines_of_statements():
    long = {
        f"{path.relative_to(PACKAGE)}: {node.name}": lines
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := _statement_lines(node)) > STATEMENT_LINES
    }
    assert long == {}


def test_what_is_counted_are_statements():
    (function,) = ast.parse(
        'def f(a,\n      b):\n    """Two.\n\n    Lines.\n    """\n    c = a\n\n    return c + b\n'
    ).body
    assert _statement_lines(function) == 3
