"""Finished runs side by side on the same test texts: the result of `tunelet compare`, as one record."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tunelet._arguments import checked
from tunelet.comparison._models import (
    BASELINES,
    baseline_model,
    baselines_of,
    chosen_here,
    compared_model,
    model_names,
    own_baselines,
)
from tunelet.comparison._outcomes import Outcomes, outcomes
from tunelet.comparison._record import ComparisonRecord, Rival
from tunelet.errors import DataError, RunError
from tunelet.evaluation import AnyPair, AnyPredictions, baseline_verdict, compare_models, draw_models, pair_verdict
from tunelet.run import EvaluatedOn, Run, RunGroup, Summary, measured_on


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
    def pairs(self) -> tuple[AnyPair, ...]:
        """The comparison of every two runs, and of each run with its baselines."""
        return self.record.pairs

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The results in plain sentences: every two runs, then each run that does not beat its baselines."""
        return self.record.verdicts

    @property
    def outcomes(self) -> tuple[Outcomes | None, ...]:
        """For each of `pairs`, how often both, one or neither is right; None: several seeds, or numbers."""
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
    names = model_names(groups)
    _check_shapes(groups, names)
    evaluated_on = _check_texts(groups, names)
    baselines = {key: baselines_of(key, groups, names) for key in BASELINES}
    predictions = _all_predictions(groups, names, baselines)
    first = groups[0].runs[0]
    # All runs are measured again, with the positive label of the first.
    positive = first.facts.positive if isinstance(first.facts, Summary) else None
    drawn = draw_models(predictions, positive=positive, resamples=resamples, seed=seed)
    own = {key: own_baselines(key, named, groups, names) for key, named in baselines.items()}
    compared = [
        *itertools.combinations(names, 2),
        *((baseline, name) for beside in own.values() for name, baseline in beside.items()),
    ]
    pairs = compare_models(predictions, drawn, compared, resamples=resamples, seed=seed)
    models = [
        compared_model(name, group, {key: beside.get(name) for key, beside in own.items()}, drawn[name], positive)
        for name, group in zip(names, groups, strict=True)
    ]
    models += [
        baseline_model(name, run, key, drawn[name], positive)
        for key, named in baselines.items()
        for name, run in named.items()
    ]
    verdicts = _verdicts(pairs, names) + ([_chosen_on_these(first)] if evaluated_on == "validation" else [])
    record = ComparisonRecord(
        task=first.data.task.value,
        evaluated_on=evaluated_on,
        folds=first.facts.folds,
        n=len(first.any_predictions),
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
) -> dict[str, list[AnyPredictions]]:
    """The predictions of each run's seeds and of each baseline, by name, all with the ids of the first run.

    The texts are the same; other runs may have other ids for them.
    """
    ids = groups[0].runs[0].any_predictions.ids
    predictions: dict[str, list[AnyPredictions]] = {
        name: [replace(run.any_predictions, ids=ids) for run in group.runs]
        for name, group in zip(names, groups, strict=True)
    }
    for key, named in baselines.items():
        for name, run in named.items():
            of_baseline = run.rival_predictions(key)
            assert of_baseline is not None  # noqa: S101
            predictions[name] = [replace(of_baseline, ids=ids)]
    return predictions


def _check_shapes(groups: Sequence[RunGroup], names: Sequence[str]) -> None:
    """Raise DataError where the labels of two runs have different shapes, so that no figure is common to both."""
    tasks = {group.runs[0].data.task.value: name for name, group in zip(names, groups, strict=True)}
    if len(tasks) > 1:
        (one, first), (other, second), *_ = tasks.items()
        raise DataError(
            f"the labels of {first} are {one}, those of {second} {other}",
            f"train both with the same shape: settings={{'data.task': {one!r}}}",
        )


def _check_texts(groups: Sequence[RunGroup], names: Sequence[str]) -> EvaluatedOn:
    """The split that all runs were measured on. Raises DataError where two were measured on different texts."""
    seen: dict[tuple[EvaluatedOn, str], str] = {}
    for name, group in zip(names, groups, strict=True):
        for run in group.runs:
            evaluated_on = run.facts.evaluated_on
            texts = run.data.parts[evaluated_on]
            source = run.data.test_source or run.data.source
            measured = f"{name} on {texts.rows:,} {measured_on(run.facts)} texts of {source}"
            seen.setdefault((evaluated_on, texts.sha256), measured)
    if len(seen) > 1:
        raise DataError(
            f"these runs were measured on different texts, or in another order: {'; '.join(list(seen.values())[:2])}",
            "measure both on the same: train with the same test='DATA', or with the same data, data.validation and "
            "data.split_seed",
        )
    return next(iter(seen))[0]


def _outcomes(first: Sequence[AnyPredictions], second: Sequence[AnyPredictions]) -> Outcomes | None:
    return outcomes(first[0], second[0]) if len(first) == len(second) == 1 else None


def _verdicts(pairs: Sequence[AnyPair], names: Sequence[str]) -> list[str]:
    """The verdicts on every two models, which is the user's question; then each model that fails to beat a baseline."""
    warnings = [baseline_verdict(pair, len(pairs)) for pair in pairs if pair.first not in names]
    rest = [pair_verdict(pair, len(pairs)) for pair in pairs if pair.first in names]
    return rest + [warning for warning in warnings if warning is not None]


def _chosen_on_these(run: Run) -> str:
    return (
        f"These are {measured_on(run.facts)} texts, on which each run's {chosen_here(run)} chosen, and flatter all of "
        "them a little: train with --test DATA for a comparison that does not."
    )
