"""The choice of the next trial, and of those that are given up early: Optuna's (Akiba et al. 2019), in a journal file.

The sampler (TPE, Bergstra et al. 2011) is made anew for each trial, with a seed of its own. So what it proposes follows
from the finished trials alone, and a search that was interrupted goes on as one that was not.
"""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tunelet.errors import TuneletError
from tunelet.run import Setting
from tunelet.tuning._space import Space

if TYPE_CHECKING:
    from optuna import Study as OptunaStudy
    from optuna import Trial
    from optuna.pruners import BasePruner

_STARTING = 8  # trials that are drawn at random before the sampler learns from them
_NAME, _SETTINGS, _EVALUATIONS = "tunelet", "settings", "evaluations"


class Search:
    """Optuna's study of one search."""

    def __init__(self, journal: Path, space: Space, *, seed: int, pruner: str, lower: bool) -> None:
        """Open the journal, or begin it. Raises TuneletError where Optuna is not installed."""
        optuna = _optuna()
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

        backend = JournalFileBackend(str(journal), lock_obj=JournalFileOpenLock(str(journal)))
        self._study: OptunaStudy = optuna.create_study(
            storage=JournalStorage(backend),
            study_name=_NAME,
            direction="minimize" if lower else "maximize",
            load_if_exists=True,
        )
        self._study.pruner = _pruner(pruner)
        self._space, self._seed = _distributions(space), seed

    def next(self, size: int = 1, most: int | None = None) -> list["Asked"]:
        """The trials to run next, side by side. The first of all has no settings of its own.

        They are a generation: numbers from a multiple of `size` on. None of them is told of before all are run, so
        that what is proposed does not depend on which of them ends first, or on where a search was interrupted.

        Args:
            size: of a generation.
            most: trials there are to be in all; None: any number.
        """
        running = self._running()
        told = len(self._with_settings()) - len(running)
        if running and told % size:  # interrupted while the generation was told of
            return running
        end = (told // size + 1) * size
        end = end if most is None else min(end, most)
        while told + len(running) < end:
            running.append(self._ask())
        return running

    def again(self, number: int) -> "Asked":
        """A trial that is running, in another process."""
        return next(asked for asked in self._running() if asked.number == number)

    def _running(self) -> list["Asked"]:
        from optuna.trial import Trial, TrialState

        found = []
        for frozen in self._study.get_trials(states=(TrialState.RUNNING,)):
            if _SETTINGS in frozen.user_attrs:
                found.append(Asked(Trial(self._study, frozen._trial_id), frozen.user_attrs[_SETTINGS]))
            else:
                self._study.tell(frozen.number, state=TrialState.FAIL)  # killed before it had its settings
        return found

    def _with_settings(self) -> list[Any]:
        return [one for one in self._study.trials if _SETTINGS in one.user_attrs]

    def _ask(self) -> "Asked":
        done = len(self._with_settings())
        self._study.sampler = _sampler(self._seed + done)
        trial = self._study.ask(fixed_distributions=self._space if done else {})
        trial.set_user_attr(_SETTINGS, trial.params)
        return Asked(trial, trial.params)

    def tell(self, asked: "Asked", state: Literal["finished", "pruned", "failed"], figure: float | None) -> None:
        """What came of a trial."""
        from optuna.trial import TrialState

        states = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
        self._study.tell(asked.number, figure if state == "finished" else None, states[state])

    def importance(self) -> dict[str, float]:
        """Share of the figure's variance that each setting explains (fANOVA, Hutter et al. 2014); empty: unknown."""
        from optuna.importance import get_param_importances

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found: Mapping[str, float] = get_param_importances(self._study)
        except (ValueError, RuntimeError, ZeroDivisionError):  # too few trials, or all with the same figure
            return {}
        return {name: float(share) for name, share in found.items()}


class Asked:
    """A trial that is to be run.

    Attributes:
        number: from 0.
        settings: of the trial.
        figures: after each evaluation, those of earlier sessions first.
    """

    def __init__(self, trial: "Trial", settings: Mapping[str, Setting]) -> None:
        self._trial, self.number, self.settings = trial, trial.number, dict(settings)
        # Evaluation -> its own figure and that which counts. In the journal: a training that goes on tells it no more.
        self._evaluations: dict[str, tuple[float, float]] = dict(trial.user_attrs.get(_EVALUATIONS, {}))

    @property
    def figures(self) -> list[float]:
        return [figure for _, figure in self._evaluations.values()]

    def note(self, evaluation: str, figure: float, *, mean: bool) -> None:
        """Write down an evaluation, once however often it is made.

        Args:
            evaluation: its name.
            figure: what it found.
            mean: whether what counts is the mean of all so far, in place of the latest.
        """
        if evaluation not in self._evaluations:
            own = [*(one for one, _ in self._evaluations.values()), figure]
            self._evaluations[evaluation] = figure, sum(own) / len(own) if mean else figure
            self._trial.set_user_attr(_EVALUATIONS, self._evaluations)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a report that was made before
            self._trial.report(self.figures[-1], len(self._evaluations))

    def is_hopeless(self) -> bool:
        """Whether the trial should be given up, measured by the others."""
        return bool(self.number and self._trial.should_prune())


def _optuna() -> Any:
    try:
        import optuna
    except ModuleNotFoundError:
        raise TuneletError("a search over settings needs Optuna", "pip install 'tunelet[scale]'") from None
    optuna.logging.set_verbosity(logging.ERROR)
    return optuna


def _sampler(seed: int) -> Any:
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed, n_startup_trials=_STARTING)


def _pruner(name: str) -> "BasePruner":
    from optuna.pruners import MedianPruner, NopPruner, SuccessiveHalvingPruner

    if name == "median":
        return MedianPruner(n_startup_trials=5, n_warmup_steps=1)
    return SuccessiveHalvingPruner(reduction_factor=3) if name == "asha" else NopPruner()


def _distributions(space: Space) -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, Any] = {}
    for key, one in space.items():
        if one.choices:
            found[key] = CategoricalDistribution(one.choices)
        elif one.whole:
            found[key] = IntDistribution(int(one.low), int(one.high), log=one.log)
        else:
            found[key] = FloatDistribution(one.low, one.high, log=one.log)
    return found
