"""Rooms know only rooms below them, and of these only what their doors hand out; no circle of files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import ROOT

SOURCE = ROOT / "src" / "tunelet"
# From the ground up, as docs/architecture.md draws them; rooms of one line do not know each other.
STOREYS = (
    ("hub", "recipe"),
    ("data", "checkpoint"),
    ("kernels",),
    ("model",),
    ("evaluation",),
    ("run",),
    ("training",),
    ("classifier", "comparison"),
    ("report", "inspection"),
    ("publish",),
    ("console",),
    ("bench",),
    ("cli",),
)
HEIGHT = {room: height for height, storey in enumerate(STOREYS) for room in storey}
FILES = sorted(SOURCE.rglob("*.py"))


def imports(tree: ast.AST, *, at_load: bool = False) -> Iterator[str]:
    """The modules of tunelet that a file imports, by full name, those of one name each; at_load: outside functions."""
    for node in ast.iter_child_nodes(tree):
        if at_load and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if at_load and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tunelet"):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("tunelet"))
        else:
            yield from imports(node, at_load=at_load)


def room(path: Path) -> str | None:
    """None: the ground, or the main job at the package's root."""
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_reaches_into_no_other(path):
    for module in imports(ast.parse(path.read_text(encoding="utf-8"))):
        _, *parts = module.split(".")
        if len(parts) > 1 and parts[0] != room(path) and parts[0] in HEIGHT:
            assert not parts[1].startswith("_"), f"{module}: import it from tunelet.{parts[0]}"


@pytest.mark.parametrize("path", [path for path in FILES if room(path)], ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_import_runs_up(path):
    here = room(path)
    for module in imports(ast.parse(path.read_text(encoding="utf-8"))):
        _, *parts = module.split(".")
        if parts and parts[0] in HEIGHT and parts[0] != here:
            assert HEIGHT[parts[0]] < HEIGHT[here], f"{here} imports {module}"


def test_every_room_has_its_storey():
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert rooms == set(HEIGHT)


def test_no_files_import_each_other_in_a_circle():
    names = {".".join(("tunelet", *path.relative_to(SOURCE).with_suffix("").parts)): path for path in FILES}
    below = {
        name: {other for other in imports(ast.parse(path.read_text(encoding="utf-8")), at_load=True) if other in names}
        for name, path in names.items()
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for other in below[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in names:
        visit(name, ())
