"""The rooms of the package: their storeys, and which room imports which. `docs/rooms_page.py` draws them, and
`tests/ground/test_rooms.py` holds the code to them."""

import ast
from collections.abc import Iterator, Mapping

# From the ground up; rooms of one line do not know each other.
STOREYS = (
    ("hub", "recipe", "scale"),
    ("data", "checkpoint"),
    ("kernels",),
    ("model",),
    ("evaluation", "audit"),
    ("run",),
    ("training", "explain"),
    ("classifier", "comparison"),
    ("experiment",),
    ("report", "inspection", "sklearn", "tuning"),
    ("publish", "page"),
    ("serve",),
    ("export",),
    ("console",),
    ("bench",),
    ("cli",),
)
HEIGHT = {room: height for height, storey in enumerate(STOREYS) for room in storey}
LOOSE = "loose modules"  # at the package's root, yet not of its ground: they import rooms
# For users: no file imports them to work with.
_DOORS = ("__init__", "__main__", "_api", "_api_parts", "_api_tune", "notebook")

Arrows = dict[str, set[str]]


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


def arrows(files: Mapping[str, str]) -> tuple[Arrows, list[str]]:
    """What imports what.

    Args:
        files: path below the package -> source, of every Python file.

    Returns:
        room -> the rooms that it imports, with all loose modules as one room, and the names of these modules.
    """
    trees = {path: ast.parse(source) for path, source in files.items()}
    rooms = {path.split("/")[0] for path in files if "/" in path}
    modules = {path.removesuffix(".py") for path in files if "/" not in path} - set(_DOORS)
    known: Arrows = {name: set() for name in rooms | modules}
    for path, tree in trees.items():
        here = path.split("/")[0].removesuffix(".py")
        if here in known:
            known[here] |= {name.split(".")[1] for name in imports(tree) if "." in name} & known.keys() - {here}
    loose = _reaching(rooms, known) & modules
    drawn: Arrows = {}
    for name, below in known.items():
        if name in rooms | loose:
            others = {LOOSE if other in loose else other for other in below if other in rooms | loose}
            drawn.setdefault(LOOSE if name in loose else name, set()).update(others)
    drawn.get(LOOSE, set()).discard(LOOSE)
    return drawn, sorted(loose)


def _reaching(rooms: set[str], known: Arrows) -> set[str]:
    """The names that import a room, themselves or through others of the root."""
    reached: set[str] = set()
    while more := {name for name, below in known.items() if below & (rooms | reached)} - reached:
        reached |= more
    return reached


def back(drawn: Arrows) -> set[tuple[str, str]]:
    """The arrows that close a circle through the loose modules."""
    return {(name, LOOSE) for name, below in drawn.items() if LOOSE in below and name in reach(LOOSE, drawn)}


def reach(start: str, drawn: Arrows) -> set[str]:
    """The rooms that can be reached from one along the arrows."""
    reached: set[str] = set()
    ahead = list(drawn[start])
    while ahead:
        if (name := ahead.pop()) not in reached:
            reached.add(name)
            ahead += drawn[name]
    return reached


def reduced(drawn: Arrows) -> Arrows:
    """The same without the arrows that follow from others; there may be no circle."""
    return {
        name: {one for one in below if not any(one in reach(other, drawn) for other in below - {one})}
        for name, below in drawn.items()
    }
