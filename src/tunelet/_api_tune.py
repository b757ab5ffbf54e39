"""`tunelet.tune`: what it takes becomes a search, and a person sees how it goes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tunelet._arguments import checked
from tunelet._deadline import Deadline, parse_budget
from tunelet.recipe import Recipe
from tunelet.run import PrunerName, Study


@checked
def tune(
    data: Any,
    *,
    trials: int | None = None,
    budget: str | float | None = None,
    space: str | Path | Mapping[str, Any] | None = None,
    pruner: PrunerName = "median",
    recipe: str | Path | Recipe = "quickstart",
    model: str | Path | None = None,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    group: str | None = None,
    time: str | None = None,
    encoding: str | None = None,
    limit: int | None = None,
    seed: int | None = None,
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    on: str = "local",
    workers: int | None = None,
    quiet: bool = False,
) -> Study:
    """Search settings for these texts. Each trial is a run, and the result is a recipe.

    A fifth of the texts is held out of the search. The trials are chosen by the figure on their own validation texts,
    and on the texts held out it is measured how much that choice flatters itself, and whether the chosen recipe is
    better than the one that the search began with. A test part of the data is not read.

    >>> held_out = {"data.validation": "held-out", "training.epochs": 1, "evaluation.baseline": False}
    >>> study = tunelet.tune("sample", trials=2, space={"adapter": {"rank": [4, 8]}}, model="minilm", limit=60,
    ...                      settings=held_out, out="rank")
    >>> [trial.settings for trial in study.facts.trials][0], study.recipe.name
    ({}, 'quickstart-tuned')

    Args:
        data: as for `train`.
        trials: how many in all, the recipe as it is included.
        budget: the time for all of them, such as "1h", in the place of a number.
        space: what to search, by section and key as in a recipe: a list of values, or {"low": 1e-4, "high": 2e-3,
            "log": True}; or the path of a TOML file with the same. None: learning rate, epochs, rank, targets, pooling
            and length of the texts.
        pruner: when a trial is given up early: "median" (worse than half of the others at that point), "asha"
            (not among the best third; Li et al. 2020) or "none".
        recipe, model, text, label, group, time, encoding, limit, device, settings: as for `train`.
        seed: of the sampler, of the trainings and of the split.
        out: folder of the search, which must not exist; None: below runs/.
        resume: go on with the interrupted search that `out` names, or add trials to a finished one.
        on, workers: where trials are run, and how many at a time, as for `train_seeds`. The next ones are chosen when
            all of them have ended, so that the same number of workers gives the same search; with "asha" what is given
            up depends on which trial is faster.
        quiet: print nothing.

    Raises:
        TuneletError: the input is at fault, or Optuna is not installed.
        KeyboardInterrupt: interrupted; the message says how to go on.
    """
    from tunelet.experiment import Request, Screens
    from tunelet.tuning import Limits, Unfollowed, run_search

    deadline = None if budget is None else Deadline(parse_budget(budget))
    limits = Limits.of(trials, deadline)
    request = Request.of(
        recipe, data, test=None, unlabelled=None, settings=settings, out=out, resume=resume, model=model, text=text,
        label=label, group=group, time=time, encoding=encoding, limit=limit, seed=seed, device=device, on=on,
        workers=workers,
    )  # fmt: skip
    if quiet:
        return run_search(request, space, limits, pruner, Screens(), Unfollowed())
    from tunelet.console import SearchScreen, TerminalScreens

    screen = SearchScreen()
    study = run_search(request, space, limits, pruner, TerminalScreens(), screen)
    screen.result(study.facts)
    return study
