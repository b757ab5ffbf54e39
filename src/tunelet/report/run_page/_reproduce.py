"""The machine and versions of a run, and the command that trains it again."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from tunelet._words import bytes_in_words, counted
from tunelet.recipe import dump_recipe, dump_settings
from tunelet.report._document import Code, Folded, Section, Text, facts_table
from tunelet.run import Run, RunGroup, choices_in_words

_SHOWN_OTHERWISE = ("schema_version", "choices", "checkpoint", "memory_bytes")


def environment_section(run: Run) -> Section:
    """The checkpoint, every choice with its reason, the machine and the versions."""
    environment = run.environment
    rows = [
        (name, f"{choice.value} ({choice.reason})") for name, choice in choices_in_words(environment.choices).items()
    ]
    checkpoint = environment.checkpoint
    rows.insert(0, ("model", f"{checkpoint.name} ({checkpoint.origin}), SHA-256 {checkpoint.weights_sha256}"))
    rows.append(("memory", bytes_in_words(environment.memory_bytes)))
    rows += [(name, _value(value)) for name, value in environment.to_dict().items() if name not in _SHOWN_OTHERWISE]
    return Section("Environment", (facts_table(rows, "What it ran on, and what was chosen"),))


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(inner)}" for key, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def reproduce_section(group: RunGroup) -> Section:
    """The command that trains the model again, and the recipe that it needs."""
    run = group.runs[0]
    seeds = [each.recipe.training.seed for each in group.runs]
    threads = run.environment.threads
    counted_threads = counted(threads, "thread") if threads else "as many threads"
    return Section(
        "Reproduce",
        (
            Text("Take recipe.toml of the run folder (report.html shows it, too), and type:"),
            Code(training_call(run, seeds, "recipe.toml")),
            Text(
                f"On the same processor with the same versions and {counted_threads} the result is the same, bit for "
                "bit. The data is the same where the fingerprints (SHA-256) under Data are."
            ),
            Text("Settings that are not tunelet's defaults:"),
            Code(dump_settings(run.recipe)),
            Folded("recipe.toml", dump_recipe(run.recipe)),
        ),
    )


def training_call(run: Run, seeds: Sequence[int], recipe: str, out: str | None = None) -> str:
    """The command that trains a run again, or the Python call where its data was no file.

    Args:
        run: the run, or that of one of the seeds.
        seeds: all seeds.
        recipe: name of the recipe's file.
        out: the folder of the new run; None: the usual one.
    """
    source, test, unlabelled = run.data.source, run.data.test_source, run.data.unlabelled
    several = ",".join(map(str, seeds)) if len(seeds) > 1 else ""
    if source == run.data.format:  # rows in memory have no other name
        call = f"train_seeds(rows, ({several.replace(',', ', ')}), " if several else "train(rows, "
        held = ("test=test_rows, " if test else "") + ("unlabelled=texts, " if unlabelled else "")
        place = f', out="{out}"' if out else ""
        return f'import tunelet\ntunelet.{call}{held}recipe="{recipe}"{place})  # rows: a {source}'
    words = ["tunelet", "train", source, *(["--test", test] if test else [])]
    words += [*(["--unlabelled", unlabelled.source] if unlabelled else []), "--recipe", recipe]
    words += [*(["--seeds", several] if several else []), *(["--out", out] if out else [])]
    return shlex.join(words)
