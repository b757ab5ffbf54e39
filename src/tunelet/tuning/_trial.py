"""One trial: a training whose evaluations are reported, and which is given up where they are hopeless."""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tunelet.errors import DiskError, TuneletError
from tunelet.experiment import Experiment, Request, Screens
from tunelet.run import Run, RunFolder, TrialRecord
from tunelet.training import Reporter
from tunelet.tuning._search import Asked, Search
from tunelet.tuning._space import Space

State = Literal["finished", "pruned", "failed"]


class _Hopeless(Exception):  # noqa: N818  (an answer, not an error)
    """A trial that is given up."""


@dataclass
class _Watched:
    """A trial's evaluations. In a cross-validation each fold has one, and their mean counts; else the latest does."""

    asked: Asked
    metric: str
    fold: str | None = None

    def note(self, epoch: int, values: Mapping[str, float]) -> None:
        if self.metric not in values:
            return
        self.asked.note(self.fold or f"epoch {epoch}", float(values[self.metric]), mean=self.fold is not None)
        if self.asked.is_hopeless():
            raise _Hopeless


class _Reporter:
    """Hands everything on, and notes evaluations."""

    def __init__(self, shown: Reporter, watched: _Watched) -> None:
        self._shown, self._watched = shown, watched
        self.stage, self.advance, self.say = shown.stage, shown.advance, shown.say

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._watched.fold = name
        try:
            with self._shown.part(name):
                yield
        finally:
            self._watched.fold = None

    def evaluated(self, epoch: int, values: Mapping[str, float]) -> None:
        self._shown.evaluated(epoch, values)
        self._watched.note(epoch, values)


class _TrialScreens(Screens):
    """Progress alone: a plan and a result for each trial would be too much to read."""

    def __init__(self, shown: Screens, watched: _Watched) -> None:
        self._shown, self._watched = shown, watched

    def busy(self, doing: str) -> AbstractContextManager[Any]:
        return self._shown.busy(doing)

    @contextmanager
    def progress(self, *, unit: str = "tokens") -> Iterator[Reporter]:
        with self._shown.progress(unit=unit) as reporter:
            yield _Reporter(reporter, self._watched)


def run_trial(asked: Asked, request: Request, metric: str, screens: Screens) -> TrialRecord:
    """Train, or go on with a trial that was interrupted.

    Args:
        asked: the trial.
        request: of its training, in a folder of its own, with test texts by which nothing is chosen.
        metric: the figure that trials are chosen by.
        screens: what a person sees.

    Returns:
        What came of it. A trial that is given up, or fails, leaves no folder.

    Raises:
        TuneletError: the first trial fails, which is the recipe as it was; or a disk is full.
    """
    assert request.out is not None  # noqa: S101
    begun, place = time.monotonic(), RunFolder(request.out)
    watched = _Watched(asked, metric)

    def ended(state: State, figure: float | None, **more: Any) -> TrialRecord:
        return TrialRecord(
            number=asked.number, state=state, settings=asked.settings, figure=figure, figures=tuple(asked.figures),
            **{"seconds": time.monotonic() - begun} | more,
        )  # fmt: skip

    if place.final.is_dir():  # whole, and only not yet told of
        run = Run.load(place.final)
    else:
        try:
            training = Experiment(replace(request, resume=place.has_begun()), _TrialScreens(screens, watched))
            run = training.run()
        except _Hopeless:
            RunFolder(request.out).discard()
            return ended("pruned", asked.figures[-1])
        except DiskError:
            raise
        except TuneletError as error:
            if not asked.number:
                raise
            RunFolder(request.out).discard()
            return ended("failed", None, error=error.message)
    validation = run.facts.validation
    return ended(
        "finished",
        (run.metrics if validation is None else validation).value(metric),
        held_out=run.metrics.value(metric),
        seconds=max(run.facts.seconds, time.monotonic() - begun),
    )


@dataclass(frozen=True)
class TrialElsewhere:
    """A trial for a worker, which reads in the search's journal how the finished ones went.

    Attributes:
        number: of the trial.
        request, metric: as `run_trial` has them.
        journal, space, seed, pruner, lower: of the search.
    """

    number: int
    request: Request
    metric: str
    journal: Path
    space: Space
    seed: int
    pruner: str
    lower: bool

    def run(self) -> TrialRecord:
        """As `run_trial` does it."""
        search = Search(self.journal, self.space, seed=self.seed, pruner=self.pruner, lower=self.lower)
        return run_trial(search.again(self.number), self.request, self.metric, Screens())
