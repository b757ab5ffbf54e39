"""What the figures do not say, what the runs ran on, and what to type to do it again."""

import shlex

from tunelet.comparison import Comparison, chosen_here
from tunelet.recipe import dump_recipe
from tunelet.report._document import Block, Code, Folded, Section, Table, Text
from tunelet.report.run_page import training_call

_IMPORT = "import tunelet\n"


def limits_section(comparison: Comparison) -> Section:
    """The section on how these figures may mislead."""
    models = comparison.record.models
    texts = [
        "The figures hold for texts like these. Two models that cannot be told apart here may differ on others.",
    ]
    if comparison.record.evaluated_on == "validation":
        chosen = chosen_here(comparison.groups[0].runs[0])
        texts.append(
            f"There were no test texts: each run's {chosen} chosen on the very texts that are compared here, which "
            "flatters all of them a little."
        )
    if all(len(model.seeds or (0,)) == 1 for model in models):
        texts.append(
            "Each model was trained once; another seed would give other figures. --seeds 1,2,3 shows how much."
        )
    sizes = {model.training_texts for model in models}
    if len(sizes) > 1:
        texts.append("The runs were not trained on equally many texts.")
    machines = {group.runs[0].environment.processor for group in comparison.groups}
    if len(machines) > 1:
        texts.append("They were trained on different machines: times and memory cannot be compared.")
    return Section("Limits", tuple(Text(text) for text in texts))


def environment_section(comparison: Comparison) -> Section:
    """Machines and versions, runs with the same ones in one row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for name, group in zip(comparison.names, comparison.groups, strict=True):
        environment = group.runs[0].environment
        versions = environment.versions
        packages = ", ".join(
            f"{package} {versions[package]}" for package in ("tunelet", "torch", "transformers", "peft")
        )
        precision = environment.choices.precision.value
        ran_on = f"{environment.processor_in_words}, {precision}"
        rows.setdefault((ran_on, packages), []).append(name)
    cells = tuple((", ".join(names), ran_on, packages) for (ran_on, packages), names in rows.items())
    return Section("Environment", (Table(("runs", "machine", "versions"), cells, "What they ran on", words=3),))


def reproduce_section(comparison: Comparison) -> Section:
    """The commands that train and compare the models again, and the recipes that they need."""
    commands: list[str] = []
    recipes, folders = [], []
    for number, group in enumerate(comparison.groups, start=1):
        run = group.runs[0]
        recipe, out = f"recipe-{number}.toml", f"again/{number}"
        call = training_call(run, [seed.recipe.training.seed for seed in group.runs], recipe, out)
        commands.append(call.removeprefix(_IMPORT) if any(line.startswith(_IMPORT) for line in commands) else call)
        recipes.append(Folded(f"{recipe}: {comparison.names[number - 1]}", dump_recipe(run.recipe)))
        folders.append(out)
    commands.append(shlex.join(["tunelet", "compare", *folders]))
    intro = "Take recipe.toml of each run folder under the names below (report.html shows them, too), and type:"
    blocks: tuple[Block, ...] = (Text(intro), Code("\n".join(commands)), *recipes)
    return Section("Reproduce", blocks)
