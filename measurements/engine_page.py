"""Tables of what `measurements/engine.py` measured, for docs/performance.md."""

import statistics
from typing import Any

from measured import environment_line

from tunelet.bench import Table

_STEPS_A_RECORD = 10  # between losses of Trainer (measurements/trainer.py) and of tunelet's history
_WANTED = (0.82, 0.83, 0.84, 0.85, 0.86)

_PRECISION = """\
## Accuracy by precision

    {command}

The 2k recipe with MiniLM: 1,000 reviews to train on, 1,000 to validate; validation accuracy and log loss.
*Trainer* is `transformers.Trainer` with PEFT: the same split, initial weights, rates, batch size and epochs;
`bf16=True`, grouped by length, dropout as the config has it, long texts cut at their end. The others are tunelet by
precision as the recipe has it: dropout before the head alone, and of a long text the end is kept too. The epoch with
the lowest validation loss counts in all.

{trained}

The next table takes these differences out: all cut long texts at their end, see the same batches and have no dropout.
Its last row is the largest difference from Trainer's training loss with the same seed, in means of {steps} steps over
all {total}. Measured at {same_order_commit} by

    python measurements/engine.py ../shared/imdb --out measurements/engine.json --only same_order

{same_order}

tunelet's models on {n:,} reviews of the official training part that none of them saw: accuracy and log loss by seed,
the mean accuracy, and its difference from float32 in points, seed by seed in brackets.

{measured}

The same float32 adapters predicting in the other precisions, review by review, with McNemar's exact test:

{same}

{environment}
"""

_LAYERS = """\
## Adapters in the upper half

    {command}

The layers below the adapters never change: what they make of each review is computed once and kept in a file. Three
epochs; seconds from the start of training to the end of each epoch's validation, and its validation accuracy.

{each}

Seconds to the end of the first epoch that reaches an accuracy, by seed:

{reached}

{environment}
"""

_SCALING = """\
## Size of the data

Training steps of MiniLM (batches of 16) over memory-mapped caches of texts with the lengths of IMDb reviews, and a
validation of 200 texts. An epoch's time is tokens over rate; memory is that of the process without mapped files.

{sizes}

{environment}
"""


_PROFILE = """\
## Where a training step goes

DistilBERT with random weights, LoRA on the query and value projections, batches of 16 texts with the lengths of IMDb
reviews; shares of a step's time by PyTorch's profiler, with a clock around each function of `kernels/native/`.

{parts}

{environment}
"""


def write_up(found: dict[str, Any]) -> list[str]:
    """A section for each experiment that was made."""
    made = {
        _precision: ("precision", "stock", "same_order"),
        _layers: ("layers",),
        _profile: ("profile",),
        _scaling: ("scaling",),
    }
    return [section(*(found[name] for name in names)) for section, names in made.items() if all(map(found.get, names))]


def _precision(precision: dict[str, Any], stock: list[dict[str, Any]], same_order: list[dict[str, Any]]) -> str:
    seeds = [run["seed"] for run in stock]
    trained = _by_seed({"Trainer": stock, **_grouped(precision["runs"], "precision")})
    paired = _grouped(same_order, "by", "precision")
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
    records = len(same_order[0]["losses"])
    return _PRECISION.format(
        command=" ".join(precision["runs"][0]["command"]),
        trained=trained,
        same_order=_by_seed(paired, _losses_apart(paired)),
        same_order_commit=same_order[0]["commit"],
        steps=_STEPS_A_RECORD,
        total=_STEPS_A_RECORD * records,
        n=held_out[0]["n"],
        measured=_table(["trained in", "predicts in", *numbered, "mean", "against float32"], measured),
        same=_table(["seed", "predicts in", "same label", "accuracy, points", "p"], same),
        environment=environment_line(precision["runs"][0]),
    )


def _grouped(runs: list[dict[str, Any]], *keys: str) -> dict[str, list[dict[str, Any]]]:
    """The runs by what `keys` say of them, in the order in which they come first."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        groups.setdefault(" ".join(run[key] for key in keys), []).append(run)
    return groups


def _by_seed(runs: dict[str, list[dict[str, Any]]], *last: list[str]) -> str:
    """Accuracy and log loss by seed, a column for each kind of run; mean and deviation; then rows as given."""
    rows: list[list[Any]] = []
    for same_seed in zip(*runs.values(), strict=True):
        seed = same_seed[0]["seed"]
        rows.append([seed])
        for run in same_seed:
            if run["seed"] != seed:
                raise ValueError(f"expected runs of seed {seed}, found {run['seed']}")
            rows[-1].append(f"{run['result']['accuracy']:.3f}, {run['result']['log_loss']:.3f}")
    spreads = []
    for measured in runs.values():
        values = [run["result"]["accuracy"] for run in measured]
        spreads.append(f"{statistics.mean(values):.4f} ± {statistics.stdev(values):.4f}")
    return _table(["seed", *runs], [*rows, ["mean ± deviation", *spreads], *last])


def _losses_apart(runs: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Of each kind of run, the largest difference of a training loss from the first kind's with the same seed."""
    first, *others = runs.values()
    apart = [
        max(
            abs(one - other)
            for run, reference in zip(measured, first, strict=True)
            for one, other in zip(run["losses"], reference["losses"], strict=True)
        )
        for measured in others
    ]
    return ["training loss apart by", "", *(f"{value:.1e}" for value in apart)]


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
        environment=environment_line(runs[0]),
    )


def _until(run: dict[str, Any], accuracy: float) -> str:
    """Seconds to the end of the first epoch that has it."""
    return next((f"{one['seconds']:.0f} s" for one in run["epochs"] if one["accuracy"] >= accuracy), "never")


def _profile(steps: list[dict[str, Any]]) -> str:
    rows = [
        [name, *(f"{step['parts'][name]:.1%}" for step in steps)]
        for name in sorted(steps[0]["parts"], key=lambda name: -steps[0]["parts"][name])
    ]
    took = [f"{step['milliseconds_watched']:,.0f} ms ({step['milliseconds']:,.0f} ms)" for step in steps]
    headings = ["part", *(step["precision"] for step in steps)]
    return _PROFILE.format(
        parts=_table(headings, [*rows, ["a step (without the profiler)", *took]]),
        environment=environment_line(steps[0]),
    )


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
    return _SCALING.format(
        sizes=_table(["texts", "tokens", "tokens/s", "an epoch", "memory, GiB"], rows),
        environment=environment_line(sizes[0]),
    )


def _table(headings: list[str], rows: list[list[Any]]) -> str:
    return Table("", tuple(headings), tuple(tuple(map(str, row)) for row in rows), words=len(headings)).markdown()
