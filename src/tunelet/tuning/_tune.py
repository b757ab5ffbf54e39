"""A search over settings, from the data to a recipe: `tunelet.tune`.

A part of the texts is held out of the whole search (nested splitting: Cawley and Talbot, 2010). Every trial divides the
others into training and validation texts as the recipe says, and the figure on validation texts chooses. That figure
flatters the chosen trial, the more the more trials there are; on the texts held out it does not, and the difference is
the optimism. A test part of the data is not read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from tunelet._deadline import Deadline
from tunelet._words import counted
from tunelet.comparison import compare
from tunelet.data import Reading
from tunelet.errors import RecipeError, RunError
from tunelet.evaluation import LOWER_IS_BETTER
from tunelet.experiment import Request, Screens, Training, cost_of_trainings, read_sources
from tunelet.recipe import Recipe, dump_recipe, with_settings
from tunelet.run import (
    PrunerName,
    Run,
    RunFolder,
    Study,
    StudyFiles,
    StudyPlan,
    StudyRecord,
    TrialRecord,
    default_folder,
    write_files,
)
from tunelet.scale import Cost, Job, Workers, workers_at
from tunelet.tuning._folder import begin, check_free, held, written
from tunelet.tuning._outer import for_trials, hold_out
from tunelet.tuning._search import Asked, Search
from tunelet.tuning._space import Space, apply, space_of
from tunelet.tuning._trial import TrialElsewhere, run_trial

if TYPE_CHECKING:
    from tunelet.data import Prepared

FIGURES = {"multiclass": "accuracy", "multilabel": "f1_macro", "ordinal": "mae", "regression": "mae"}  # by task


class Follower(Protocol):
    """Who follows a search."""

    def begun(self, plan: "SearchPlan") -> None:
        """The search begins, or goes on."""

    def reckoned(self, cost: Cost) -> None:
        """What the trials that are left will take, were they all as long as the recipe as it was."""

    def trial(self, trial: TrialRecord, best: TrialRecord | None) -> None:
        """A trial has ended; `best` is the best finished one so far."""


class Unfollowed:
    """The follower of a search that nobody watches."""

    def begun(self, plan: "SearchPlan") -> None:
        """Show nothing."""

    def reckoned(self, cost: Cost) -> None:
        """Show nothing."""

    def trial(self, trial: TrialRecord, best: TrialRecord | None) -> None:
        """Show nothing."""


@dataclass(frozen=True)
class SearchPlan:
    """What is searched.

    Attributes:
        space: the settings.
        texts, held_out: numbers of texts that trials see, and that they do not.
        test_part: whether the data has a test part, which is not read.
        metric: the figure that trials are chosen by.
        trials: how many there are to be; None: as many as the budget has time for.
        budget: seconds; None: a number of trials was asked for.
        done: trials of earlier sessions.
    """

    space: Space
    texts: int
    held_out: int
    test_part: bool
    metric: str
    trials: int | None
    budget: float | None
    done: int


@dataclass(frozen=True)
class Limits:
    """How long a search goes on: for so many trials in all, or until a deadline."""

    trials: int | None
    deadline: Deadline | None

    @classmethod
    def of(cls, trials: int | None, deadline: Deadline | None) -> "Limits":
        """Raises RecipeError unless exactly one of the two is given."""
        if (trials is None) == (deadline is None):
            raise RecipeError("how long is the search to be?", "pass trials=20, or budget='1h'")
        if trials is not None and trials < 1:
            raise RecipeError(f"trials: expected at least 1, found {trials}", "for example trials=20")
        return cls(trials, deadline)

    def are_reached(self, trials: Sequence[TrialRecord]) -> bool:
        """Whether no further trial is begun: with a deadline, where the longest one so far would miss it."""
        if self.trials is not None:
            return len(trials) >= self.trials
        assert self.deadline is not None  # noqa: S101
        return bool(trials) and self.deadline.left < max(trial.seconds for trial in trials)


def run_search(
    request: Request, space: Any, limits: Limits, pruner: PrunerName, screens: Screens, follower: Follower
) -> Study:
    """Search, choose, and write the folder of the search, or go on with an interrupted one.

    Args:
        request: of the trials; its `out` is the folder of the search.
        space: a mapping, a TOML file, or None: the default space.
        limits: how long it goes on.
        pruner: "median", "asha" or "none".
        screens: of the trials.
        follower: of the search.

    Raises:
        TuneletError: the input is at fault, or the first trial fails.
    """
    checked = space_of(space, request.recipe)
    folder = request.out or default_folder(f"tune-{request.recipe.name}", "search", request.recipe.training.seed)
    files = StudyFiles(folder)
    check_free(files, resume=request.resume)
    with screens.progress(unit="rows") as progress:
        progress.stage("reading the data", 0)
        whole, _ = read_sources(request.recipe.data, request.data, None, progress)
        outer = hold_out(whole, request.recipe)
        reading = for_trials(whole, outer)
    recipe = with_settings(request.recipe, {"data.task": outer.space.task})
    metric = FIGURES[outer.space.task]
    plan = StudyPlan(
        recipe=dump_recipe(recipe, comments=False),
        space=dict(checked),
        seed=recipe.training.seed,
        pruner=pruner,
        texts={"trials": outer.train.fingerprint, "held out": outer.validation.fingerprint},
    )
    with held(files):
        before = begin(files, plan, resume=request.resume)
        search = Search(
            files.journal, checked, seed=recipe.training.seed, pruner=pruner, lower=metric in LOWER_IS_BETTER
        )
        work = _Work(request, recipe, reading, metric, plan, files, search, before, screens, follower)
        seconds = None if limits.deadline is None else limits.deadline.seconds
        texts, held_out, tested = len(outer.train), len(outer.validation), "test" in whole.splits
        follower.begun(SearchPlan(checked, texts, held_out, tested, metric, limits.trials, seconds, len(before)))
        work.search(limits)
        return work.finish(whole, outer, limits)


@dataclass
class _Work:
    request: Request
    recipe: Recipe
    reading: Reading
    metric: str
    plan: StudyPlan
    files: StudyFiles
    asks: Search
    trials: list[TrialRecord]
    screens: Screens
    follower: Follower

    @property
    def lower(self) -> bool:
        return self.metric in LOWER_IS_BETTER

    def search(self, limits: Limits) -> None:
        """Run trials until the limits are reached."""
        with workers_at(self.request.place) as workers:
            self._reckon(limits, workers)
            if self.request.place.is_here:
                while not limits.are_reached(self.trials):
                    for asked in self.asks.next():
                        self._note(asked, run_trial(asked, self._request(asked), self.metric, self.screens))
                return
            while not limits.are_reached(self.trials):
                generation = self.asks.next(workers.count, limits.trials)
                jobs = [Job(f"trial {asked.number}", self._elsewhere(asked)) for asked in generation]
                done = dict(workers.map(TrialElsewhere.run, jobs))
                for index, asked in enumerate(generation):
                    self._note(asked, done[index])

    def _reckon(self, limits: Limits, workers: Workers) -> None:
        """Say what a number of trials will take; a deadline says it itself."""
        left = (limits.trials or 0) - len(self.trials)
        if left > 0:
            with self.screens.busy("reckoning what the trials will take"):
                cost = cost_of_trainings([Training(self._training(self.recipe, 0).elsewhere())] * left, workers)
            self.follower.reckoned(cost)

    def _note(self, asked: Asked, trial: TrialRecord) -> None:
        """Write down what came of a trial, and let the next ones be chosen by it."""
        self.trials = [*(one for one in self.trials if one.number != trial.number), trial]
        write_files(self.files.path, "study", written(self.files, self.plan, self.trials), own=True)
        self.asks.tell(asked, trial.state, trial.figure)
        self.follower.trial(trial, self.best)

    def _elsewhere(self, asked: Asked) -> TrialElsewhere:
        return TrialElsewhere(
            asked.number, self._request(asked).elsewhere(), self.metric, self.files.journal.absolute(),
            self.plan.space, self.plan.seed, self.plan.pruner, lower=self.lower,
        )  # fmt: skip

    @property
    def best(self) -> TrialRecord | None:
        """The best finished trial; of equals the first."""
        finished = [trial for trial in self.trials if trial.state == "finished" and trial.figure is not None]
        sign = 1 if self.lower else -1
        return min(finished, key=lambda trial: (sign * (trial.figure or 0.0), trial.number), default=None)

    def finish(self, whole: Reading, outer: "Prepared", limits: Limits) -> Study:
        """Choose, measure what the choice flatters itself by, and write the recipe."""
        best, plan = self.best, self.plan
        if best is None:
            raise RunError(f"{self.files.path}: no trial was trained to its end", "give it more trials or more time")
        chosen = apply(self.recipe, best.settings)
        runs = {number: Run.load(self.files.trial(number)) for number in {0, best.number}}
        verdict = "The recipe as it was is the best of all trials."
        if best.number:
            verdict = compare([runs[0], runs[best.number]]).verdicts[0]
        optimism = None
        if best.figure is not None and best.held_out is not None:
            optimism = (best.figure - best.held_out) * (-1 if self.lower else 1)
        record = StudyRecord(
            study=str(self.files.path), source=whole.source, model=runs[0].facts.model, task=outer.space.task,
            metric=self.metric, lower_is_better=self.lower, space=plan.space, seed=plan.seed, pruner=plan.pruner,
            texts=len(outer.train), held_out_texts=len(outer.validation), trials=tuple(self.trials), best=best.number,
            figure=best.figure, held_out=best.held_out, optimism=optimism, verdict=verdict,
            importance=self.asks.importance(), recipe=str(self.files.recipe),
            seconds=sum(trial.seconds for trial in self.trials),
            budget=None if limits.deadline is None else limits.deadline.seconds,
        )  # fmt: skip
        what = f"the best of {counted(len(self.trials), 'trial')} on {whole.source}, chosen by {self.metric}"
        named = with_settings(chosen, {"name": f"{self.recipe.name}-tuned", "description": what})
        content = written(self.files, plan, self.trials) | {
            self.files.record.name: RunFolder.json_bytes(record.to_dict()),
            self.files.recipe.name: dump_recipe(named).encode("utf-8"),
        }
        write_files(self.files.path, "study", content, own=True)
        return Study.load(self.files.path)

    def _request(self, asked: Asked) -> Request:
        return self._training(apply(self.recipe, asked.settings), asked.number)

    def _training(self, recipe: Recipe, number: int) -> Request:
        return replace(self.request, recipe=recipe, data=self.reading, test=None, out=self.files.trial(number))
