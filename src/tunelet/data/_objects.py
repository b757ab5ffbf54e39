"""Files in stores of objects, such as s3://bucket/reviews/a.csv, through the file systems of PyArrow.

Keys and regions are found as the store's own tools find them: AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL and the
like. What follows a question mark are options of PyArrow: s3://bucket/reviews?region=eu-west-1. All before it is the
name as it is, with spaces and percent signs.
"""

import functools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tunelet._words import first_line
from tunelet.errors import DataError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_STORES = ("s3://", "gs://")
_COPIED = 2**20  # bytes at a time


@dataclass(frozen=True)
class ObjectFile:
    """A file in a store.

    Attributes:
        address: whole, such as s3://bucket/reviews/a.csv.
        bytes, modified_ns: its size, and when it was written.
    """

    address: str
    bytes: int
    modified_ns: int


def is_object(name: str) -> bool:
    """Whether a name is an address in a store of objects."""
    return name.startswith(_STORES)


def objects_below(address: str) -> list[ObjectFile]:
    """All files below a folder of a store, in any order. Raises DataError."""
    from pyarrow.fs import FileSelector, FileType

    with _reading(address):
        system, path, (before, after) = _opened(address)
        found = system.get_file_info(FileSelector(path.rstrip("/"), recursive=True))
    return [
        ObjectFile(f"{before}{each.path}{after}", each.size, each.mtime_ns or 0)
        for each in found
        if each.type == FileType.File
    ]


def object_name(address: str) -> str:
    """The last part of an address, without options: a.csv."""
    return address.partition("?")[0].rpartition("/")[2]


def object_at(address: str) -> ObjectFile:
    """A file as it is now. Raises DataError."""
    from pyarrow.fs import FileType

    with _reading(address):
        system, path, _ = _opened(address)
        info = system.get_file_info(path)
    if info.type != FileType.File:
        raise DataError(f"{address}: there is no such file", "name a file, or a folder of files with workers=1")
    return ObjectFile(address, info.size, info.mtime_ns or 0)


@contextmanager
def fetched(address: str) -> Iterator[Path]:
    """A copy of a file on this machine, under its own name; it goes with the block. Raises DataError."""
    with tempfile.TemporaryDirectory(prefix="tunelet-") as folder:
        with _reading(address):
            system, path, _ = _opened(address)
            copy = Path(folder) / object_name(address)
            with system.open_input_stream(path) as source, copy.open("wb") as file:
                shutil.copyfileobj(source, file, _COPIED)
        yield copy


def _opened(address: str) -> "tuple[FileSystem, str, tuple[str, str]]":
    """The store, the path in it, and what stands before and behind the path in an address."""
    named, mark, options = address.partition("?")
    scheme, _, path = named.partition("://")
    return _system(f"{scheme}://{path.partition('/')[0]}{mark}{options}"), path, (f"{scheme}://", f"{mark}{options}")


@functools.lru_cache(maxsize=8)  # to open one the store may be asked where the bucket lies
def _system(bucket: str) -> "FileSystem":
    from pyarrow.fs import FileSystem

    system, _ = FileSystem.from_uri(bucket)
    return system


@contextmanager
def _reading(address: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(
            f"{address}: cannot be read ({first_line(error, without=type(error).__name__)[:300]})",
            "check the address and the keys: AWS_PROFILE or AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL",
        ) from None
