"""Finished runs side by side on the same test texts: what `tunelet compare` finds, as one record."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tunelet._arguments import checked
from tunelet.comparison._outcomes import Outcomes, outcomes
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
from tunelet.run import Run, RunGroup

BASELINE = "baseline"
_CHOSEN = (
    "These are validation texts, on which each run's best epoch was chosen, and flatter all of them a little: "
    "train with --test DATA for a comparison that does not."
)


@dataclass(frozen=True)
class Comparison:
    """What several runs come to on the same texts.

    Attributes:
        groups: what was compared, each a run or several seeds of one.
        names: theirs, all different, in the same order.
        record: measured, as strict JSON: `models`, `pairs`, `outcomes` (of the texts, for each pair of single runs),
            `verdicts`, `n`, `evaluated_on`.
    """

    groups: tuple[RunGroup, ...]
    names: tuple[str, ...]
    record: dict[str, Any]

    @property
    def pairs(self) -> list[Pair]:
        """Every two of them, the baseline among them."""
        return [Pair.from_dict(flat) for flat in self.record["pairs"]]

    @property
    def verdicts(self) -> list[str]:
        """In plain sentences: every two runs, then who does not beat its baseline."""
        return list(self.record["verdicts"])

    @property
    def outcomes(self) -> list[Outcomes | None]:
        """For each of `pairs` how often both, one or neither is right; None: several seeds."""
        return [None if flat is None else Outcomes(**flat) for flat in self.record["outcomes"]]


@checked
def compare(runs: Sequence[str | Path | Run | RunGroup], *, resamples: int = 2000, seed: int = 0) -> Comparison:
    """Compare runs that were measured on the same texts.

    Args:
        runs: two or more: folders, of a run or of several seeds, or what `train` returned.
        resamples: paired draws of the texts, for correlations.
        seed: of the bootstrap.

    Raises:
        RunError: fewer than two, or one that is no finished run.
        DataError: they were measured on different texts, or know different labels; fewer than one draw.
    """
    if isinstance(runs, str | bytes) or not isinstance(runs, Iterable):
        raise RunError(f"expected two runs or more, found {type(runs).__name__}", "pass a list of runs or folders")
    groups = tuple(RunGroup.given(run) for run in runs)
    if len(groups) < 2:
        raise RunError(f"expected two runs or more to compare, found {len(groups)}", "tunelet compare RUN RUN")
    if len({group.path.resolve() for group in groups}) < len(groups):
        raise RunError("the same run was named twice", "name different runs")
    names = _names(groups)
    evaluated_on = _check_texts(groups, names)
    ids = groups[0].runs[0].predictions.ids  # the texts are the same ones; what the others call them does not matter
    predictions = {
        name: [_with_ids(run.predictions, ids) for run in group.runs] for name, group in zip(names, groups, strict=True)
    }
    baselines = _baselines(groups, names)
    for name, run in baselines.items():
        assert run.baseline_predictions is not None  # noqa: S101
        predictions[name] = [_with_ids(run.baseline_predictions, ids)]
    positive = groups[0].runs[0].summary["positive"]  # all are measured anew, by the first's
    drawn = draw_models(predictions, positive=positive, resamples=resamples, seed=seed)
    trained_on = {_training_texts(run): name for name, run in baselines.items()}
    own = {
        name: trained_on[texts]
        for name, group in zip(names, groups, strict=True)
        if (texts := _training_texts(group.runs[0])) in trained_on
    }
    compared = [*itertools.combinations(names, 2), *((baseline, name) for name, baseline in own.items())]
    pairs = compare_draws(predictions, drawn, compared)
    models = [
        {
            "name": name,
            "kind": "encoder",
            "baseline": own.get(name),
            **_model(group),
            **_measured(predictions[name], drawn[name], positive),
        }
        for name, group in zip(names, groups, strict=True)
    ]
    models += [
        {
            "name": name,
            "kind": "baseline",
            **_baseline_model(run),
            **_measured(predictions[name], drawn[name], positive),
        }
        for name, run in baselines.items()
    ]
    first = groups[0].runs[0]
    record = {
        "evaluated_on": evaluated_on,
        "n": len(ids),
        "positive": positive,
        "label_names": list(first.label_names),
        "resamples": resamples,
        "models": models,
        "pairs": [pair.to_dict() for pair in pairs],
        "outcomes": [_outcomes(predictions[pair.first], predictions[pair.second]) for pair in pairs],
        "verdicts": _verdicts(pairs, baselines) + ([_CHOSEN] if evaluated_on == "validation" else []),
    }
    return Comparison(groups, names, json.loads(json.dumps(record, allow_nan=False)))  # as it is read back


def _names(groups: Sequence[RunGroup]) -> tuple[str, ...]:
    """The models' names where they tell the runs apart, else the folders', else the paths."""
    models = [Path(str(group.runs[0].summary["model"])).name for group in groups]
    for names in (models, [group.name for group in groups]):
        if len(set(names)) == len(names) and not any(name.startswith(BASELINE) for name in names):
            return tuple(names)
    return tuple(str(group.path.resolve()) for group in groups)


def _check_texts(groups: Sequence[RunGroup], names: Sequence[str]) -> str:
    """The part that all were measured on; raises DataError where two were measured on different texts."""
    seen: dict[tuple[str, str], str] = {}
    for name, group in zip(names, groups, strict=True):
        for run in group.runs:
            evaluated_on = str(run.summary["evaluated_on"])
            part = run.data["parts"][evaluated_on]
            source = run.data["test_source"] or run.data["source"]
            told = f"{name} on {part['rows']:,} {evaluated_on} texts of {source}"
            seen.setdefault((evaluated_on, part["sha256"]), told)
    if len(seen) > 1:
        raise DataError(
            f"these runs were measured on different texts, or in another order: {'; '.join(list(seen.values())[:2])}",
            "measure both on the same: train with the same --test DATA, or with the same data and data.split_seed",
        )
    return next(iter(seen))[0]


def _with_ids(predictions: Predictions, ids: tuple[str, ...]) -> Predictions:
    return Predictions(ids, predictions.label_names, predictions.labels, predictions.probabilities)


def _training_texts(run: Run) -> str:
    return str(run.data["parts"]["train"]["sha256"])


def _baselines(groups: Sequence[RunGroup], names: Sequence[str]) -> dict[str, Run]:
    """One run for each set of training texts that a baseline was trained on."""
    found: dict[str, tuple[str, Run]] = {}
    for name, group in zip(names, groups, strict=True):
        for run in group.runs:
            if run.baseline_predictions is not None:
                found.setdefault(_training_texts(run), (name, run))
    if len(found) == 1:
        ((_, run),) = found.values()
        return {BASELINE: run}
    return {f"{BASELINE} of {name}": run for name, run in found.values()}


def _model(group: RunGroup) -> dict[str, Any]:
    first = group.runs[0]
    summaries = [run.summary for run in group.runs]
    costs = [run.evaluation["cost"] for run in group.runs]
    return {
        "runs": [str(run.path) for run in group.runs],
        "seeds": [run.recipe.training.seed for run in group.runs],
        "recipe": first.recipe.name,
        "model": first.summary["model"],
        "random_weights": first.summary["random_weights"],
        "training_texts": first.data["parts"]["train"]["rows"],
        "trainable_parameters": first.summary["trainable_parameters"],
        "total_parameters": first.summary["total_parameters"],
        "train_seconds": _mean([summary["train_seconds"] for summary in summaries]),
        "tokens_per_second": _mean([summary["tokens_per_second"] for summary in summaries]),
        "peak_memory_bytes": max(summary["peak_memory_bytes"] for summary in summaries),
        "saved_bytes": costs[0]["saved_bytes"],
        "base_bytes": costs[0]["base_bytes"],
        "latency_seconds": _mean([cost["latency_seconds"] for cost in costs]),
        "prediction_tokens_per_second": _mean([cost["tokens_per_second"] for cost in costs]),
    }


def _baseline_model(run: Run) -> dict[str, Any]:
    record = run.evaluation["baseline"]
    return {
        "model": record["name"],
        "random_weights": False,
        "training_texts": run.data["parts"]["train"]["rows"],
        "train_seconds": record["seconds"],
    }


def _measured(predictions: Sequence[Predictions], drawn: SeedDraws, positive: str | None) -> dict[str, Any]:
    return {
        "metrics": summarise(drawn).to_dict(),
        "curves": [curve_records(found, positive) for found in predictions],
        "reliability": [asdict(found) for found in reliability(predictions)],
    }


def _outcomes(first: Sequence[Predictions], second: Sequence[Predictions]) -> dict[str, int] | None:
    return asdict(outcomes(first[0], second[0])) if len(first) == len(second) == 1 else None


def _verdicts(pairs: Sequence[Pair], baselines: Mapping[str, Run]) -> list[str]:
    """Every two models first, for that is what was asked; then who fails against its baseline."""
    warnings = [against_baseline(pair, len(pairs)) for pair in pairs if pair.first in baselines]
    rest = [verdict(pair, len(pairs)) for pair in pairs if pair.first not in baselines]
    return rest + [warning for warning in warnings if warning is not None]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
