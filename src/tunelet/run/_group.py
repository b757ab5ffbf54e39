"""Runs that differ in their seed alone: one folder with `seed-N` for each, and `metrics.json` over all of them."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tunelet.errors import RunError
from tunelet.run._run import Run

_SEED = re.compile(r"seed-\d+")


@dataclass(frozen=True)
class RunGroup:
    """Finished runs of one recipe on the same texts.

    Attributes:
        path: the folder that holds them; of a single run, its own.
        runs: by rising seed; at least one.
    """

    path: Path
    runs: tuple[Run, ...]

    @classmethod
    def load(cls, path: str | Path) -> "RunGroup":
        """Open the folder of several seeds, or of one run. Raises RunError where it is neither, or not finished."""
        path = Path(path)
        seeds = seed_folders(path)
        if not seeds:
            return cls(path, (Run.load(path),))
        if not (path / "metrics.json").is_file():
            raise RunError(f"{path}: not all of its seeds are trained", "go on with tunelet train ... --seeds --resume")
        return cls(path, tuple(Run.load(seed) for seed in seeds))

    @property
    def name(self) -> str:
        """The folder's."""
        return self.path.resolve().name

    @cached_property
    def summary(self) -> dict[str, Any]:
        """`metrics.json`: means, deviations (NAME_sd) and intervals (NAME_ci) over the seeds."""
        summary: dict[str, Any] = json.loads((self.path / "metrics.json").read_text(encoding="utf-8"))
        return summary


def seed_folders(path: Path) -> list[Path]:
    """The finished runs of a folder of several seeds, by rising seed; none where it is not one."""
    if not path.is_dir():
        return []
    found = [folder for folder in path.iterdir() if folder.is_dir() and _SEED.fullmatch(folder.name)]
    return sorted(found, key=lambda folder: int(folder.name.removeprefix("seed-")))
