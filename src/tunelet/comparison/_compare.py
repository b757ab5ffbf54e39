"""Finished runs side by side on the same test texts: what `tunelet compare` finds, as one record."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tunelet.errors import DataError, RunError
from tunelet.evaluation import (
    Pair,
    Predictions,
    against_baseline,
    compare_predictions,
    curve_records,
    measure_seeds,
    reliability,
    verdict,
)
from tunelet.run import Run, RunGroup

BASELINE = "baseline"


@dataclass(frozen=True)
class Comparison:
    """What several runs come to on the same texts.

    Attributes:
        groups: what was compared, each a run or several seeds of one.
        names: theirs, all different, in the same order.
        record: measured, as strict JSON: `models`, `pairs`, `verdicts`, `n`, `evaluated_on`.
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
        """In plain sentences; a model that does not beat the baseline first."""
        return list(self.record["verdicts"])


def compare(runs: Sequence[str | Path | Run | RunGroup], *, resamples: int = 2000, seed: int = 0) -> Comparison:
    """Compare runs that were measured on the same texts.

    Args:
        runs: two or more: folders, of a run or of several seeds, or what `train` returned.
        resamples: draws of the paired bootstrap.
        seed: of the bootstrap.

    Raises:
        RunError: fewer than two, or one that is no finished run.
        DataError: they were measured on different texts, or know different labels.
    """
    groups = tuple(_group(run) for run in runs)
    if len(groups) < 2:
        raise RunError(f"expected two runs or more to compare, found {len(groups)}", "tunelet compare RUN RUN")
    if len({group.path.resolve() for group in groups}) < len(groups):
        raise RunError("the same run was named twice", "name different runs")
    names = _names(groups)
    _check_texts(groups, names)
    predictions = {
        name: [_sorted(run.predictions) for run in group.runs] for name, group in zip(names, groups, strict=True)
    }
    first = groups[0].runs[0]
    baseline = next((run for group in groups for run in group.runs if run.baseline_predictions is not None), None)
    if baseline is not None:
        assert baseline.baseline_predictions is not None  # noqa: S101
        predictions[BASELINE] = [_sorted(baseline.baseline_predictions)]
    pairs = compare_predictions(predictions, resamples=resamples, seed=seed)
    models = [
        _model(name, group, predictions[name], resamples, seed) for name, group in zip(names, groups, strict=True)
    ]
    if baseline is not None:
        models.append(_baseline_model(baseline, predictions[BASELINE], resamples, seed))
    record = {
        "evaluated_on": first.summary["evaluated_on"],
        "n": len(predictions[names[0]][0]),
        "positive": first.summary["positive"],
        "label_names": list(first.label_names),
        "resamples": resamples,
        "models": models,
        "pairs": [pair.to_dict() for pair in pairs],
        "verdicts": _verdicts(pairs),
    }
    return Comparison(groups, names, json.loads(json.dumps(record, allow_nan=False)))  # as it is read back


def _group(run: str | Path | Run | RunGroup) -> RunGroup:
    if isinstance(run, RunGroup):
        return run
    return RunGroup(run.path, (run,)) if isinstance(run, Run) else RunGroup.load(run)


def _names(groups: Sequence[RunGroup]) -> tuple[str, ...]:
    """The models' names where they tell the runs apart, else the folders', else the paths."""
    models = [Path(str(group.runs[0].summary["model"])).name for group in groups]
    for names in (models, [group.name for group in groups]):
        if len(set(names)) == len(names) and BASELINE not in names:
            return tuple(names)
    return tuple(str(group.path) for group in groups)


def _check_texts(groups: Sequence[RunGroup], names: Sequence[str]) -> None:
    """Raises DataError where two were measured on different texts."""
    seen: dict[str, str] = {}
    for name, group in zip(names, groups, strict=True):
        for run in group.runs:
            part = run.data["parts"][run.summary["evaluated_on"]]
            source = run.data["test_source"] or run.data["source"]
            told = f"{name} on {part['rows']:,} {run.summary['evaluated_on']} texts of {source}"
            seen.setdefault(part["sha256"], told)
    if len(seen) > 1:
        raise DataError(
            f"these runs were measured on different texts: {'; '.join(list(seen.values())[:2])}",
            "measure both on the same: train with the same --test DATA, or with the same data and data.split_seed",
        )


def _sorted(predictions: Predictions) -> Predictions:
    """By id: the same texts stand in the same order, whatever order they were read in."""
    order = np.argsort(np.asarray(predictions.ids), kind="stable")
    return Predictions(
        tuple(predictions.ids[row] for row in order),
        predictions.label_names,
        predictions.labels[order],
        predictions.probabilities[order],
    )


def _model(name: str, group: RunGroup, predictions: Sequence[Predictions], resamples: int, seed: int) -> dict[str, Any]:
    first = group.runs[0]
    summaries = [run.summary for run in group.runs]
    costs = [run.evaluation["cost"] for run in group.runs]
    return {
        "name": name,
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
        **_measured(predictions, resamples, seed),
    }


def _baseline_model(run: Run, predictions: Sequence[Predictions], resamples: int, seed: int) -> dict[str, Any]:
    record = run.evaluation["baseline"]
    return {
        "name": BASELINE,
        "model": record["name"],
        "random_weights": False,
        "training_texts": run.data["parts"]["train"]["rows"],
        "train_seconds": record["seconds"],
        **_measured(predictions, resamples, seed),
    }


def _measured(predictions: Sequence[Predictions], resamples: int, seed: int) -> dict[str, Any]:
    first = predictions[0]
    pooled = Predictions(
        tuple(name for found in predictions for name in found.ids),
        first.label_names,
        np.concatenate([found.labels for found in predictions]),
        np.concatenate([found.probabilities for found in predictions]),
    )
    return {
        "metrics": measure_seeds(predictions, resamples=resamples, seed=seed).to_dict(),
        "curves": [curve_records(found) for found in predictions],
        "reliability": [asdict(found) for found in reliability(pooled)],
    }


def _verdicts(pairs: Sequence[Pair]) -> list[str]:
    """Who fails against the baseline first, then every two models."""
    warnings, rest = [], []
    for pair in pairs:
        if BASELINE not in (pair.first, pair.second):
            rest.append(verdict(pair, len(pairs)))
            continue
        warning = against_baseline(pair if pair.first == BASELINE else pair.reversed())
        if warning is not None:
            warnings.append(warning)
    return warnings + rest


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
