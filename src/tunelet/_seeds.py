"""One recipe, several seeds: what `tunelet train --seeds 1,2,3` does, on the same split of the same rows.

Each seed is a run like any other, in `seed-N` of one folder; what all of them came to is written last.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tunelet._arguments import checked
from tunelet._going_on import FREE_TO_DIFFER, as_decided, check_recipe
from tunelet._train import train, whole_recipe
from tunelet.errors import RecipeError, RunError
from tunelet.evaluation import measure_seeds
from tunelet.recipe import Recipe, with_settings
from tunelet.run import (
    MARK,
    Run,
    RunFolder,
    RunGroup,
    check_place,
    default_folder,
    disk_errors,
    refuse_link,
    seed_folders,
    write_files,
)

_MEANS = ("train_seconds", "seconds", "tokens_per_second", "trainable_parameters", "total_parameters")


@checked
def train_seeds(
    data: Any,
    seeds: Sequence[int],
    *,
    test: Any = None,
    unlabelled: Any = None,
    recipe: str | Path | Recipe = "quickstart",
    model: str | Path | None = None,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    encoding: str | None = None,
    limit: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    device: str | None = None,
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    quiet: bool = False,
    verbose: bool = False,
) -> RunGroup:
    """Train with each seed and measure all of them together.

    Head, order and dropout follow each seed; rows are drawn and split by the first, so that all are measured on the
    same texts. A budget of time is for one run, hence `train`'s alone.

    Args:
        data: as for `train`.
        seeds: two or more, all different.
        out: folder of the runs, one in `seed-N` for each seed, which must not exist; None: runs/RECIPE-MODEL-SEEDS.
        resume: go on with the interrupted call that `out` names; seeds that are finished are kept.
        test, unlabelled, recipe, model, text, label, encoding, limit: as for `train`.
        epochs, batch_size, learning_rate, device, settings, quiet, verbose: as for `train`.

    Returns:
        The finished runs, with means, deviations and intervals over them.

    Raises:
        TuneletError: as `train` does.
    """
    if len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise RecipeError(
            f"expected two or more different seeds, found {', '.join(map(str, seeds)) or 'none'}",
            "for example --seeds 1,2,3; one seed is --seed 1",
        )
    resolved = whole_recipe(
        recipe, settings, model=model, text=text, label=label, encoding=encoding, limit=limit, epochs=epochs,
        batch_size=batch_size, learning_rate=learning_rate, device=device,
    )  # fmt: skip
    if resolved.data.split_seed < 0:
        resolved = with_settings(resolved, {"data.split_seed": seeds[0]})
    if out is None and resume:
        raise RunError("several seeds to go on with, but no folder of theirs", "name it: --out DIR")
    name = Path(resolved.model.name).name
    folder = Path(out) if out is not None else default_folder(resolved.name, name, "-".join(map(str, seeds)))
    planned = {seed: with_settings(resolved, {"training.seed": seed}, "seeds") for seed in seeds}
    _check(folder, planned, resume=resume)
    for seed in seeds:
        place = RunFolder(folder / f"seed-{seed}")
        if resume and place.final.is_dir():
            continue
        train(
            data, test=test, unlabelled=unlabelled, recipe=planned[seed], out=place.final,
            resume=resume and place.has_begun(), quiet=quiet, verbose=verbose,
        )  # fmt: skip
    group = RunGroup.of(folder, seed_folders(folder))
    write_files(folder, "seeds", {"metrics.json": RunFolder.json_bytes(_summary(group))}, own=True)
    return RunGroup.load(folder)


def _check(folder: Path, planned: Mapping[int, Recipe], *, resume: bool) -> None:
    """That a folder can take these seeds: none trained with anything else, before the first one is begun."""
    refuse_link(folder)
    with disk_errors(folder):
        if not folder.exists():
            return
    mark = check_place(folder, "seeds", ["metrics.json"], own=True)
    if "run" in mark.files:
        raise RunError(f"{folder} holds a finished run", "pass another --out")
    known = {path.name.removesuffix(".partial") for path in folder.iterdir()}
    strange = known - {f"seed-{seed}" for seed in planned} - {"metrics.json", MARK}
    if not resume or strange:
        what = f"{folder} exists" if not strange else f"{folder} holds {min(strange)} already"
        raise RunError(what, "pass another --out, or the same seeds with --resume to go on with it")
    for seed, recipe in planned.items():
        done = folder / f"seed-{seed}"
        if done.is_dir():
            # The folder has the model's name as it was found; that it is the same is checked in the end.
            before = Run.load(done).recipe
            check_recipe(done, before, as_decided(before, recipe), {*FREE_TO_DIFFER, "model.name"})


def _summary(group: RunGroup) -> dict[str, Any]:
    """Means, deviations and intervals, and what each seed came to."""
    first = group.runs[0]
    evaluation = first.recipe.evaluation
    measured = measure_seeds(
        [run.predictions for run in group.runs],
        positive=first.summary["positive"],
        resamples=evaluation.resamples,
        seed=first.recipe.data.split_seed,
    )
    means = {name: sum(run.summary[name] for run in group.runs) / len(group.runs) for name in _MEANS}
    return {
        "run": str(group.path),
        "runs": [str(run.path) for run in group.runs],
        "seeds": [run.recipe.training.seed for run in group.runs],
        "evaluated_on": first.summary["evaluated_on"],
        "folds": first.summary["folds"],
        "positive": first.summary["positive"],
        **measured.to_dict(),
        "warnings": group_warnings({run.recipe.training.seed: run.summary["warnings"] for run in group.runs}),
        "accuracies": [run.summary["accuracy"] for run in group.runs],
        **means,
        "peak_memory_bytes": max(run.summary["peak_memory_bytes"] for run in group.runs),
        "model": first.summary["model"],
        "random_weights": first.summary["random_weights"],
    }


def group_warnings(by_seed: Mapping[int, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The warnings of each seed's run, each once, with the `seeds` that have it; one that not all have names them."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for seed, warnings in by_seed.items():
        for warning in warnings:
            first = found.setdefault((warning["kind"], warning["message"]), {**warning, "seeds": []})
            first["seeds"].append(seed)
    for warning in found.values():
        seeds = warning["seeds"]
        if len(seeds) < len(by_seed):
            whose = f"Seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
            warning["message"] = f"{whose}: {warning['message']}"
    return list(found.values())
