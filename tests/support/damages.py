"""Ways in which the files of a run folder are damaged: each a name and what it does to a file."""

import copy
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Damage = Callable[[Path], None]
_OTHERS: tuple[Any, ...] = (None, True, -1, 1e30, "x", [], {}, [1, "a"], {"a": None})


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _folder(path: Path) -> None:
    _remove(path)
    path.mkdir()


def _pipe(path: Path) -> None:
    _remove(path)
    os.mkfifo(path)


def _link(target: str) -> Damage:
    def damage(path: Path) -> None:
        _remove(path)
        path.symlink_to(target)

    return damage


def _cut(share: float) -> Damage:
    return lambda path: path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def _flip(share: float) -> Damage:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes() or b"\0")
        content[int((len(content) - 1) * share)] ^= 1
        path.write_bytes(content)

    return damage


def of_any_file() -> dict[str, Damage]:
    """Damages of a file, whatever it holds."""
    return {
        "removed": _remove,
        "emptied": _cut(0),
        "cut in half": _cut(0.5),
        "a byte less": _cut(0.9999),
        "longer": lambda path: path.write_bytes(path.read_bytes() + b"\n{}"),
        "other bytes": lambda path: path.write_bytes(b"\xff\xfe\0" * 40),
        "first bit": _flip(0),
        "a bit within": _flip(0.4),
        "last bit": _flip(1),
        "a folder": _folder,
        "a pipe": _pipe,
        "a dangling link": _link("nowhere"),
        "a link to itself": lambda path: _link(path.name)(path),
        "a link to a device": _link("/dev/zero"),
        "a link to a folder": _link("."),
    }


def of_json(content: Any) -> Iterator[tuple[str, Any]]:
    """The value with one entry taken out, or of another kind, at any depth; of long lists only the first entries."""
    for path in _paths(content):
        for number, other in enumerate(_OTHERS):
            changed = copy.deepcopy(content)
            _parent(changed, path)[path[-1]] = other
            yield f"{'.'.join(map(str, path))} = {number}", changed
        changed = copy.deepcopy(content)
        del _parent(changed, path)[path[-1]]
        yield f"{'.'.join(map(str, path))} missing", changed


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*above, key)
        yield from _paths(inner, (*above, key))


def _parent(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        value = value[key]
    return value


def rewrite(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))
