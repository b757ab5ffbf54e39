"""From a file on disk to its bytes: only regular files, decompressed in pieces, and never more than the limits allow.

A file is decoded twice, first only to be measured: ten megabytes of gzip can hold ten gigabytes, and what is too large
is refused before any of it is kept.
"""

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from tunelet._foreign import ForeignFileError, open_regular
from tunelet._words import bytes_in_words
from tunelet.data.readers._decompression import DECODERS, PIECE, plain
from tunelet.data.readers._settings import CELL_COST, FileSettings
from tunelet.errors import DataError

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd", ".xz": "xz", ".bz2": "bzip2", ".zip": "zip"}

ZIP = "a zip archive or a spreadsheet"
GIT_LFS = "the pointer that Git LFS left in place of the file"
_MAGICS = {
    b"\x1f\x8b": "gzip data",
    b"\x28\xb5\x2f\xfd": "zstd data",
    b"\xfd7zXZ": "xz data",
    b"BZh": "bzip2 data",
    b"PK\x03\x04": ZIP,
    b"PK\x05\x06": ZIP,
    b"PAR1": "Parquet data",
    b"ARROW1": "Arrow data",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"%PDF-": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF87a": "an image",
    b"GIF89a": "an image",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"version https://git-lfs.github.com/spec/": GIT_LFS,
}
_ALWAYS_FITS = 2**28
_SEPARATORS = (b"\n", b'"', b",", b";", b"\t", b"|", b"\r")
BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Attributes:
        data: its bytes, decompressed.
        name: its name without the compression; of a zip archive, that of the file in it.
        compression: "gzip", "zstd", "xz", "bzip2", "zip", or "" for none.
    """

    data: bytearray
    name: str
    compression: str


def read_content(path: Path, settings: FileSettings, usable: Callable[[str], bool]) -> Content:
    """The content of a file, decompressed when its name says so.

    Args:
        path: the file.
        settings: the limits.
        usable: whether a file of this name, in a zip archive, can be a table.

    Raises:
        DataError: not a regular file, unreadable, broken, or larger than the limits.
    """
    with open_data_file(path) as file:
        compression = COMPRESSIONS.get(path.suffix.lower(), "")
        if not compression or not check_compression(file.read(16), path, compression):
            return Content(_within_limits(lambda: plain(file), path, settings, path.suffix), path.name, "")
        try:
            if compression == "zip":
                return _only_member(file, path, settings, usable)
            name = path.stem
            data = _within_limits(lambda: DECODERS[compression](file), path, settings, Path(name).suffix)
        except BROKEN as error:
            message = f"{path} is broken {compression} data ({error})"
            raise DataError(message, "fetch or compress the file again") from None
        return Content(data, name, compression)


def check_compression(start: bytes, source: object, compression: str) -> bool:
    """Whether there is something to decompress. Raises DataError where the first bytes are of another kind.

    Args:
        start: the first bytes of a file, at least four where it has them.
        source: its name.
        compression: what they should be, a value of `COMPRESSIONS`.
    """
    kind_of_data = describe_binary(start)
    if start and kind_of_data != (ZIP if compression == "zip" else f"{compression} data"):
        kind = kind_of_data or "no compressed data"
        raise DataError(f"{source} should hold {compression} data by its name, found {kind}", "correct its extension")
    return bool(start)


@contextmanager
def open_data_file(path: Path) -> Iterator[BinaryIO]:
    """A regular file, opened. Raises DataError where it is something else or cannot be read."""
    try:
        with open_regular(path) as file:
            yield file
    except ForeignFileError as error:
        raise DataError(f"{path}: {error}", "pass a data file, or a folder of them") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", "check the file and its permissions") from None


def describe_binary(content: bytes | bytearray) -> str:
    """Which binary format these bytes begin with, or "" when none that is known."""
    return next((name for magic, name in _MAGICS.items() if content.startswith(magic)), "")


def _within_limits(pieces: Callable[[], Iterator[bytes]], path: Path, settings: FileSettings, suffix: str) -> bytearray:
    """All pieces joined, after a first pass over them has measured that they are within the limits."""
    meter = _Meter(path, settings, suffix.lower())
    for piece in pieces():
        meter.add(piece)
    _refuse_beyond_memory(path, meter.size)
    data = bytearray(meter.size)
    at = 0
    for piece in pieces():
        data[at : at + len(piece)] = piece
        at += len(piece)
    if at != meter.size:
        raise DataError(f"{path} changed while it was read", "read it once it is written")
    return data


def _refuse_beyond_memory(path: Path, size: int) -> None:
    """Raise DataError where a file needs more memory than is free: the system would end the process without a word.

    The bytes of a file and its text are held at once, hence twice its size.
    """
    if size < _ALWAYS_FITS:
        return
    import psutil

    free = psutil.virtual_memory().available
    if 2 * size > free:
        message = f"{path} holds {bytes_in_words(size)}, which takes at least twice as much memory; "
        message += f"{bytes_in_words(free)} are free"
        raise DataError(message, "split it, or take it to a machine with more memory")


class _Meter:
    """Counts bytes, and refuses what no table of the allowed size can hold.

    A stretch of bytes without a line end, a quotation mark or a delimiter lies within one cell, in every text format
    and every encoding; a character takes at most four bytes.
    """

    def __init__(self, path: Path, settings: FileSettings, suffix: str) -> None:
        self.path, self.settings = path, settings
        self.text = suffix not in (".parquet", ".xlsx")
        self.json = suffix in (".json", ".jsonl", ".ndjson")
        self.size = self.cost = self.stretch = 0

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self.cost += len(piece)
        if self.json:  # Python's objects are many times larger than "{}" and "[]"
            self.cost += CELL_COST * (piece.count(b"{") + piece.count(b"["))
        if self.cost > self.settings.max_bytes:
            raise self.settings.too_large(self.path)
        if self.text:
            last = max(map(piece.rfind, _SEPARATORS))
            if last < 0:
                self.stretch += len(piece)
            else:
                self.stretch = len(piece) - last - 1
            if self.stretch > 4 * self.settings.max_cell + PIECE:
                raise self.settings.cell_too_long(self.path, "one cell", self.stretch // 4, at_least=True)


def _only_member(file: BinaryIO, path: Path, settings: FileSettings, usable: Callable[[str], bool]) -> Content:
    """The one table in a zip archive, whatever else the system that packed it left there."""
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        names = [entry.filename for entry in archive.infolist() if not entry.is_dir() and _visible(entry.filename)]
        tables = [name for name in names if usable(name)]
        tables = [name for name in tables if not name.lower().endswith(".txt")] or tables  # README.txt beside a table
        if len(tables) != 1:
            listed = ", ".join((tables or names)[:5]) or "nothing"
            more = ", ..." if len(tables or names) > 5 else ""
            raise DataError(
                f"{path} should hold one table, found {listed}{more}",
                "unpack it and pass one of its files, or its folder",
            )
        entry = archive.getinfo(tables[0])
        if entry.flag_bits & 1:
            raise DataError(f"{path} is encrypted", "unpack it and pass the file in it")

        def pieces() -> Iterator[bytes]:
            with archive.open(entry) as member:
                while piece := member.read(PIECE):
                    yield piece

        name = PurePosixPath(entry.filename).name
        return Content(_within_limits(pieces, path, settings, Path(name).suffix), name, "zip")


def _visible(name: str) -> bool:
    """What macOS and others leave in an archive is hidden, or lies in a folder of theirs."""
    return not any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)
