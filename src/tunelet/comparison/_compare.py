"""Finished runs side by side on the same test texts: the result of `tunelet compare`, as one record."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tunelet._arguments import checked
from tunelet.comparison._outcomes import Outcomes, outcomes
from tunelet.comparison._record import ComparedModel, ComparisonRecord, Rival
from tunelet.errors import DataError, RunError
from tunelet.evaluation import (
    Pair,
    Predictions,
    SeedDraws,
    against_baseline,
    compare_draws,
    curve_records,
    draw_models,
    reliability,
    summarise,
    verdict,
)
from tunelet.run import EvaluatedOn, Run, RunGroup, measured_on, rivals_of

BASELINES: dict[Rival, str] = {"baseline": "TF-IDF", "probe": "probe"}  # key of `evaluation.json` -> name


@dataclass(frozen=True)
class Comparison:
    """Several runs, compared on the same texts.

    >>> comparison = tunelet.compare(["runs/first", "runs/second"])
    >>> comparison.names, comparison.record.evaluated_on
    (('first', 'second'), 'test')

    Attributes:
        groups: the runs that were compared, each a run or several seeds of one.
        names: their names, all different, in the same order.
        record: what was measured, as `comparison.json` has it.
    """

    groups: tuple[RunGroup, ...]
    names: tuple[str, ...]
    record: ComparisonRecord

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The comparison of every two runs, and of each run with its baselines."""
        return self.record.pairs

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The results in plain sentences: every two runs, then each run that does not beat its baselines."""
        return self.record.verdicts

    @property
    def outcomes(self) -> tuple[Outcomes | None, ...]:
        """For each of `pairs`, how often both, one or neither is right; None: several seeds."""
        return self.record.outcomes


@checked
def compare(runs: Sequence[str | Path | Run | RunGroup], *, resamples: int = 2000, seed: int = 0) -> Comparison:
    """Compare runs that were measured on the same texts: every two of them, and each with its baselines.

    >>> comparison = tunelet.compare(["runs/first", "runs/second"], resamples=200)
    >>> len(comparison.verdicts) > 0
    True

    Args:
        runs: two or more: folders, of a run or of several seeds, or what `train` returned.
        resamples: paired draws of the texts, for correlations.
        seed: of the bootstrap.

    Raises:
        RunError: fewer than two, or one that is no finished run.
        DataError: they were measured on different texts, or know different labels; fewer than one draw.
    """
    groups = _groups(runs)
    names = _names(groups)
    evaluated_on = _check_texts(groups, names)
    baselines = {key: _baselines(key, groups, names) for key in BASELINES}
    predictions = _all_predictions(groups, names, baselines)
    first = groups[0].runs[0]
    positive = first.summary.positive  # all runs are measured again, with the positive label of the first
    drawn = draw_models(predictions, positive=positive, resamples=resamples, seed=seed)
    own = {key: _own(key, named, groups, names) for key, named in baselines.items()}
    compared = [
        *itertools.combinations(names, 2),
        *((baseline, name) for beside in own.values() for name, baseline in beside.items()),
    ]
    pairs = compare_draws(predictions, drawn, compared)
    models = [
        _model(name, group, {key: beside.get(name) for key, beside in own.items()}, drawn[name], positive)
        for name, group in zip(names, groups, strict=True)
    ]
    models += [
        _baseline_model(name, run, key, drawn[name], positive)
        for key, named in baselines.items()
        for name, run in named.items()
    ]
    verdicts = _verdicts(pairs, names) + ([_chosen_on_these(first)] if evaluated_on == "validation" else [])
    record = ComparisonRecord(
        evaluated_on=evaluated_on,
        folds=first.summary.folds,
        n=len(first.predictions),
        positive=positive,
        label_names=first.label_names,
        resamples=resamples,
        models=tuple(models),
        pairs=tuple(pairs),
        outcomes=tuple(_outcomes(predictions[pair.first], predictions[pair.second]) for pair in pairs),
        verdicts=tuple(verdicts),
    )
    return Comparison(groups, names, record)


def _groups(runs: Sequence[str | Path | Run | RunGroup]) -> tuple[RunGroup, ...]:
    """Load the runs to compare. Raises RunError where these are not two or more different ones."""
    if isinstance(runs, str | bytes) or not isinstance(runs, Iterable):
        raise RunError(f"expected two runs or more, found {type(runs).__name__}", "pass a list of runs or folders")
    groups = tuple(RunGroup.given(run) for run in runs)
    if len(groups) < 2:
        raise RunError(f"expected two runs or more to compare, found {len(groups)}", "tunelet compare RUN RUN")
    if len({group.path.resolve() for group in groups}) < len(groups):
        raise RunError("the same run was named twice", "name different runs")
    return groups


def _all_predictions(
    groups: Sequence[RunGroup], names: Sequence[str], baselines: Mapping[Rival, Mapping[str, Run]]
) -> dict[str, list[Predictions]]:
    """The predictions of each run's seeds and of each baseline, by name, all with the ids of the first run.

    The texts are the same; other runs may have other ids for them.
    """
    ids = groups[0].runs[0].predictions.ids
    predictions = {
        name: [_with_ids(run.predictions, ids) for run in group.runs] for name, group in zip(names, groups, strict=True)
    }
    for key, named in baselines.items():
        for name, run in named.items():
            of_baseline = _predictions(run, key)
            assert of_baseline is not None  # noqa: S101
            predictions[name] = [_with_ids(of_baseline, ids)]
    return predictions


def _names(groups: Sequence[RunGroup]) -> tuple[str, ...]:
    """The models' names where they tell the runs apart, else the folders', else the paths."""
    models = [Path(group.runs[0].summary.model).name for group in groups]
    for names in (models, [group.name for group in groups]):
        taken = any(name == known or name.startswith(f"{known} of ") for name in names for known in BASELINES.values())
        if len(set(names)) == len(names) and not taken:
            return tuple(names)
    return tuple(str(group.path.resolve()) for group in groups)


def _check_texts(groups: Sequence[RunGroup], names: Sequence[str]) -> EvaluatedOn:
    """The split that all runs were measured on. Raises DataError where two were measured on different texts."""
    seen: dict[tuple[EvaluatedOn, str], str] = {}
    for name, group in zip(names, groups, strict=True):
        for run in group.runs:
            evaluated_on = run.summary.evaluated_on
            texts = run.data.parts[evaluated_on]
            source = run.data.test_source or run.data.source
            measured = f"{name} on {texts.rows:,} {measured_on(run.summary)} texts of {source}"
            seen.setdefault((evaluated_on, texts.sha256), measured)
    if len(seen) > 1:
        raise DataError(
            f"these runs were measured on different texts, or in another order: {'; '.join(list(seen.values())[:2])}",
            "measure both on the same: train with the same test='DATA', or with the same data, data.validation and "
            "data.split_seed",
        )
    return next(iter(seen))[0]


def _with_ids(predictions: Predictions, ids: tuple[str, ...]) -> Predictions:
    return Predictions(ids, predictions.label_names, predictions.labels, predictions.probabilities)


def _fitted_on(run: Run, key: str) -> tuple[str, ...]:
    """What a baseline of a run depends on: its training texts; of the probe, also the encoder and what it reads."""
    texts = run.data.parts["train"].sha256
    if key == "baseline":
        return (texts,)
    encoder, recipe = run.environment.checkpoint.weights_sha256, run.recipe
    reads = (recipe.model.pooling, str(recipe.model.layers))
    windows = (recipe.data.window_overlap, recipe.data.max_windows) if recipe.data.truncation == "windows" else ()
    return (texts, str(encoder), *reads, str(run.data.tokens.max_length), recipe.data.truncation, *map(str, windows))


def _predictions(run: Run, key: str) -> Predictions | None:
    return run.baseline_predictions if key == "baseline" else run.probe_predictions


def _baselines(key: Rival, groups: Sequence[RunGroup], names: Sequence[str]) -> dict[str, Run]:
    """One run for each different baseline of a kind, by the baseline's name.

    The name has no run's name in it where all runs share one baseline. A run that is its own probe has none.
    """
    fitted: dict[tuple[str, ...], tuple[str, Run]] = {}
    for name, group in zip(names, groups, strict=True):
        for run in group.runs:
            if key in rivals_of(run):
                fitted.setdefault(_fitted_on(run, key), (name, run))
    if len(fitted) == 1 and all(_fitted_on(group.runs[0], key) in fitted for group in groups):
        ((_, run),) = fitted.values()
        return {BASELINES[key]: run}
    return {f"{BASELINES[key]} of {name}": run for name, run in fitted.values()}


def _own(key: str, baselines: Mapping[str, Run], groups: Sequence[RunGroup], names: Sequence[str]) -> dict[str, str]:
    """Name of a model -> name of its own baseline of a kind, fitted to the same texts; a kept probe has no probe."""
    known = {_fitted_on(run, key): name for name, run in baselines.items()}
    beside = {}
    for name, group in zip(names, groups, strict=True):
        first = group.runs[0]
        is_it = first.evaluation.kept.name == key and not first.evaluation.kept.blend
        if not is_it and (fitted := _fitted_on(first, key)) in known:
            beside[name] = known[fitted]
    return beside


def _model(
    name: str, group: RunGroup, beside: Mapping[str, str | None], drawn: SeedDraws, positive: str | None
) -> ComparedModel:
    first = group.runs[0]
    summaries = [run.summary for run in group.runs]
    costs = [run.evaluation.cost for run in group.runs]
    return ComparedModel(
        name=name,
        kind="encoder",
        baseline=beside["baseline"],
        probe=beside["probe"],
        runs=tuple(str(run.path) for run in group.runs),
        seeds=tuple(run.recipe.training.seed for run in group.runs),
        recipe=first.recipe.name,
        model=first.summary.model,
        random_weights=first.summary.random_weights,
        training_texts=first.data.parts["train"].rows,
        trainable_parameters=first.summary.trainable_parameters,
        total_parameters=first.summary.total_parameters,
        train_seconds=_mean([summary.train_seconds for summary in summaries]),
        tokens_per_second=_mean([summary.tokens_per_second for summary in summaries]),
        peak_memory_bytes=max(summary.peak_memory_bytes for summary in summaries),
        saved_bytes=costs[0].saved_bytes,
        base_bytes=costs[0].base_bytes,
        latency_seconds=_mean([cost.latency_seconds for cost in costs]),
        prediction_tokens_per_second=_mean([cost.tokens_per_second for cost in costs]),
        metrics=summarise(drawn),
        curves=tuple(curve_records(predictions, positive) for predictions in drawn.predictions),
        reliability=reliability(drawn.predictions),
    )


def _baseline_model(name: str, run: Run, key: Rival, drawn: SeedDraws, positive: str | None) -> ComparedModel:
    rival = run.evaluation.rivals[key]
    return ComparedModel(
        name=name,
        kind=key,
        model=rival.name,
        random_weights=key == "probe" and run.summary.random_weights,
        training_texts=run.data.parts["train"].rows,
        train_seconds=rival.seconds,
        metrics=summarise(drawn),
        curves=tuple(curve_records(predictions, positive) for predictions in drawn.predictions),
        reliability=reliability(drawn.predictions),
    )


def _outcomes(first: Sequence[Predictions], second: Sequence[Predictions]) -> Outcomes | None:
    return outcomes(first[0], second[0]) if len(first) == len(second) == 1 else None


def _verdicts(pairs: Sequence[Pair], names: Sequence[str]) -> list[str]:
    """The verdicts on every two models, which is the user's question; then each model that fails to beat a baseline."""
    warnings = [against_baseline(pair, len(pairs)) for pair in pairs if pair.first not in names]
    rest = [verdict(pair, len(pairs)) for pair in pairs if pair.first in names]
    return rest + [warning for warning in warnings if warning is not None]


def _chosen_on_these(run: Run) -> str:
    chosen = "model was" if run.summary.folds else "epoch and model were"
    return (
        f"These are {measured_on(run.summary)} texts, on which each run's {chosen} chosen, and flatter all of them a "
        "little: train with --test DATA for a comparison that does not."
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
