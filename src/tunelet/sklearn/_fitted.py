"""The run of a fitted estimator, and the folder that it lies in: a temporary one of its own, or one of the user's.

A pickle of it holds the files of the run as bytes (safetensors, JSON, Parquet), no object of PyTorch's. Whoever loads
it writes them into a temporary folder of its own, when they are first needed.
"""

import os
import shutil
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tunelet.classifier import Classifier
from tunelet.run import MARK, Run, mark_of


class OwnFolder:
    """A temporary folder that is there as long as this object is; no forked child takes it away from its parent."""

    def __init__(self) -> None:
        self.path = Path(mkdtemp(prefix="tunelet-"))
        weakref.finalize(self, _remove, self.path, os.getpid())


def _remove(path: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)


def kept_with(run: Run, folder: OwnFolder | None) -> Run:
    """The run, which from now on keeps the temporary folder that it lies in."""
    vars(run)["_folder"] = folder
    return run


class FittedRun:
    """A finished run, its files at hand as long as this is. Threads may share it."""

    def __init__(self, run: Run | None, *, files: Mapping[str, bytes] | None = None, device: str | None = None) -> None:
        """Take a run that lies in a folder, or what a pickle held.

        Args:
            run: the run; None: it is in `files`.
            files: path in the run folder -> content.
            device: as for `Classifier.load`.
        """
        self._run, self._files, self._device = run, files, device
        self._classifier: Classifier | None = None
        self._making = threading.Lock()

    @property
    def run(self) -> Run:
        """The run, in its folder."""
        with self._making:
            return self._written()

    @property
    def classifier(self) -> Classifier:
        """The run's classifier, loaded once."""
        with self._making:
            if self._classifier is None:
                self._classifier = Classifier.load(self._written(), device=self._device)
            return self._classifier

    def _written(self) -> Run:
        if self._run is None:
            assert self._files is not None  # noqa: S101
            folder = OwnFolder()
            place = folder.path / "run"
            for name, content in self._files.items():
                path = place / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            self._run = kept_with(Run.load(place), folder)
        return self._run

    def __reduce__(self) -> tuple[Any, ...]:
        with self._making:
            files = self._files
            if files is None:
                run = self._written()
                files = {name: run.files.read(run.path / name, bytes) for name in run.files.files}
                files[MARK] = mark_of(files)
        return _unpickled, (files, self._device)


def _unpickled(files: Mapping[str, bytes], device: str | None) -> FittedRun:
    return FittedRun(None, files=files, device=device)
