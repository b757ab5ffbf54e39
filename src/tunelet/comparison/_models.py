"""The models of a comparison, and what each of them came to and costs: runs, seeds of one, and their baselines."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tunelet.comparison._record import ComparedModel, Rival
from tunelet.evaluation import SeedDraws, curves_of, reliability_of, summarised
from tunelet.run import Run, RunGroup, any_rivals_of

BASELINES: dict[Rival, str] = {"baseline": "TF-IDF", "probe": "probe"}  # key of `evaluation.json` -> name


def model_names(groups: Sequence[RunGroup]) -> tuple[str, ...]:
    """The models' names where they tell the runs apart, else the folders', else the paths."""
    models = [Path(group.runs[0].facts.model).name for group in groups]
    for names in (models, [group.name for group in groups]):
        taken = any(name == known or name.startswith(f"{known} of ") for name in names for known in BASELINES.values())
        if len(set(names)) == len(names) and not taken:
            return tuple(names)
    return tuple(str(group.path.resolve()) for group in groups)


def baselines_of(key: Rival, groups: Sequence[RunGroup], names: Sequence[str]) -> dict[str, Run]:
    """One run for each different baseline of a kind, by the baseline's name.

    The name has no run's name in it where all runs share one baseline. A run that is its own probe has none.
    """
    fitted: dict[tuple[str, ...], tuple[str, Run]] = {}
    for name, group in zip(names, groups, strict=True):
        for run in group.runs:
            if key in any_rivals_of(run):
                fitted.setdefault(_fitted_on(run, key), (name, run))
    if len(fitted) == 1 and all(_fitted_on(group.runs[0], key) in fitted for group in groups):
        ((_, run),) = fitted.values()
        return {BASELINES[key]: run}
    return {f"{BASELINES[key]} of {name}": run for name, run in fitted.values()}


def own_baselines(
    key: str, baselines: Mapping[str, Run], groups: Sequence[RunGroup], names: Sequence[str]
) -> dict[str, str]:
    """Name of a model -> name of its own baseline of a kind, fitted to the same texts; a kept probe has no probe."""
    known = {_fitted_on(run, key): name for name, run in baselines.items()}
    beside = {}
    for name, group in zip(names, groups, strict=True):
        first = group.runs[0]
        kept = first.any_evaluation.kept
        is_it = kept.name == key and not kept.blend
        if not is_it and (fitted := _fitted_on(first, key)) in known:
            beside[name] = known[fitted]
    return beside


def compared_model(
    name: str, group: RunGroup, beside: Mapping[str, str | None], drawn: SeedDraws, positive: str | None
) -> ComparedModel:
    """A run or several seeds of one.

    Args:
        name: in the comparison.
        group: the runs.
        beside: the names of its baselines, by kind.
        drawn: its metrics on the texts and on resamples of them.
        positive: the positive label; None: there is none.
    """
    first = group.runs[0]
    facts = [run.facts for run in group.runs]
    costs = [run.any_evaluation.cost for run in group.runs]
    return ComparedModel(
        name=name,
        kind="encoder",
        baseline=beside["baseline"],
        probe=beside["probe"],
        runs=tuple(str(run.path) for run in group.runs),
        seeds=tuple(run.recipe.training.seed for run in group.runs),
        recipe=first.recipe.name,
        model=first.facts.model,
        random_weights=first.facts.random_weights,
        training_texts=first.data.parts["train"].rows,
        trainable_parameters=first.facts.trainable_parameters,
        total_parameters=first.facts.total_parameters,
        train_seconds=_mean([each.train_seconds for each in facts]),
        tokens_per_second=_mean([each.tokens_per_second for each in facts]),
        peak_memory_bytes=max(each.peak_memory_bytes for each in facts),
        saved_bytes=costs[0].saved_bytes,
        base_bytes=costs[0].base_bytes,
        latency_seconds=_mean([cost.latency_seconds for cost in costs]),
        prediction_tokens_per_second=_mean([cost.tokens_per_second for cost in costs]),
        **_measured(drawn, positive),
    )


def baseline_model(name: str, run: Run, key: Rival, drawn: SeedDraws, positive: str | None) -> ComparedModel:
    """A baseline of a run; the arguments are those of `compared_model`."""
    rival = any_rivals_of(run)[key]
    return ComparedModel(
        name=name,
        kind=key,
        model=rival.name,
        random_weights=key == "probe" and run.facts.random_weights,
        training_texts=run.data.parts["train"].rows,
        train_seconds=rival.seconds,
        **_measured(drawn, positive),
    )


def chosen_here(run: Run) -> str:
    """What a run chose on its validation texts, with its verb: "epoch and model were"."""
    chosen = [
        *([] if run.facts.folds else ["epoch"]),
        *(["thresholds"] if run.data.task.value == "multilabel" else []),
        "model",
    ]
    if len(chosen) == 1:
        return f"{chosen[0]} was"
    return f"{', '.join(chosen[:-1])} and {chosen[-1]} were"


def _measured(drawn: SeedDraws, positive: str | None) -> dict[str, Any]:
    """What the predictions came to."""
    return {
        "metrics": summarised(drawn),
        "by_label": _by_label(drawn),
        "curves": tuple(curves_of(predictions, positive) for predictions in drawn.predictions),
        "reliability": reliability_of(drawn.predictions),
    }


def _by_label(drawn: SeedDraws) -> dict[str, float | None]:
    """Several labels a text: the F1 of each, the mean over the seeds."""
    seeds = [getattr(metrics, "per_label", ()) for metrics in drawn.plain]
    found: dict[str, float | None] = {}
    for rows in zip(*seeds, strict=True):
        values = [row.f1 for row in rows if row.f1 is not None]
        found[rows[0].label] = _mean(values) if values else None
    return found


def _fitted_on(run: Run, key: str) -> tuple[str, ...]:
    """What a baseline of a run depends on: its training texts; of the probe, also the encoder and what it reads."""
    texts = run.data.parts["train"].sha256
    if key == "baseline":
        return (texts,)
    encoder, recipe = run.environment.checkpoint.weights_sha256, run.recipe
    reads = (recipe.model.pooling, str(recipe.model.layers))
    windows = (recipe.data.window_overlap, recipe.data.max_windows) if recipe.data.truncation == "windows" else ()
    return (texts, str(encoder), *reads, str(run.data.tokens.max_length), recipe.data.truncation, *map(str, windows))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
