"""`tunelet.json`: which files of a folder tunelet wrote, by which command, with their lengths and SHA-256.

It does two things. What it does not list, or lists with another content, is the user's, and is neither replaced nor
removed. And a file of a run that has another content than it lists is damaged, and is not read.
"""

import hashlib
import math
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field

from tunelet._foreign import ForeignFileError, open_regular, parse_json, read_bytes
from tunelet.errors import RunError
from tunelet.run._records import Record, as_text, check_shape
from tunelet.run._writing import disk_errors, make_folders, refuse_link, remove_folders, staged, sync_folder
from tunelet.run._writing import write_atomically as _write

MARK = "tunelet.json"
DAMAGED = "the run folder is damaged: train again, or copy it anew from where it is whole"
_PUBLISHED = "a copy from the Hub has fewer files: name the folder that tunelet train made, or train again"
Kind = Literal["partial run", "run", "partial checkpoint", "checkpoint", "seeds", "report", "comparison"]
_LOADED = (".json", ".safetensors", ".bin", ".model", ".txt", ".jinja", ".py")  # what libraries look for by its name
Read = TypeVar("Read")


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if not name or "\\" in name or "\0" in name or path.is_absolute() or ".." in path.parts or path.as_posix() != name:
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
        mark = check_shape(parse_json(as_text(read_bytes(path))), Mark)
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
    _write(folder / MARK, lambda part: part.write_text(_text(mark), encoding="utf-8"))


def mark_of(files: Mapping[str, bytes | Path]) -> bytes:
    """The mark of a run that has these files: path -> content, or the file that has it. Raises RunError."""
    listed = {
        name: contents(found) if isinstance(found, bytes) else _content_of(found) for name, found in files.items()
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


def check_place(folder: Path, kind: Kind, names: Collection[str], *, own: bool = False) -> Mark:
    """That files of these names can be written into a folder, before any work is done for them.

    Args:
        folder: that they go into; it need not exist.
        kind: of the command.
        names: of the files.
        own: whether the folder is that of the very run or runs that the files are about.

    Returns:
        The folder's mark, an empty one where it has none.

    Raises:
        RunError: a link, another run's folder, or a file that such a command did not write is in the way.
    """
    refuse_link(folder)
    with disk_errors(folder):
        if folder.exists() and not folder.is_dir():
            raise RunError(f"{folder} is a file", "pass another --out")
    mark = read_mark(folder) or Mark()
    if not own and (others := {"run", "partial run", "seeds"} & set(mark.files)):
        raise RunError(f"{folder} is the folder of another {min(others)}", "pass another --out")
    for name in names:
        _check_replaceable(folder, name, kind, mark)
    return mark


def _check_replaceable(folder: Path, name: str, kind: Kind, mark: Mark) -> None:
    path, hint = folder / name, "pass another --out, or remove it"
    for above in list(PurePosixPath(name).parents)[:-1]:
        refuse_link(folder / above)
    refuse_link(path)
    with disk_errors(path):
        if not path.exists():
            return
    try:
        known = mark.known(kind, name)
        written = contents_of(path, known) in known
    except ForeignFileError as error:
        raise RunError(f"{path} is in the way: {error}", hint) from None
    if not written:
        listed = name in mark.files.get(kind, {})
        raise RunError(
            f"{path} was changed since tunelet wrote it" if listed else f"{path} exists, and no {kind} of tunelet's",
            hint,
        )


def write_files(
    folder: Path, kind: Kind, files: Mapping[str, bytes], *, judged: Collection[str] = (), own: bool = False
) -> list[Path]:
    """Write all files of a report, or of whatever else a folder holds one of, in place of those that it had.

    All are written under other names first: where the disk is full, or the process is killed, the old ones are there.
    Old ones that are not wanted any more go last, where nobody changed them.

    Args:
        folder: that they go into.
        kind: of the command.
        files: path in the folder -> content, in the order in which they appear.
        judged: names of those that the caller knows to be replaceable.
        own: as for `check_place`.

    Raises:
        RunError: as `check_place`.
        DiskError: the disk refuses.
    """
    mark = check_place(folder, kind, set(files) - set(judged), own=own)
    for name in judged:
        refuse_link(folder / name)
    new = {name: contents(content) for name, content in files.items()}
    made: list[Path] = []
    with disk_errors(folder), ExitStack() as stack:
        try:
            parts = []
            for name, content in files.items():
                made += make_folders((folder / name).parent)
                writing = staged(folder / name, lambda part, content=content: part.write_bytes(content))  # type: ignore[misc]
                parts.append((stack.enter_context(writing), folder / name))
            old = _unchanged(folder, kind, mark)
            write_mark(folder, _with(mark, kind, new, before=old))
        except BaseException:
            stack.close()
            remove_folders(made)
            raise
        for part, path in parts:
            part.replace(path)
        for name in set(old) - set(files):
            (folder / name).unlink(missing_ok=True)
        for parent in {path.parent for _, path in parts}:
            sync_folder(parent)
    write_mark(folder, _with(mark, kind, new, before={}))
    return [folder / name for name in files]


def _unchanged(folder: Path, kind: Kind, mark: Mark) -> dict[str, Written]:
    """The files that such a command wrote there and nobody changed."""
    found = {}
    for name in {**mark.before.get(kind, {}), **mark.files.get(kind, {})}:
        with suppress(ForeignFileError, RunError):
            for path in (folder / name, *(folder / above for above in list(PurePosixPath(name).parents)[:-1])):
                refuse_link(path)
            known = mark.known(kind, name)
            if (content := contents_of(folder / name, known)) in known:
                found[name] = content
    return found


def _with(mark: Mark, kind: Kind, files: Mapping[str, Written], *, before: Mapping[str, Written]) -> Mark:
    others = {name: known for name, known in mark.before.items() if name != kind}
    return Mark(files=mark.files | {kind: dict(files)}, before=others | ({kind: dict(before)} if before else {}))


@dataclass(frozen=True)
class Sealed:
    """Files of a run that are read only as they were written.

    Attributes:
        folder: of the run.
        files: path in it -> the contents that it may have: one, or two where a process was killed as it replaced it.
    """

    folder: Path
    files: Mapping[str, tuple[Written, ...]]

    @classmethod
    def of(cls, folder: Path, kind: Kind) -> "Sealed":
        """Raises RunError where the folder has no mark of that kind."""
        path = folder / MARK
        try:
            mark = read_mark(folder)
        except RunError as error:
            raise RunError(error.message, DAMAGED) from None
        if mark is None:
            raise RunError(f"{path} is missing, which lists the files of the {kind}", DAMAGED)
        if kind not in mark.files:
            raise RunError(f"{path} lists no files of a {kind}", DAMAGED)
        return cls(folder, {name: mark.known(kind, name) for name in mark.files[kind]})

    def read(self, path: Path, parse: Callable[[bytes], Read]) -> Read:
        """What `parse` makes of a file. Raises RunError where it is missing, damaged, or nothing that can be parsed."""
        try:
            content = read_bytes(path, max(allowed.bytes for allowed in self._allowed(path)))
            self._check(path, contents(content))
            return parse(content)
        except RunError:
            raise
        except Exception as error:  # a foreign file can be wrong in ways that each library tells in its own class
            raise _damaged(path, error) from None

    def check(self, path: Path) -> None:
        """That a file which a library reads is as it was written. Raises RunError."""
        try:
            self._check(path, contents_of(path, self._allowed(path)))
        except ForeignFileError as error:
            raise _damaged(path, error) from None

    def check_folder(self, folder: Path) -> None:
        """The same of a folder: all of its files, and no further one that a library would load. Raises RunError."""
        inside = f"{folder.relative_to(self.folder).as_posix()}/"
        names = [name for name in self.files if name.startswith(inside)]
        if not names:
            raise RunError(f"{folder} is not among the files of the run", _PUBLISHED)
        for name in names:
            self.check(self.folder / name)
        for path in sorted(folder.rglob("*")):
            if path.relative_to(self.folder).as_posix() not in names and path.name.endswith(_LOADED):
                raise RunError(f"{path} is no file of the run, but would be loaded with it", "remove it")

    def lists(self, path: Path) -> bool:
        """Whether the run wrote a file, which a published copy may lack."""
        return path.relative_to(self.folder).as_posix() in self.files

    def has(self, folder: Path) -> bool:
        """Whether the run wrote files into a folder of its own."""
        inside = f"{folder.relative_to(self.folder).as_posix()}/"
        return any(name.startswith(inside) for name in self.files)

    def read_folder(self, folder: Path, parse: Callable[[Path], Read]) -> Read:
        """What `parse` makes of a folder of files. Raises RunError as `read` does."""
        self.check_folder(folder)
        try:
            return parse(folder)
        except Exception as error:  # as in `read`
            raise _damaged(folder, error) from None

    def _allowed(self, path: Path) -> tuple[Written, ...]:
        allowed = self.files.get(path.relative_to(self.folder).as_posix())
        if allowed is None:
            raise RunError(f"{path} is not among the files of the run", _PUBLISHED)
        return allowed

    def _check(self, path: Path, found: Written) -> None:
        allowed = self._allowed(path)
        if found.bytes < min(content.bytes for content in allowed):
            sizes = f"expected {allowed[0].bytes:,} bytes, found {found.bytes:,}"
            raise RunError(f"{path} is truncated: {sizes}", DAMAGED)
        if found not in allowed:
            raise RunError(f"{path} has another content than the run wrote", DAMAGED)


def _damaged(path: Path, error: Exception) -> RunError:
    if not os.path.lexists(path):
        return RunError(f"{path} is missing", DAMAGED)
    if isinstance(error, ForeignFileError):
        return RunError(f"{path}: {error}", DAMAGED)
    told = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error) or type(error).__name__
    return RunError(f"{path}: cannot be read ({told})", DAMAGED)


def seal(folder: Path, names: Sequence[str]) -> dict[str, Written]:
    """The contents of files of a folder, as a mark lists them. Raises RunError where one is no regular file."""
    return {name: _content_of(folder / name) for name in names}


def _content_of(path: Path) -> Written:
    try:
        return contents_of(path)
    except ForeignFileError as error:
        raise RunError(f"{path}: {error}", "remove it, and repeat the command") from None
