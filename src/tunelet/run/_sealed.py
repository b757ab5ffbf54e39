"""Files of a run, read only as they were written: damage is an error, not another answer."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tunelet._foreign import ForeignFileError, read_bytes
from tunelet._record import NewerFileError
from tunelet.errors import RunError
from tunelet.run._mark import MARK, Kind, Written, contents, contents_of, read_mark

_DAMAGED = "the run folder is damaged: train again, or copy it anew from where it is whole"
_DAMAGED_EXPORT = "the folder is damaged: export the run again, or copy it anew from where it is whole"
_NEWER = "a later version of tunelet wrote it: pip install --upgrade tunelet"
_PUBLISHED = "a copy from the Hub has fewer files: name the folder that tunelet train made, or train again"
_LOADED = (".json", ".safetensors", ".bin", ".model", ".txt", ".jinja", ".py")  # what libraries look for by its name
Read = TypeVar("Read")


@dataclass(frozen=True)
class Sealed:
    """Files of a run that are read only as they were written.

    Attributes:
        folder: of the run.
        files: path in it -> the contents that it may have: one, or two where a process was killed as it replaced it.
        hint: what to do where one is damaged.
    """

    folder: Path
    files: Mapping[str, tuple[Written, ...]]
    hint: str = _DAMAGED

    @classmethod
    def of(cls, folder: Path, kind: Kind) -> "Sealed":
        """Raises RunError where the folder has no mark of that kind."""
        path, hint = folder / MARK, _DAMAGED_EXPORT if kind == "export" else _DAMAGED
        try:
            mark = read_mark(folder)
        except RunError as error:
            raise RunError(error.message, hint) from None
        if mark is None:
            raise RunError(f"{path} is missing, which lists the files of the {kind}", hint)
        if kind not in mark.files:
            raise RunError(f"{path} lists no files of a {kind}", hint)
        return cls(folder, {name: mark.known(kind, name) for name in mark.files[kind]}, hint)

    def read(self, path: Path, parse: Callable[[bytes], Read]) -> Read:
        """What `parse` makes of a file. Raises RunError where it is missing, damaged, or nothing that can be parsed."""
        try:
            content = read_bytes(path, max(allowed.bytes for allowed in self._allowed(path)))
            self._check(path, contents(content))
            return parse(content)
        except RunError:
            raise
        except Exception as error:  # each library raises classes of its own for a foreign file
            raise self._damaged(path, error) from None

    def check(self, path: Path) -> None:
        """That a file which a library reads is as it was written. Raises RunError."""
        try:
            self._check(path, contents_of(path, self._allowed(path)))
        except ForeignFileError as error:
            raise self._damaged(path, error) from None

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

    def has(self, path: Path) -> bool:
        """Whether the run wrote this file, or files into this folder."""
        name = path.relative_to(self.folder).as_posix()
        return name in self.files or any(other.startswith(f"{name}/") for other in self.files)

    def read_folder(self, folder: Path, parse: Callable[[Path], Read]) -> Read:
        """What `parse` makes of a folder of files. Raises RunError as `read` does."""
        self.check_folder(folder)
        try:
            return parse(folder)
        except Exception as error:  # as in `read`
            raise self._damaged(folder, error) from None

    def _allowed(self, path: Path) -> tuple[Written, ...]:
        allowed = self.files.get(path.relative_to(self.folder).as_posix())
        if allowed is None:
            raise RunError(f"{path} is not among the files of the run", _PUBLISHED)
        return allowed

    def _check(self, path: Path, content: Written) -> None:
        allowed = self._allowed(path)
        if content.bytes < min(each.bytes for each in allowed):
            sizes = f"expected {allowed[0].bytes:,} bytes, found {content.bytes:,}"
            raise RunError(f"{path} is truncated: {sizes}", self.hint)
        if content not in allowed:
            raise RunError(f"{path} has another content than the run wrote", self.hint)

    def _damaged(self, path: Path, error: Exception) -> RunError:
        if not os.path.lexists(path):
            return RunError(f"{path} is missing", self.hint)
        if isinstance(error, NewerFileError):
            return RunError(f"{path}: {error}", _NEWER)
        if isinstance(error, ForeignFileError):
            return RunError(f"{path}: {error}", self.hint)
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error) or type(error).__name__
        return RunError(f"{path}: cannot be read ({reason})", self.hint)
