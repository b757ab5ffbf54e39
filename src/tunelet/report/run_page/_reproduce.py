"""What it ran on, and what to type to train it again."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from tunelet.recipe import dump_recipe
from tunelet.report._document import Code, Section, Text, facts_table
from tunelet.run import Run, RunGroup


def environment_section(run: Run) -> Section:
    """Machine, versions, choices with their reasons."""
    environment = run.environment
    rows = [(name, f"{choice['value']} ({choice['reason']})") for name, choice in environment["choices"].items()]
    checkpoint = environment["checkpoint"]
    rows.insert(0, ("model", f"{checkpoint['name']} ({checkpoint['origin']}), SHA-256 {checkpoint['weights_sha256']}"))
    rows += [(name, _value(value)) for name, value in environment.items() if name not in ("choices", "checkpoint")]
    return Section("Environment", (facts_table(rows, "What it ran on, and what was chosen"),))


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(inner)}" for key, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def reproduce_section(group: RunGroup) -> Section:
    """The command and the recipe."""
    run = group.runs[0]
    seeds = [each.recipe.training.seed for each in group.runs]
    return Section(
        "Reproduce",
        (
            Text("Save the recipe below as recipe.toml, or take that of the run folder, and type:"),
            Code(training_call(run, seeds, "recipe.toml")),
            Text(
                "On the same processor with the same versions and "
                f"{run.environment.get('threads', 'as many')} threads the result is the same, bit for bit. The data is "
                "the same where the fingerprints (SHA-256) under Data are."
            ),
            Code(dump_recipe(run.recipe)),
        ),
    )


def training_call(run: Run, seeds: Sequence[int], recipe: str) -> str:
    """What to type, or to call where the data was no file, to train it again."""
    source, test = str(run.data["source"]), run.data["test_source"]
    several = ",".join(map(str, seeds)) if len(seeds) > 1 else ""
    if source == run.data["format"]:  # rows in memory have no other name
        call = f"train_seeds(rows, ({several.replace(',', ', ')}), " if several else "train(rows, "
        held = "test=test_rows, " if test else ""
        return f'import tunelet\ntunelet.{call}{held}recipe="{recipe}")  # rows: a {source}'
    words = ["tunelet", "train", source, *(["--test", str(test)] if test else []), "--recipe", recipe]
    return shlex.join([*words, *(["--seeds", several] if several else [])])
