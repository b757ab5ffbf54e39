"""Runs that differ in their seed alone: one folder with `seed-N` for each, and `metrics.json` over all of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tunelet._arguments import checked
from tunelet._record import parse_record
from tunelet.errors import RunError
from tunelet.recipe import difference
from tunelet.run._folder import RunFolder
from tunelet.run._path import folder_path
from tunelet.run._run import Run
from tunelet.run._sealed import Sealed
from tunelet.run._shaped import GROUPS, Shape
from tunelet.run._summary import GroupFacts, GroupSummary

_SEED = "seed-"


@dataclass(frozen=True)
class RunGroup:
    """Finished runs of one recipe on the same texts, which differ in their seed alone.

    >>> group = tunelet.RunGroup.load("runs/first")
    >>> [run.recipe.training.seed for run in group.runs]
    [1]

    Attributes:
        path: the folder that holds them; of a single run, its own.
        runs: by rising seed; at least one.
    """

    path: Path
    runs: tuple[Run, ...]

    @classmethod
    @checked
    def load(cls, path: str | Path) -> "RunGroup":
        """Open the folder of several seeds, or of one run.

        Raises:
            RunError: it is neither, or not finished, or its runs differ in more than their seed.
        """
        path = folder_path(path)
        seeds = seed_folders(path)
        if not seeds:
            return cls(path, (Run.load(path),))
        if not group_metrics(path).is_file():
            raise RunError(f"{path}: not all of its seeds are trained", "go on with tunelet train ... --seeds --resume")
        return cls.of(path, seeds)

    @classmethod
    def given(cls, run: "str | Path | Run | RunGroup") -> "RunGroup":
        """What a caller may name: a folder, as `load` opens it, or what `train` and `train_seeds` return."""
        if isinstance(run, RunGroup):
            return run
        return cls(run.path, (run,)) if isinstance(run, Run) else cls.load(run)

    @classmethod
    def of(cls, path: Path, seeds: Sequence[Path]) -> "RunGroup":
        """From the folders of finished runs; errors as `load`."""
        first, *rest = runs = tuple(Run.load(seed) for seed in seeds)
        for run in rest:
            what = [key for key in difference(first.recipe, run.recipe) if key != "training.seed"]
            if _fingerprints(run) != _fingerprints(first):
                what.append("data")
            if what:
                raise RunError(
                    f"{path}: {run.path.name} was trained with other settings than {first.path.name}: "
                    f"{', '.join(what)}",
                    "seeds of one recipe on the same data are averaged: train them again in another folder",
                )
        return cls(path, runs)

    @property
    def name(self) -> str:
        """The folder's."""
        return self.path.resolve().name

    @cached_property
    def facts(self) -> GroupFacts:
        """`metrics.json`, whatever the shape of the labels: means, deviations (NAME_sd) and intervals (NAME_ci)."""
        return Sealed.of(self.path, "seeds").read(
            group_metrics(self.path), lambda content: parse_record(content, GROUPS[parse_record(content, Shape).task])
        )

    @property
    def summary(self) -> GroupSummary:
        """The same of runs of one label a text. Raises RunError where their labels have another shape."""
        facts = self.facts
        if not isinstance(facts, GroupSummary):
            raise RunError(f"{self.path} was not trained for one label a text", "read group.facts")
        return facts


def group_metrics(path: Path) -> Path:
    """Where the metrics over all seeds lie in their folder, named as those of a run."""
    return path / RunFolder(path).metrics.name


def seed_folder(path: Path, seed: int) -> Path:
    """Where the run of a seed lies in the folder of several."""
    return path / f"{_SEED}{seed}"


def seed_folders(path: Path) -> list[Path]:
    """The finished runs of a folder of several seeds, by rising seed; none where it is not one."""
    try:
        if not path.is_dir():
            return []
    except OSError:  # a name that is too long
        return []
    found = [folder for folder in path.iterdir() if folder.is_dir() and re.fullmatch(rf"{_SEED}\d+", folder.name)]
    return sorted(found, key=lambda folder: int(folder.name.removeprefix(_SEED)))


def _fingerprints(run: Run) -> dict[str, str]:
    """Of the texts of each part, and of those without labels."""
    found = {name: texts.sha256 for name, texts in run.data.parts.items()}
    return found if run.data.unlabelled is None else found | {"unlabelled": run.data.unlabelled.sha256}
