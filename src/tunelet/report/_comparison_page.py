"""The report of a comparison: what `compare` found, told and drawn."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from tunelet._words import bytes_in_words, duration, interval
from tunelet.comparison import Comparison
from tunelet.evaluation import Pair, metric_words, p_value
from tunelet.recipe import dump_recipe
from tunelet.report import _figures as figures
from tunelet.report._canvas import Figure
from tunelet.report._document import Block, Code, Document, Figures, Section, Table, Text
from tunelet.report._figures import Point
from tunelet.report.run_page import curve_lines, kappa_in_words, training_call

Model = Mapping[str, Any]


def comparison_document(comparison: Comparison) -> Document:
    """All that there is to say about runs on the same texts."""
    record = comparison.record
    models: list[Model] = record["models"]
    random = [model["name"] for model in models if model["random_weights"]]
    findings = list(comparison.verdicts)
    if random:
        findings.append(
            f"{' and '.join(random)} began with random weights: nothing is said here about the pretrained model."
        )
    best = max(models, key=lambda model: model["metrics"]["accuracy"])
    return Document(
        title=" against ".join(comparison.names),
        subtitle=(
            f"{record['n']:,} {record['evaluated_on']} texts, labels {', '.join(record['label_names'][:8])}; "
            f"{record['resamples']:,} paired bootstrap draws"
        ),
        findings=tuple(findings),
        figures_of_merit={
            model["name"]: _accuracy(model) + (" (highest)" if model is best else "") for model in models
        },
        sections=(
            _compared(comparison),
            _results(record, models),
            _differences(comparison),
            _cost(models),
            _limits(comparison),
            _environment(comparison),
            _reproduce(comparison),
        ),
    )


def _compared(comparison: Comparison) -> Section:
    header = ("name", "encoder", "recipe", "seeds", "training texts")
    rows = tuple(
        (
            model["name"],
            model["model"] + (" (random weights)" if model["random_weights"] else ""),
            model.get("recipe", ""),
            ", ".join(map(str, model.get("seeds", []))),
            f"{model['training_texts']:,}",
        )
        for model in comparison.record["models"]
    )
    text = "All were measured on the very same texts, none of which any of them was trained on."
    if any(model["kind"] == "baseline" for model in comparison.record["models"]):
        text += (
            " The baseline is TF-IDF with logistic regression; each encoder is compared with the one that was trained "
            "on its own training texts."
        )
    return Section("What is compared", (Text(text), Table(header, rows, "Models", words=4)))


def _results(record: Mapping[str, Any], models: Sequence[Model]) -> Section:
    several = any(len(model.get("seeds", [])) > 1 for model in models)
    rows = tuple(
        (words, *(_cell(model["metrics"], name, several=several) for model in models))
        for name, words in metric_words(record["positive"]).items()
    )
    caption = "95 % intervals over texts" + (" and seeds; ± is the deviation over seeds" if several else "")
    return Section(
        "Results",
        (
            Table(("metric", *(model["name"] for model in models)), rows, f"{caption}."),
            Figures(tuple(_overlays(record, models))),
        ),
    )


def _overlays(record: Mapping[str, Any], models: Sequence[Model]) -> list[Figure]:
    found = [figures.bars("accuracy", "Accuracy", _accuracies(models), "accuracy, 95 % interval")]
    lines = _lines(models, "roc")
    if lines:
        about = f" of {record['positive']!r}" if record["positive"] else ", mean of all labels against the rest"
        found.append(figures.roc("roc", lines, about))
    lines = _lines(models, "precision_recall") if record["positive"] else []
    if lines:
        share = models[0]["curves"][0][0]["share"]
        found.append(figures.precision_recall("precision-recall", lines, f" of {record['positive']!r}", share))
    found.append(figures.calibration("reliability", {model["name"]: model["reliability"] for model in models}))
    return found


def _lines(models: Sequence[Model], kind: str) -> list[figures.Line]:
    """The first curve of each seed: of the positive label, or the mean of all."""
    return [
        figures.Line(model["name"], line.curve, dashed=model["kind"] == "baseline")
        for model in models
        for seed in model["curves"]
        for line in curve_lines(seed, kind)[:1]
    ]


def _differences(comparison: Comparison) -> Section:
    pairs = comparison.pairs
    rows = tuple(
        (
            f"{pair.second} less {pair.first}",
            *(_difference(pair, name) for name in ("accuracy", "roc_auc", "log_loss", "ece")),
            _test(pair),
            f"{pair.agreement:.1%}",
            kappa_in_words(pair),
        )
        for pair in pairs
    )
    header = ("pair", "accuracy", "ROC AUC", "log loss", "calibration error", "p", "agree", "kappa")
    correction = f", corrected for {len(pairs)} comparisons (Holm)" if len(pairs) > 1 else ""
    caption = (
        "Differences with paired 95 % bootstrap intervals, and p of McNemar's exact test; with several seeds "
        f"both are Student's, over texts and seeds{correction}; how often both give the same label, and Cohen's kappa"
    )
    points = [
        Point(
            f"{pair.second} less {pair.first}",
            100 * pair.differences["accuracy"],
            (100 * pair.intervals["accuracy"][0], 100 * pair.intervals["accuracy"][1]),
        )
        for pair in pairs
    ]
    return Section(
        "Differences",
        (
            Table(header, rows, caption),
            Figures((figures.differences("differences", points, "points of accuracy, 95 % interval"),)),
        ),
    )


def _cost(models: Sequence[Model]) -> Section:
    rows = tuple(
        (
            model["name"],
            _or_nothing(model, "trainable_parameters", "{:,}"),
            _or_nothing(model, "total_parameters", "{:,}"),
            duration(model["train_seconds"]),
            _or_nothing(model, "tokens_per_second", "{:,.0f}"),
            bytes_in_words(model["peak_memory_bytes"]) if "peak_memory_bytes" in model else "",
            bytes_in_words(model["base_bytes"] + model["saved_bytes"]) if "base_bytes" in model else "",
            f"{1000 * model['latency_seconds']:.1f} ms" if "latency_seconds" in model else "",
        )
        for model in models
    )
    header = ("name", "trained", "parameters", "training", "tokens/s", "peak memory", "on disk", "one text")
    caption = "Training as it ran, on the machine named below; one text from tokens to probabilities"
    blocks: list[Block] = [Table(header, rows, caption)]
    encoders = [model for model in models if "total_parameters" in model]
    charts = [
        _against(encoders, "total_parameters", "parameters", "Accuracy against size"),
        _against(models, "train_seconds", "seconds of training", "Accuracy against training time"),
        _against(encoders, "latency_seconds", "seconds a text", "Accuracy against the cost of a prediction"),
    ]
    blocks.append(Figures(tuple(chart for chart in charts if chart is not None)))
    return Section("Cost", tuple(blocks))


def _against(models: Sequence[Model], key: str, across: str, title: str) -> Figure | None:
    points = [
        Point(model["name"], model["metrics"]["accuracy"], _bounds(model, "accuracy"), float(model[key]))
        for model in models
        if model.get(key)
    ]
    return figures.against_cost(key.replace("_", "-"), title, points, across) if points else None


def _limits(comparison: Comparison) -> Section:
    models = comparison.record["models"]
    texts = [
        "The figures hold for texts like these. Two models that cannot be told apart here may differ on others.",
    ]
    if comparison.record["evaluated_on"] == "validation":
        texts.append(
            "There were no test texts: each run's best epoch was chosen on the very texts that are compared here, "
            "which flatters all of them a little."
        )
    if all(len(model.get("seeds", [0])) == 1 for model in models):
        texts.append(
            "Each model was trained once; another seed would give other figures. --seeds 1,2,3 shows how much."
        )
    sizes = {model["training_texts"] for model in models}
    if len(sizes) > 1:
        texts.append("The runs were not trained on equally many texts.")
    machines = {str(group.runs[0].environment["processor"]) for group in comparison.groups}
    if len(machines) > 1:
        texts.append("They were trained on different machines: times and memory cannot be compared.")
    return Section("Limits", tuple(Text(text) for text in texts))


def _environment(comparison: Comparison) -> Section:
    rows = []
    for name, group in zip(comparison.names, comparison.groups, strict=True):
        environment = group.runs[0].environment
        versions = environment["versions"]
        packages = ", ".join(
            f"{package} {versions[package]}" for package in ("tunelet", "torch", "transformers", "peft")
        )
        precision = environment["choices"]["precision"]["value"]
        where = f"{environment['processor']}, {environment['cores']} cores, {precision}"
        rows.append((name, where, packages))
    return Section("Environment", (Table(("name", "machine", "versions"), tuple(rows), "What they ran on", words=3),))


def _reproduce(comparison: Comparison) -> Section:
    blocks: list[Block] = [Text("Save the recipes below under these names, and type:")]
    commands, recipes, folders = [], [], []
    for number, group in enumerate(comparison.groups, start=1):
        run = group.runs[0]
        recipe, out = f"recipe-{number}.toml", f"again/{number}"
        call = training_call(run, [found.recipe.training.seed for found in group.runs], recipe)
        commands.append(f"{call} --out {out}" if call.startswith("tunelet") else call)
        recipes.append(Code(f"# {recipe}\n{dump_recipe(run.recipe)}"))
        folders.append(out)
    commands.append(shlex.join(["tunelet", "compare", *folders]))
    return Section("Reproduce", (*blocks, Code("\n".join(commands)), *recipes))


def _accuracies(models: Sequence[Model]) -> list[Point]:
    return [Point(model["name"], model["metrics"]["accuracy"], _bounds(model, "accuracy")) for model in models]


def _accuracy(model: Model) -> str:
    low, high = _bounds(model, "accuracy") or (None, None)
    value = f"{model['metrics']['accuracy']:.3f}"
    return value if low is None else f"{value} [{low:.3f}, {high:.3f}]"


def _bounds(model: Model, name: str) -> tuple[float, float] | None:
    found = model["metrics"][f"{name}_ci"]
    return None if found is None else (found[0], found[1])


def _cell(metrics: Mapping[str, Any], name: str, *, several: bool) -> str:
    if metrics[name] is None:
        return "undefined"
    deviation = metrics[f"{name}_sd"]
    spread = f" ± {deviation:.4f}" if several and deviation is not None else ""
    return f"{metrics[name]:.4f}{spread} [{interval(metrics[f'{name}_ci']).replace(' to ', ', ')}]"


def _difference(pair: Pair, name: str) -> str:
    value = pair.differences[name]
    if value != value:
        return "undefined"
    return f"{value:+.4f} [{interval(pair.intervals[name], signed=True).replace(' to ', ', ')}]"


def _test(pair: Pair) -> str:
    return p_value(pair.p_adjusted).removeprefix("p = ").removeprefix("p ")


def _or_nothing(model: Model, key: str, form: str) -> str:
    return form.format(model[key]) if key in model else ""
