"""The file names of a run, and its life: NAME.partial while it trains, NAME once it is whole.

A partial folder bears the mark of one from its first moment, lists what it trains, and on what, once it has begun, and
becomes a run when the mark lists all its files: what follows, giving it its name, can be done again.
"""

import itertools
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from filelock import FileLock, Timeout

from tunelet.errors import RunError
from tunelet.run._mark import MARK, Kind, Mark, Sealed, is_marked, read_mark, seal, write_files, write_mark
from tunelet.run._writing import (
    disk_errors,
    make_folders,
    refuse_link,
    remove_folders,
    remove_parts,
    sync_folder,
    sync_tree,
    write_atomically,
)

_PARTIAL = ".partial"
_LOCK = ".lock"  # held by the process at work; the system lets go of it when that process dies


class RunFolder:
    """Where a run's files lie. `final` is the folder that the user sees in the end, `path` where it lies now."""

    whole: ClassVar[Kind] = "run"
    unfinished: ClassVar[Kind] = "partial run"

    def __init__(self, final: Path) -> None:
        if final.name in ("", ".."):  # "." is a run folder too, to who stands in it
            final = final.resolve()
        self.final = final
        self.partial = Path(f"{final}{_PARTIAL}")
        self.path = final if final.is_dir() else self.partial
        self._lock = FileLock(self.partial / _LOCK)
        self._made: list[Path] = []

    @property
    def recipe(self) -> Path:
        return self.path / "recipe.toml"

    @property
    def environment(self) -> Path:
        return self.path / "environment.json"

    @property
    def data(self) -> Path:
        return self.path / "data.json"

    @property
    def weights(self) -> Path:
        """What was trained: `adapter/` in PEFT's format."""
        return self.path / "adapter"

    @property
    def full_weights(self) -> Path:
        """A whole checkpoint, where the method is not LoRA."""
        return self.path / "model"

    @property
    def tokenizer(self) -> Path:
        return self.path / "tokenizer"

    @property
    def history(self) -> Path:
        return self.path / "history.jsonl"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions.parquet"

    @property
    def validation_predictions(self) -> Path:
        """Where `predictions` are of test texts, those of the validation texts."""
        return self.path / "validation-predictions.parquet"

    @property
    def seen(self) -> Path:
        """Fingerprints of the training and validation texts; they stay on this machine."""
        return self.path / "seen.parquet"

    @property
    def baseline_predictions(self) -> Path:
        return self.path / "baseline-predictions.parquet"

    @property
    def probe_predictions(self) -> Path:
        """Of the logistic regression on the frozen encoder."""
        return self.path / "probe-predictions.parquet"

    @property
    def baseline(self) -> Path:
        """The baseline itself: terms of the training texts and their weights; never uploaded."""
        return self.path / "baseline"

    @property
    def evaluation(self) -> Path:
        """Curves, calibration, threshold, slices, errors, baseline."""
        return self.path / "evaluation.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.json"

    @property
    def tracking(self) -> Path:
        """What TensorBoard reads, where it was asked for."""
        return self.path / "tracking"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    def training(self, name: str) -> "TrainingFolder":
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
            raise RunError(f"{self.final} {what}", "pass another --out, or remove it")
        if not self.partial.exists():
            return
        if self.has_begun():
            raise RunError(
                f"{self.partial} holds an interrupted run", "pass --resume to go on with it, or another --out"
            )
        if strangers := self._strangers():
            raise RunError(
                f"{self.partial} exists and is no run of tunelet's: it holds {strangers[0]}", "pass another --out"
            )

    def _strangers(self) -> list[str]:
        """What lies in the partial folder and is not of a run that was killed before it had begun."""
        lock = self.partial / _LOCK
        with disk_errors(self.partial):
            if not self.partial.is_dir():
                return ["no files, for it is one"]
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
                raise RunError(f"{self.partial}: another tunelet is at work there", "pass another --out") from None
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

    def begin(self, data: Mapping[str, Any], surroundings: Mapping[str, Any], recipe: str) -> None:
        """Write down what is trained, and on what: from here on the run can be gone on with. Raises DiskError."""
        files = {
            self.data.name: self.json_bytes(data),
            self.environment.name: self.json_bytes(surroundings),
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
        own = {MARK, _LOCK, *(path.name for path in self._all())}
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

    def _all(self) -> list[Path]:
        return [
            self.recipe, self.environment, self.data, self.weights, self.full_weights, self.tokenizer, self.history,
            self.predictions, self.validation_predictions, self.seen, self.baseline_predictions, self.probe_predictions,
            self.baseline,
            self.evaluation, self.metrics,
            self.tracking, self.checkpoints,
        ]  # fmt: skip

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

    @staticmethod
    def write_text(path: Path, text: str) -> None:
        """Write a text file whole or not at all."""
        write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))

    @classmethod
    def write_json(cls, path: Path, value: Mapping[str, Any]) -> None:
        """Write strictly valid JSON: NaN is an error here, not a token that other readers refuse."""
        content = cls.json_bytes(value)
        write_atomically(path, lambda temporary: temporary.write_bytes(content))

    @staticmethod
    def json_bytes(value: Mapping[str, Any]) -> bytes:
        """JSON as it is written to disk."""
        return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


class CheckpointFolder(RunFolder):
    """Where the files of a checkpoint lie that `adapt` makes; it is no run, and may be trained from as a model."""

    whole: ClassVar[Kind] = "checkpoint"
    unfinished: ClassVar[Kind] = "partial checkpoint"

    @property
    def recipe(self) -> Path:
        return self.path / "adaptation.toml"


@dataclass(frozen=True)
class TrainingFolder:
    """What one of several trainings of a run writes, and reads when it goes on.

    Attributes:
        run: whose it is.
        path: where its checkpoints and its history lie.
    """

    run: RunFolder
    path: Path

    @property
    def checkpoints(self) -> Path:
        return self.path

    @property
    def history(self) -> Path:
        return self.path / "history.jsonl"

    @property
    def answers(self) -> Path:
        """Of a teacher: what it makes of texts without labels."""
        return self.path / "answers"

    @property
    def tracking(self) -> Path:
        """What TensorBoard reads, where this training is followed: in the run's own, under the name of this one."""
        return self.run.tracking / self.path.name


def default_folder(recipe_name: str, model_name: str, seed: int | str) -> Path:
    """runs/RECIPE-MODEL-seedN, with the first free number after it where that is taken."""
    return free_folder(_base_name(recipe_name, model_name, seed))


def free_folder(base: Path) -> Path:
    """The first of `numbered` that neither a run nor an interrupted one has; one that never began leaves it free."""

    def free(folder: RunFolder) -> bool:
        try:
            if folder.partial.exists() and not is_marked(folder.partial, "partial run"):
                return False
            folder.check_free()
        except RunError:
            return False
        return not folder.is_held()

    return next(folder.final for folder in map(RunFolder, numbered(base)) if free(folder))


def numbered(base: Path) -> Iterator[Path]:
    """NAME, NAME-2, NAME-3 and so on."""
    yield base
    for number in itertools.count(2):
        yield base.with_name(f"{base.name}-{number}")


def find_partial(recipe_name: str, model_name: str, seed: int) -> Path:
    """The final name of the interrupted run last worked on that has this recipe, model and seed. Raises RunError."""
    base = _base_name(recipe_name, model_name, seed)
    pattern = re.compile(re.escape(base.name) + r"(-\d+)?" + re.escape(_PARTIAL))
    names = [path.name.removesuffix(_PARTIAL) for path in base.parent.glob("*") if pattern.fullmatch(path.name)]
    begun = [folder for folder in (RunFolder(base.with_name(name)) for name in names) if folder.has_begun()]
    if not begun:
        raise RunError(
            f"nothing to resume: no interrupted run {base}{_PARTIAL}",
            "name its folder with --out, or leave out --resume",
        )
    return max(begun, key=RunFolder.last_worked_on).final


def _base_name(recipe_name: str, model_name: str, seed: int | str) -> Path:
    model = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(model_name).name) or "model"
    return Path("runs") / f"{recipe_name}-{model}-seed{seed}"
