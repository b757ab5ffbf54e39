"""The life of a run folder: NAME.partial while it trains, NAME once it is whole.

A partial folder bears the mark of one from its first moment, lists what it trains, and on what, once it has begun, and
becomes a run when the mark lists all its files: what follows, giving it its name, can be done again.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from filelock import FileLock, Timeout

from tunelet._record import FileRecord
from tunelet._writing import (
    disk_errors,
    make_folders,
    refuse_link,
    remove_folders,
    remove_parts,
    sync_folder,
    sync_tree,
)
from tunelet.errors import RunError
from tunelet.run._files import RunFiles, TrainingFolder
from tunelet.run._mark import MARK, Kind, Mark, is_marked, read_mark, seal, write_mark
from tunelet.run._replacing import write_files
from tunelet.run._sealed import Sealed

PARTIAL = ".partial"
_LOCK = ".lock"  # held by the process at work; the system lets go of it when that process dies


class RunFolder(RunFiles):
    """A run's files, from their first moment to their final name.

    Attributes:
        whole, unfinished: the kinds that its mark bears.
        partial: the folder while it trains.
    """

    whole: ClassVar[Kind] = "run"
    unfinished: ClassVar[Kind] = "partial run"

    def __init__(self, final: Path) -> None:
        if final.name in ("", ".."):  # "." is a run folder too, to who stands in it
            final = final.resolve()
        self.final = final
        self.partial = Path(f"{final}{PARTIAL}")
        self.path = final if final.is_dir() else self.partial
        self._lock = FileLock(self.partial / _LOCK)
        self._made: list[Path] = []

    def training(self, name: str) -> TrainingFolder:
        """Where one of several trainings lies, such as that of a fold; it goes with the checkpoints."""
        folder = TrainingFolder(self, self.checkpoints / name)
        with disk_errors(folder.path):
            folder.path.mkdir(parents=True, exist_ok=True)
        return folder

    def check_free(self) -> None:
        """Raises RunError where the name is taken: by a run, whole or interrupted, by a link, or by something else."""
        for path in (self.final, self.partial):
            with disk_errors(path):
                if path.is_symlink() and not (path == self.final and path.exists()):
                    refuse_link(path)
        if self.final.exists():
            what = f"holds a finished {self.whole}" if is_marked(self.final, self.whole) else "exists already"
            raise RunError(f"{self.final} {what}", "pass another out=..., or remove it")
        if not self.partial.exists():
            return
        if not self.partial.is_dir():
            raise RunError(f"{self.partial} exists and is no run of tunelet's: it is a file", "pass another out=...")
        if self.has_begun():
            raise RunError(
                f"{self.partial} holds an interrupted run", "pass resume=True to go on with it, or another out=..."
            )
        if strangers := self._strangers():
            raise RunError(
                f"{self.partial} exists and is no run of tunelet's: it holds {strangers[0]}", "pass another out=..."
            )

    def _strangers(self) -> list[str]:
        """What lies in the partial folder and is not of a run that was killed before it had begun."""
        lock = self.partial / _LOCK
        with disk_errors(self.partial):
            own = set()  # where it has no mark: it is empty, or its process was killed between its first two steps
            if not os.path.lexists(lock) or (not lock.is_symlink() and lock.is_file() and not lock.stat().st_size):
                own.add(_LOCK)
            if is_marked(self.partial, self.unfinished):
                remove_parts(self.partial)
                own |= {MARK, *(path.name for path in self._before_training())}
            return sorted(path.name for path in self.partial.iterdir() if path.name not in own)

    def _before_training(self) -> list[Path]:
        return [self.partial / path.name for path in (self.data, self.environment, self.recipe)]

    def start(self) -> None:
        """Create the partial folder and hold it; what a run left that was killed before it had begun goes.

        Raises RunError where the name is taken, or another process is at work there.
        """
        self.check_free()
        self.hold()
        try:
            with disk_errors(self.partial):
                for path in self._before_training():
                    path.unlink(missing_ok=True)
                write_mark(self.partial, Mark(files={self.unfinished: {}}))
        except BaseException:
            self.discard()
            raise

    def hold(self) -> None:
        """Keep other processes out of the partial folder until this one ends. Raises RunError where one is at work."""
        refuse_link(self.partial)
        with disk_errors(self.partial):
            self._made = make_folders(self.partial)
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                raise RunError(f"{self.partial}: another tunelet is at work there", "pass another out=...") from None
            except BaseException:
                remove_folders(self._made)
                raise
        self.path = self.partial

    def is_held(self) -> bool:
        """Whether a process is at work in the partial folder."""
        if not (self.partial / _LOCK).is_file():
            return False
        try:
            self._lock.acquire(blocking=False)
        except (Timeout, OSError):
            return True
        self._lock.release()
        return False

    def release(self) -> None:
        """Let other processes in again."""
        self._lock.release()

    def begin(self, data: FileRecord, environment: FileRecord, recipe: str) -> None:
        """Write down what is trained, and on what: from here on the run can be gone on with. Raises DiskError."""
        files = {
            self.data.name: self.json_bytes(data.to_dict()),
            self.environment.name: self.json_bytes(environment.to_dict()),
            self.recipe.name: recipe.encode("utf-8"),  # the last
        }
        write_files(self.partial, self.unfinished, files, judged=files, own=True)

    def begun(self) -> Sealed:
        """What `begin` wrote. Raises RunError where it did not come to that, or the folder is damaged."""
        return Sealed.of(self.path, self.whole if self.is_whole() else self.unfinished)

    def finish(self) -> None:
        """Give the whole run its final name; checkpoints were for going on, and go."""
        if os.path.lexists(self.final):
            raise RunError(f"{self.final} appeared while the run was in progress", f"the run lies at {self.partial}")
        with disk_errors(self.final):
            remove_parts(self.partial)
            sync_tree(self.partial)
            write_mark(self.partial, Mark(files={self.whole: seal(self.partial, self._of_a_run())}))
        self.name()

    def name(self) -> None:
        """Rename a run that is whole; where a process was killed as it did so, another one does it."""
        with disk_errors(self.final):
            if self.checkpoints.is_dir() and not self.checkpoints.is_symlink():
                shutil.rmtree(self.checkpoints)
            self.release()
            (self.partial / _LOCK).unlink(missing_ok=True)
            self.partial.rename(self.final)
            sync_folder(self.final.parent)
        self.path = self.final

    def _of_a_run(self) -> list[str]:
        """The files that the run's mark lists: all but checkpoints and what a tracker wrote."""
        apart = {MARK, _LOCK, self.checkpoints.name, self.tracking.name}
        paths = [path.relative_to(self.path) for path in sorted(self.path.rglob("*")) if path.is_file()]
        return [path.as_posix() for path in paths if path.parts[0] not in apart and not path.name.startswith(".")]

    def clear_results(self) -> None:
        """Remove the folders that a process was killed at, as it wrote what it had trained."""
        with disk_errors(self.path):
            for path in (self.weights, self.full_weights, self.tokenizer, self.baseline):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)

    def discard(self) -> None:
        """Remove what this process and those before it wrote into the partial folder, and the folders made for it."""
        self.release()
        own = {MARK, _LOCK, *(path.name for path in self.every_file())}
        with suppress(OSError):
            remove_parts(self.partial)
            for path in self.partial.iterdir():
                if path.name not in own:
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
            self.partial.rmdir()
        remove_folders(self._made)

    def has_begun(self) -> bool:
        """Whether the run is far enough to be gone on with: what it trains, and on what, is written down."""
        try:
            mark = read_mark(self.partial)
        except RunError:
            return False
        if mark is None or self.path == self.final:
            return False
        return self.whole in mark.files or (bool(mark.files.get(self.unfinished)) and self.recipe.exists())

    def is_whole(self) -> bool:
        """Whether nothing is left to do but to give the run its name."""
        return self.path == self.partial and is_marked(self.partial, self.whole)

    def last_worked_on(self) -> float:
        """When something was last written there, in seconds since the epoch."""
        return max(path.lstat().st_mtime for path in (self.path, *self.path.rglob("*")))

    def has_checkpoint(self) -> bool:
        """Whether there is anything to go on from."""
        return self.checkpoints.is_dir() and any(self.checkpoints.rglob("step-*.safetensors"))


class CheckpointFolder(RunFolder):
    """Where the files of a checkpoint lie that `adapt` makes; it is no run, and may be trained from as a model."""

    whole: ClassVar[Kind] = "checkpoint"
    unfinished: ClassVar[Kind] = "partial checkpoint"

    @property
    def recipe(self) -> Path:
        return self.path / "adaptation.toml"
