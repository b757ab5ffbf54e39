"""The file names of a run, and its life: NAME.partial while it trains, NAME once it is whole."""

import itertools
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tunelet.errors import RunError
from tunelet.run._writing import disk_errors, sync_tree, write_atomically

_PARTIAL = ".partial"
_LOCK = ".lock"  # held by the process at work; the system lets go of it when that process dies
_OWN_NAMES = {"recipe.toml", "environment.json", "data.json", "history.jsonl", "checkpoints"}


class RunFolder:
    """Where a run's files lie. `final` is the folder that the user sees in the end, `path` where it lies now."""

    def __init__(self, final: Path) -> None:
        if final.name in ("", ".."):  # "." is a run folder too, to who stands in it
            final = final.resolve()
        self.final = final
        self.partial = Path(f"{final}{_PARTIAL}")
        self.path = final if final.is_dir() else self.partial
        self._lock = FileLock(self.partial / _LOCK)

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
    def baseline_predictions(self) -> Path:
        return self.path / "baseline-predictions.parquet"

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

    def check_free(self) -> None:
        """Raises RunError where a run, whole or interrupted, has that name already."""
        if self.final.exists():
            what = "holds a finished run" if (self.final / self.metrics.name).is_file() else "exists already"
            raise RunError(f"{self.final} {what}", "pass another --out, or remove it")
        if self.partial.exists() and self.has_begun():
            raise RunError(
                f"{self.partial} holds an interrupted run", "pass --resume to go on with it, or another --out"
            )

    def start(self) -> None:
        """Create the partial folder and hold it; what a run left that was killed before it had begun goes.

        Raises RunError where the name is taken, or another process is at work there.
        """
        self.check_free()
        self.hold()
        for path in self.partial.iterdir():
            if path.name not in _OWN_NAMES and not path.name.startswith("."):
                self.release()
                raise RunError(f"{self.partial} exists and is no run of tunelet", "pass another --out")
        for path in self.partial.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink()

    def hold(self) -> None:
        """Keep other processes out of the partial folder until this one ends. Raises RunError where one is at work."""
        with disk_errors(self.partial):
            self.partial.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                raise RunError(f"{self.partial}: another tunelet is at work there", "pass another --out") from None
        self.path = self.partial

    def release(self) -> None:
        """Let other processes in again."""
        self._lock.release()

    def finish(self) -> None:
        """Give the whole run its final name; checkpoints were for going on, and go."""
        if self.final.exists():
            raise RunError(f"{self.final} appeared while the run was in progress", f"the run lies at {self.partial}")
        with disk_errors(self.final):
            sync_tree(self.partial)
            self.release()
            self.partial.rename(self.final)
        self.path = self.final
        (self.final / _LOCK).unlink(missing_ok=True)
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    def discard(self) -> None:
        """Remove the partial folder."""
        self.release()
        shutil.rmtree(self.partial, ignore_errors=True)

    def has_begun(self) -> bool:
        """Whether the run is far enough to be gone on with: what it trains, and on what, is written down."""
        return self.recipe.is_file() and self.data.is_file()

    def last_worked_on(self) -> float:
        """When something was last written there, in seconds since the epoch."""
        return max(path.stat().st_mtime for path in (self.path, *self.path.rglob("*")))

    def has_checkpoint(self) -> bool:
        """Whether there is anything to go on from."""
        return self.checkpoints.is_dir() and any(self.checkpoints.glob("step-*.safetensors"))

    @staticmethod
    def write_text(path: Path, text: str) -> None:
        """Write a text file whole or not at all."""
        write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))

    @classmethod
    def write_json(cls, path: Path, value: Mapping[str, Any]) -> None:
        """Write strictly valid JSON: NaN is an error here, not a token that other readers refuse."""
        cls.write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def default_folder(recipe_name: str, model_name: str, seed: int | str) -> Path:
    """runs/RECIPE-MODEL-seedN, with the first free number after it where that is taken."""
    return free_folder(_base_name(recipe_name, model_name, seed))


def free_folder(base: Path) -> Path:
    """The first of `numbered` that neither a run nor an interrupted one has."""
    folders = map(RunFolder, numbered(base))
    return next(folder.final for folder in folders if not folder.final.exists() and not folder.partial.exists())


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
