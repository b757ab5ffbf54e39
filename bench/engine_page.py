"""Tables of what `bench/engine.py` measured, for docs/performance.md."""

import statistics
from typing import Any

from measured import where

from tunelet.bench._tables import Table

_WANTED = (0.82, 0.83, 0.84, 0.85, 0.86)

_PRECISION = """\
## Accuracy by precision

    {command}

The 2k recipe with MiniLM: 1,000 reviews to train on, 1,000 to validate; validation accuracy and log loss.
*stock* is `transformers.Trainer` with PEFT and `bf16=True`: the same split, initial weights, rates and epochs; dropout
as the config has it, grouped by length. *stock, same order* has tunelet's batches and, like tunelet, no dropout. Both
cut long texts at their end, as tokenizers do; *same cut* is tunelet in bfloat16 doing so (`data.truncation = "head"`).
The others are tunelet by precision as the recipe has it: of a long text they keep the end too. The epoch with the
lowest validation loss counts in all.

{trained}

tunelet's models on {n:,} reviews of the official training part that none of them saw: accuracy and log loss by seed,
the mean accuracy, and its difference from float32 in points, seed by seed in brackets.

{measured}

The same float32 adapters predicting in the other precisions, review by review, with McNemar's exact test:

{same}

{where}
"""

_LAYERS = """\
## Adapters in the upper half

    {command}

The layers below the adapters never change: what they make of each review is computed once and kept in a file. Three
epochs; seconds from the start of training to the end of each epoch's validation, and its validation accuracy.

{each}

Seconds to the end of the first epoch that reaches an accuracy, by seed:

{reached}

{where}
"""

_SCALING = """\
## Size of the data

Training steps of MiniLM (batches of 16) over memory-mapped caches of texts with the lengths of IMDb reviews, and a
validation of 200 texts. An epoch's time is tokens over rate; memory is that of the process without mapped files.

{sizes}
"""


def write_up(found: dict[str, Any]) -> list[str]:
    """A section for each experiment that was made."""
    made = {
        _precision: ("precision", "stock", "stock_same_order", "same_cut"),
        _layers: ("layers",),
        _scaling: ("scaling",),
    }
    return [section(*(found[name] for name in names)) for section, names in made.items() if all(map(found.get, names))]


def _precision(
    precision: dict[str, Any],
    stock: list[dict[str, Any]],
    same_order: list[dict[str, Any]],
    same_cut: list[dict[str, Any]],
) -> str:
    others = {"stock": stock, "stock, same order": same_order, "same cut": same_cut}
    runs = [run | {"precision": name} for name, measured in others.items() for run in measured] + precision["runs"]
    names = list(dict.fromkeys(run["precision"] for run in runs))
    seeds = [run["seed"] for run in stock]
    by_seed = {seed: {run["precision"]: run["result"] for run in runs if run["seed"] == seed} for seed in seeds}
    trained = [
        [seed, *(f"{results[name]['accuracy']:.3f}, {results[name]['log_loss']:.3f}" for name in names)]
        for seed, results in by_seed.items()
    ]
    spreads = []
    for name in names:
        values = [results[name]["accuracy"] for results in by_seed.values()]
        spreads.append(f"{statistics.mean(values):.4f} ± {statistics.stdev(values):.4f}")
    held_out = precision["held_out"]
    accuracies = [[100 * seed["accuracy"] for seed in model["seeds"]] for model in held_out]
    measured = []
    for model, values in zip(held_out, accuracies, strict=True):
        apart = [value - reference for value, reference in zip(values, accuracies[0], strict=True)]
        measured.append(
            [
                model["trained"],
                model["predicts"],
                *(f"{seed['accuracy']:.4f}, {seed['log_loss']:.3f}" for seed in model["seeds"]),
                f"{model['accuracy']:.4f}",
                f"{statistics.mean(apart):+.2f} ({', '.join(f'{value:+.2f}' for value in apart)})",
            ]
        )
    same = []
    for pair in precision["same_adapters"]:
        low, high = (100 * bound for bound in pair["intervals"]["accuracy"])
        points = f"{100 * pair['differences']['accuracy']:+.2f} [{low:+.2f}, {high:+.2f}]"
        same.append([pair["seed"], pair["second"], f"{pair['agreement']:.1%}", points, f"{pair['mcnemar']['p']:.2f}"])
    numbered = [f"seed {seed}" for seed in seeds]
    return _PRECISION.format(
        command=" ".join(precision["runs"][0]["command"]),
        trained=_table(["seed", *names], [*trained, ["mean ± deviation", *spreads]]),
        n=held_out[0]["n"],
        measured=_table(["trained in", "predicts in", *numbered, "mean", "against float32"], measured),
        same=_table(["seed", "predicts in", "same label", "accuracy, points", "p"], same),
        where=where(precision["runs"][0]),
    )


def _layers(runs: list[dict[str, Any]]) -> str:
    names = {run["layers"]: f"the upper {run['layers']} layers" if run["layers"] else "all layers" for run in runs}
    epochs = range(len(runs[0]["epochs"]))
    each = [
        [
            run["seed"],
            names[run["layers"]],
            *(f"{one['seconds']:.0f} s: {one['accuracy']:.3f}" for one in run["epochs"]),
        ]
        for run in runs
    ]
    reached = [
        [f"{wanted:.2f}", *(", ".join(_until(run, wanted) for run in runs if run["layers"] == key) for key in names)]
        for wanted in _WANTED
    ]
    return _LAYERS.format(
        command=" ".join(runs[-1]["command"]),
        each=_table(["seed", "adapters in", *(f"epoch {number + 1}" for number in epochs)], each),
        reached=_table(["accuracy of", *(f"adapters in {name}" for name in names.values())], reached),
        where=where(runs[0]),
    )


def _until(run: dict[str, Any], accuracy: float) -> str:
    """Seconds to the end of the first epoch that has it."""
    return next((f"{one['seconds']:.0f} s" for one in run["epochs"] if one["accuracy"] >= accuracy), "never")


def _scaling(sizes: list[dict[str, Any]]) -> str:
    rows = [
        [
            f"{size['texts']:,}",
            f"{size['tokens']:,}",
            f"{size['tokens_per_second']:,.0f}",
            f"{size['epoch_seconds']:,.0f} s",
            f"{size['private_bytes'] / 2**30:.2f}",
        ]
        for size in sizes
    ]
    return _SCALING.format(sizes=_table(["texts", "tokens", "tokens/s", "an epoch", "memory, GiB"], rows))


def _table(headings: list[str], rows: list[list[Any]]) -> str:
    return Table("", tuple(headings), tuple(tuple(map(str, row)) for row in rows), words=len(headings)).markdown()
