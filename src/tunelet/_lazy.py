"""Names that are imported when they are first used (PEP 562), so that `import tunelet` loads no torch."""

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any


def lazy_exports(package: str, exports: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """A module's `__getattr__` that imports each name from its private module.

    Args:
        package: the exporting package's `__name__`.
        exports: private module (relative to the package) -> names. A name that is its own module's stands for that
            module: a room that can be called (`callable_room`).
    """
    homes = {name: module for module, names in exports.items() for name in names}

    def __getattr__(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(f".{homes[name]}", package)
        value = module if homes[name] == name else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return __getattr__


def callable_room(room: str, verb: Callable[..., Any]) -> None:
    """Let a room be called as the public function that has its name.

    Once a room is imported, Python keeps it in the package under its name, in the place of any function of that name.
    So the room itself takes the call: `tunelet.report(run)` and `from tunelet.report import Document` both work.

    Args:
        room: its `__name__`.
        verb: the function.
    """
    members = {"__call__": staticmethod(verb), "__signature__": inspect.signature(verb)}
    sys.modules[room].__class__ = type("Room", (ModuleType,), members)
