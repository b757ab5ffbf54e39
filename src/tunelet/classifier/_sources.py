"""The files that a folder, or a name with `*` and `?`, stands for, on disk or in a store of objects."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tunelet.data import format_of, is_object, object_at, objects_below
from tunelet.errors import DataError

_SIGNS = "*?["


@dataclass(frozen=True)
class Source:
    """A file to classify.

    Attributes:
        name: its whole path, or its address in a store.
        output: its name in the output.
        bytes, modified_ns: its size, and when it was written.
    """

    name: str
    output: str
    bytes: int
    modified_ns: int


def stamp_of(name: str) -> tuple[int, int]:
    """Size of a file in bytes, and when it was written in nanoseconds. Raises OSError and DataError."""
    if is_object(name):
        found = object_at(name)
        return found.bytes, found.modified_ns
    status = os.stat(name)  # noqa: PTH116
    return status.st_size, status.st_mtime_ns


def stands_for_several(named: str) -> bool:
    """Whether a name holds signs that stand for others; in a store's address a question mark begins options."""
    return any(sign in (named.partition("?")[0] if is_object(named) else named) for sign in "*?")


def sources(named: str) -> list[Source]:
    """The files by their names, without hidden ones. Raises DataError where there are none."""
    found = _in_store(named) if is_object(named) else _on_disk(named)
    hidden = (each for each in found if not any(part.startswith(".") for part in each.output.split("/")))
    files = sorted((each for each in hidden if format_of(each.output) is not None), key=lambda each: each.name)
    if not files:
        raise DataError(
            f"{named}: expected files of texts such as a.csv, b.jsonl or c.parquet, found none",
            "name a folder of files, or 'folder/*.csv'",
        )
    return files


def _on_disk(named: str) -> Iterator[Source]:
    folder = Path(named)
    if folder.is_dir():
        base, found = folder, folder.rglob("*")
    else:
        fixed = _fixed(named)
        base = Path(fixed) if fixed.endswith(("/", os.sep)) else Path(fixed).parent
        found = base.glob(os.path.relpath(named, base))
    for path in found:
        if path.is_file():
            name = str(path.absolute())
            yield Source(name, path.relative_to(base).as_posix(), *stamp_of(name))


def _in_store(named: str) -> Iterable[Source]:
    # A question mark begins options here, and no name.
    address, mark, options = named.partition("?")
    fixed = _fixed(address)
    folder = fixed if fixed == address else fixed.rpartition("/")[0]
    base = f"{folder.rstrip('/')}/"
    fits = None if fixed == address else re.compile(_as_expression(address.removeprefix(base)))
    for each in objects_below(f"{base.rstrip('/')}{mark}{options}"):
        output = each.address.partition("?")[0].removeprefix(base)
        if fits is None or fits.fullmatch(output):
            yield Source(each.address, output, each.bytes, each.modified_ns)


def _fixed(named: str) -> str:
    """What stands before the first sign that stands for others."""
    return named[: min((named.find(sign) for sign in _SIGNS if sign in named), default=len(named))]


def _as_expression(pattern: str) -> str:
    """`*` stands for any characters but a slash, and `**/` for any folders."""
    parts = re.split(r"(\*\*/|\*)", pattern)
    return "".join({"**/": "(?:.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
