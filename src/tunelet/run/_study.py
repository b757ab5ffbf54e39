"""A search over settings: one folder with a run for each trial, what came of it, and the recipe that was chosen.

STUDY/plan.json       what is searched, on what: written first, a search that goes on has the same
STUDY/trials.jsonl    the trials so far, a line each
STUDY/journal.log     Optuna's record of the trials, which its own tools read, too
STUDY/trials/trial-N  the runs; a trial that was pruned or failed has none
STUDY/study.json      what came of it
STUDY/recipe.toml     the chosen recipe
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from tunelet._arguments import checked
from tunelet._record import FileRecord, Record, Value, as_text, parse_record
from tunelet.errors import RunError
from tunelet.recipe import Recipe, parse_recipe
from tunelet.run._mark import is_marked
from tunelet.run._path import folder_path
from tunelet.run._run import Run
from tunelet.run._sealed import Sealed

Setting = str | int | float | bool
PrunerName = Literal["median", "asha", "none"]


class DimensionRecord(Record):
    """What a setting may be: one of some values, or a number between two, which are among them.

    Attributes:
        choices: the values; empty for numbers.
        low, high: of numbers.
        log: whether equal ratios, and not equal steps, are equally likely.
        whole: whether numbers are whole.
    """

    choices: tuple[Setting, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    @property
    def in_words(self) -> str:
        """The values, or the two ends."""
        if self.choices:
            return ", ".join(map(str, self.choices))
        ends = f"{self.low:g} to {self.high:g}"
        return f"{ends}, equal ratios equally likely" if self.log else ends


class StudyPlan(FileRecord):
    """What is searched, and on what.

    Attributes:
        recipe: as TOML: what is not searched comes from it, and it is the first trial.
        space: setting -> what it may be.
        seed: of the sampler and of the texts that are held out.
        pruner: which trials are given up early, "median", "asha" or "none".
        texts: SHA-256 of the texts that trials train and validate on, and of those that they do not see.
    """

    recipe: str
    space: Mapping[str, DimensionRecord]
    seed: int
    pruner: PrunerName
    texts: Mapping[str, str]


class TrialRecord(Record):
    """One trial.

    Attributes:
        number: from 0, which is the recipe as it was.
        state: whether it was trained to its end, given up as worse than others, or ended in an error.
        settings: those that were searched.
        figure: on the validation texts; of a pruned trial the last one before it was given up.
        figures: after each evaluation.
        held_out: the figure on the texts that no trial was chosen by; None: not finished.
        seconds: that it took.
        error: why it failed; "": it did not.
    """

    number: int
    state: Literal["finished", "pruned", "failed"]
    settings: Mapping[str, Setting]
    figure: Value
    figures: tuple[float, ...] = ()
    held_out: Value = None
    seconds: float
    error: str = ""

    @property
    def in_words(self) -> str:
        """Its settings with their values, in one line."""
        said = (f"{key} = {setting_in_words(value)}" for key, value in self.settings.items())
        return ", ".join(said) or "the recipe as it was"


class StudyRecord(FileRecord):
    """What came of a search.

    Attributes:
        study: its folder, as it was named.
        source, model: data and model, as they were named.
        task: the shape of the labels.
        metric: the figure that trials are chosen by.
        lower_is_better: whether less of it is better.
        space, seed, pruner: as in the plan.
        texts, held_out_texts: how many trials train and validate on, and how many none of them sees.
        trials: by number.
        best: number of the chosen one, by the figure on validation texts alone.
        figure, held_out: its figures; None: it cannot be told.
        optimism: by how much its figure on the validation texts is better than on texts that did not choose it.
        verdict: whether the chosen recipe is better than the one that it began with, on the texts held out.
        importance: share of the figure's variance that each setting explains (fANOVA); empty with too few trials.
        recipe: the file of the chosen recipe.
        seconds: of all sessions.
        budget: seconds that were allowed; None: a number of trials was.
    """

    study: str
    source: str
    model: str
    task: str
    metric: str
    lower_is_better: bool
    space: Mapping[str, DimensionRecord]
    seed: int
    pruner: str
    texts: int
    held_out_texts: int
    trials: tuple[TrialRecord, ...]
    best: int
    figure: Value
    held_out: Value
    optimism: Value
    verdict: str
    importance: Mapping[str, float]
    recipe: str
    seconds: float
    budget: float | None = None

    @property
    def command(self) -> str:
        """What to type to train with the chosen recipe; DATA stands for what was no file."""
        named = self.source.startswith("hub:") or self.source in ("sample", "imdb") or Path(self.source).exists()
        data = shlex.quote(self.source) if named else "DATA"
        return f"tunelet train {data} --recipe {shlex.quote(self.recipe)}"

    @property
    def chosen(self) -> TrialRecord:
        """The trial that was chosen."""
        return next(trial for trial in self.trials if trial.number == self.best)


def setting_in_words(value: Setting) -> str:
    """A value as tables show it."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


class StudyFiles:
    """The names of a study's files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plan, self.done, self.record = path / "plan.json", path / "trials.jsonl", path / "study.json"
        self.recipe, self.journal, self.lock = path / "recipe.toml", path / "journal.log", path / ".lock"
        self.trials = path / "trials"

    def trial(self, number: int) -> Path:
        """The run folder of a trial."""
        return self.trials / f"trial-{number}"


@dataclass(frozen=True)
class Study:
    """A finished search, read from its folder as it is asked for.

    >>> try:
    ...     tunelet.Study.load("runs/first")
    ... except tunelet.TuneletError as error:
    ...     print(error.message)
    runs/first: no search over settings

    Attributes:
        path: the folder.
    """

    path: Path

    @classmethod
    @checked
    def load(cls, path: str | Path) -> "Study":
        """Open the folder of a search. Raises RunError where it is none, or not finished."""
        path = folder_path(path)
        files = StudyFiles(path)
        if not files.record.is_file():
            what = "is not finished" if files.plan.is_file() else "no search over settings"
            raise RunError(f"{path}: {what}", "tunelet tune with trials=20 and out=... makes one; resume=True goes on")
        return cls(path)

    @staticmethod
    def is_one(path: Path) -> bool:
        """Whether a folder holds a search, finished or not."""
        try:
            return path.is_dir() and is_marked(path, "study")
        except OSError:  # a name that is too long
            return False

    @property
    def files(self) -> StudyFiles:
        """The names of its files."""
        return StudyFiles(self.path)

    @cached_property
    def facts(self) -> StudyRecord:
        """All of `study.json`: what `tunelet tune --json` prints."""
        return Sealed.of(self.path, "study").read(self.files.record, lambda content: parse_record(content, StudyRecord))

    @cached_property
    def recipe(self) -> Recipe:
        """The chosen recipe."""
        path = self.files.recipe
        return Sealed.of(self.path, "study").read(path, lambda content: parse_recipe(as_text(content), str(path)))

    @property
    def best(self) -> Run:
        """The run of the chosen trial."""
        return self.run(self.facts.best)

    def run(self, number: int) -> Run:
        """The run of a finished trial. Raises RunError where there is none."""
        return Run.load(self.files.trial(number))
