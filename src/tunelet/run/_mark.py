"""`tunelet.json`, the mark of a folder: which files tunelet wrote there, by which command, with length and SHA-256.

It serves two rules. A file that it does not list, or lists with another content, is the user's: `_replacing` neither
replaces nor removes it. A file of a run that has another content than the mark lists is damaged: `_sealed` does not
read it.
"""

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tunelet._foreign import ForeignFileError, open_regular, read_bytes
from tunelet._record import Record, parse_record
from tunelet._writing import disk_errors, write_atomically
from tunelet.errors import RunError

MARK = "tunelet.json"
Kind = Literal[
    "partial run",
    "run",
    "partial checkpoint",
    "checkpoint",
    "partial export",
    "export",
    "seeds",
    "report",
    "comparison",
    "study",
]


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    elsewhere = path.is_absolute() or ".." in path.parts or PureWindowsPath(name).drive
    if not name or "\\" in name or "\0" in name or elsewhere or path.as_posix() != name:
        raise ValueError("expected the path of a file in the folder")
    return name


Name = Annotated[str, AfterValidator(_inside)]


class Written(Record):
    """The content of a file."""

    bytes: int
    sha256: str


class Mark(Record):
    """What tunelet wrote into a folder.

    Attributes:
        format: of this record.
        files: kind -> path in the folder -> its content. A kind without files marks the folder as one of that kind.
        before: while files are being replaced: what they were.
    """

    format: Literal[1] = 1
    files: dict[Kind, dict[Name, Written]] = Field(default_factory=dict)
    before: dict[Kind, dict[Name, Written]] = Field(default_factory=dict)

    def known(self, kind: Kind, name: str) -> tuple[Written, ...]:
        """The contents that a command of that kind wrote into a file: none, one, or two while it is being replaced."""
        return tuple(files[kind][name] for files in (self.files, self.before) if name in files.get(kind, {}))


def read_mark(folder: Path) -> Mark | None:
    """The mark of a folder; None where there is none. Raises RunError where a file of that name is something else."""
    path = folder / MARK
    with disk_errors(path):
        if not path.is_symlink() and not path.exists():
            return None
    try:
        mark = parse_record(read_bytes(path), Mark)
        if not {"format", "files"} <= mark.model_fields_set:  # an object of somebody else's
            raise ForeignFileError("it lists no files")
        return mark
    except ForeignFileError as error:
        raise RunError(f"{path}: is not what tunelet writes there: {error}", "name another folder") from None


def is_marked(folder: Path, kind: Kind) -> bool:
    """Whether a folder is tunelet's, of that kind."""
    try:
        mark = read_mark(folder)
    except RunError:
        return False
    return mark is not None and kind in mark.files


def write_mark(folder: Path, mark: Mark) -> None:
    """Raises DiskError."""
    write_atomically(folder / MARK, lambda part: part.write_text(_text(mark), encoding="utf-8"))


def mark_of(files: Mapping[str, bytes | Path]) -> bytes:
    """The mark of a run that has these files: path -> content, or the file that has it. Raises RunError."""
    listed = {
        name: contents(content) if isinstance(content, bytes) else _content_of(content)
        for name, content in files.items()
    }
    return _text(Mark(files={"run": listed})).encode("utf-8")


def _text(mark: Mark) -> str:
    return mark.model_dump_json(indent=1, exclude={"before"} if not mark.before else None) + "\n"


def contents(content: bytes) -> Written:
    """Length and SHA-256."""
    return Written(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def contents_of(path: Path, expected: Collection[Written] | None = None) -> Written:
    """Length and SHA-256 of a regular file. Raises ForeignFileError where it is none.

    A file that is longer than all that is expected is not read to its end, for it is none of them.
    """
    digest, size = hashlib.sha256(), 0
    longest = math.inf if expected is None else max((content.bytes for content in expected), default=0)
    try:
        with open_regular(path) as file:
            while size <= longest and (block := file.read(1 << 20)):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise ForeignFileError(f"cannot be read: {error.strerror}") from None
    return Written(bytes=size, sha256=digest.hexdigest())


def seal(folder: Path, names: Sequence[str]) -> dict[str, Written]:
    """The contents of files of a folder, as a mark lists them. Raises RunError where one is no regular file."""
    return {name: _content_of(folder / name) for name in names}


def _content_of(path: Path) -> Written:
    try:
        return contents_of(path)
    except ForeignFileError as error:
        raise RunError(f"{path}: {error}", "remove it, and repeat the command") from None
