"""One recipe, several seeds: what `tunelet train --seeds 1,2,3` does, on the same split of the same rows.

Each seed is a run like any other, in `seed-N` of one folder; the metrics over all seeds are written last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from tunelet._words import counted
from tunelet._words import number as figure
from tunelet.errors import RecipeError, RunError
from tunelet.evaluation import FigureWarning, measure_seeds
from tunelet.experiment._reckoning import Training, cost_of_trainings
from tunelet.experiment._request import Request
from tunelet.experiment._resuming import as_decided, check_recipe
from tunelet.experiment._screens import Screens
from tunelet.experiment._train import Experiment
from tunelet.recipe import Recipe, with_settings
from tunelet.run import (
    GROUPS,
    MARK,
    GroupFacts,
    Run,
    RunFolder,
    RunGroup,
    SeedsWarning,
    Summary,
    check_place,
    default_folder,
    disk_errors,
    group_metrics,
    refuse_link,
    seed_folder,
    seed_folders,
    write_files,
)
from tunelet.scale import Job, workers_at

_MEANS = ("train_seconds", "seconds", "tokens_per_second", "trainable_parameters", "total_parameters")


def run_seeds(request: Request, seeds: Sequence[int], screens: Screens) -> RunGroup:
    """Train with each seed and measure all of them together.

    Rows are drawn and split by the first seed, so that all are measured on the same texts.

    Args:
        request: the training; its `out` becomes a folder of runs.
        seeds: two or more, all different.
        screens: what a person sees of the trainings.

    Raises:
        TuneletError: the input is at fault.
    """
    if len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise RecipeError(
            f"expected two or more different seeds, found {', '.join(map(str, seeds)) or 'none'}",
            "for example seeds=(1, 2, 3); one seed is seed=1",
        )
    if request.out is None and request.resume:
        raise RunError("several seeds to go on with, but no folder of theirs", "name it: out='DIR'")
    recipe = request.recipe
    if recipe.data.split_seed < 0:
        recipe = with_settings(recipe, {"data.split_seed": seeds[0]})
    name = Path(recipe.model.name).name
    folder = request.out or default_folder(recipe.name, name, "-".join(map(str, seeds)))
    planned = {seed: with_settings(recipe, {"training.seed": seed}, "seeds") for seed in seeds}
    _check(folder, planned, resume=request.resume)
    missing = {
        seed: replace(request, recipe=planned[seed], out=seed_folder(folder, seed))
        for seed in seeds
        if not (request.resume and seed_folder(folder, seed).is_dir())
    }
    if request.place.is_here:
        for each in missing.values():
            Experiment(_going_on(each, resume=request.resume), screens).run()
    else:
        _train_apart(missing, request, screens)
    group = RunGroup.of(folder, seed_folders(folder))
    content = RunFolder.json_bytes(_summary(group).to_dict())
    write_files(folder, "seeds", {group_metrics(folder).name: content}, own=True)
    return RunGroup.load(folder)


def _going_on(request: Request, *, resume: bool) -> Request:
    """The request of one seed, which goes on with what has begun, where that is wanted."""
    assert request.out is not None  # noqa: S101
    return replace(request, resume=resume and RunFolder(request.out).has_begun())


def _train_apart(missing: Mapping[int, Request], request: Request, screens: Screens) -> None:
    """Train seeds in processes, several at a time."""
    trainings = {seed: Training(each.elsewhere(), uuid4().hex) for seed, each in missing.items()}
    jobs, seeds = [Job(f"seed {seed}", each) for seed, each in trainings.items()], list(trainings)
    with screens.progress(unit="seeds") as progress, workers_at(request.place) as workers:
        progress.stage("reckoning what the trainings will take", 0)
        progress.say(cost_of_trainings(list(trainings.values()), workers).in_words)
        progress.stage(f"{counted(len(jobs), 'training')} on {counted(workers.count, 'worker')}", len(jobs))
        for number, said in workers.map(_train_one, jobs):
            progress.say(f"seed {seeds[number]}: {said}")
            progress.advance(1)


def _train_one(training: Training) -> str:
    """In a worker: train one seed, or go on where a worker that died has left it; the main figure, in words."""
    planner, request = training.planner(), _going_on(training.request, resume=True)
    assert request.out is not None  # noqa: S101
    if request.out.is_dir():  # done, and its worker died before it could say so
        run = Run.load(request.out)
    else:
        run = Experiment(request, Screens(), None if request.resume else planner).run()
    main = run.metrics.main
    return f"{main.replace('_', ' ')} {figure(run.metrics.value(main))}, {run.facts.seconds:.0f} s"


def _check(folder: Path, planned: Mapping[int, Recipe], *, resume: bool) -> None:
    """Refuse a folder with other content, or with a seed that was trained otherwise, before the first training."""
    refuse_link(folder)
    with disk_errors(folder):
        if not folder.exists():
            return
    metrics = group_metrics(folder).name
    mark = check_place(folder, "seeds", [metrics], own=True)
    if "run" in mark.files:
        raise RunError(f"{folder} holds a finished run", "pass another out=...")
    known = {path.name.removesuffix(".partial") for path in folder.iterdir()}
    strange = known - {seed_folder(folder, seed).name for seed in planned} - {metrics, MARK}
    if not resume or strange:
        what = f"{folder} exists" if not strange else f"{folder} holds {min(strange)} already"
        raise RunError(what, "pass another out=..., or the same seeds with resume=True to go on with it")
    for seed, recipe in planned.items():
        done = seed_folder(folder, seed)
        if done.is_dir():
            # The finished run's recipe has the resolved name of the model, so names may differ here.
            before = Run.load(done).recipe
            check_recipe(done, before, as_decided(before, recipe), {"model.name"})


def _summary(group: RunGroup) -> GroupFacts:
    """The content of the group's `metrics.json`: means, deviations and intervals, and the main figure of each seed."""
    first = group.runs[0]
    facts, evaluation = first.facts, first.recipe.evaluation
    positive = facts.positive if isinstance(facts, Summary) else None
    measured = measure_seeds(
        [run.any_predictions for run in group.runs],
        positive=positive,
        resamples=evaluation.resamples,
        seed=first.recipe.data.split_seed,
    )
    means = {name: sum(getattr(run.facts, name) for run in group.runs) / len(group.runs) for name in _MEANS}
    mains = tuple(run.metrics.value(run.metrics.main) for run in group.runs)
    task = first.data.task.value
    of_shape: dict[str, Any] = {"task": task, "figures_by_seed": mains}
    if isinstance(facts, Summary):
        of_shape = {"positive": positive, "accuracies": mains}
    return GROUPS[task].model_validate(
        {
            **{name: getattr(measured, name) for name in measured.model_fields_set},
            **of_shape,
            "run": str(group.path),
            "runs": tuple(str(run.path) for run in group.runs),
            "seeds": tuple(run.recipe.training.seed for run in group.runs),
            "evaluated_on": facts.evaluated_on,
            "folds": facts.folds,
            "warnings": group_warnings({run.recipe.training.seed: run.facts.warnings for run in group.runs}),
            **means,
            "peak_memory_bytes": max(run.facts.peak_memory_bytes for run in group.runs),
            "model": facts.model,
            "random_weights": facts.random_weights,
        }
    )


def group_warnings(by_seed: Mapping[int, Sequence[FigureWarning]]) -> tuple[SeedsWarning, ...]:
    """The warnings of all seeds' runs, each once, with its seeds; the message names them where not all have it."""
    first: dict[tuple[str, str], FigureWarning] = {}
    seeds: dict[tuple[str, str], list[int]] = {}
    for seed, warnings in by_seed.items():
        for warning in warnings:
            first.setdefault((warning.kind, warning.message), warning)
            seeds.setdefault((warning.kind, warning.message), []).append(seed)
    merged = []
    for key, warning in first.items():
        having = seeds[key]
        whose = f"Seed{'s' if len(having) > 1 else ''} {', '.join(map(str, having))}: "
        merged.append(
            SeedsWarning(
                kind=warning.kind,
                message=(whose if len(having) < len(by_seed) else "") + warning.message,
                hint=warning.hint,
                labels=warning.labels,
                seeds=tuple(having),
            )
        )
    return tuple(merged)
