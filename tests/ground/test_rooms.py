"""Rooms know only rooms below them, and of these only what their doors hand out; no circle of files."""

import ast
from pathlib import Path

import pytest

from command_line import ROOT
from rooms import HEIGHT, arrows, back, imports, reduced

SOURCE = ROOT / "src" / "tunelet"
FILES = sorted(SOURCE.rglob("*.py"))


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


# But for tests/support and conftest.py, which stage what a test needs: a kill in a write, a package that is not there.
AROUND = [
    path
    for folder in ("docs", "measurements", "notebooks", "tests", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name != "conftest.py" and path.parent.name != "support"
]


@pytest.mark.parametrize("path", AROUND, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_around_the_package_knows_doors_alone_and_tests_the_inside_of_their_own_room(path):
    first, own, *_ = path.relative_to(ROOT).parts
    for module in imports(ast.parse(path.read_text(encoding="utf-8"))):
        _, *parts = module.split(".")
        if len(parts) > 1 and parts[0] in HEIGHT and (first, own) not in {("tests", parts[0]), ("tests", "ground")}:
            assert not parts[1].startswith("_"), f"{module}: import it from tunelet.{parts[0]}"


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


def test_an_arrow_that_follows_from_others_is_not_drawn():
    assert reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {"a": {"b"}, "b": {"c"}, "c": set()}


def test_modules_at_the_root_that_import_rooms_are_one_room_of_the_diagram_and_their_circles_are_known():
    files = {
        "_words.py": "import re",
        "_steps.py": "from tunelet._words import counted\nfrom tunelet.screens import show",
        "_job.py": "from tunelet._steps import step",
        "screens/__init__.py": "from tunelet._job import Plan",
        "command/__init__.py": "def run():\n    from tunelet._job import job",
    }
    drawn, loose = arrows(files)
    assert loose == ["_job", "_steps"]
    assert drawn == {"loose modules": {"screens"}, "screens": {"loose modules"}, "command": {"loose modules"}}
    assert back(drawn) == {("screens", "loose modules")}
