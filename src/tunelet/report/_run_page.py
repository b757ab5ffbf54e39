"""The report of one run: its folder, read and told. Nothing is computed here that the folder does not hold."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tunelet._words import bytes_in_words, duration, interval, points
from tunelet.evaluation import METRIC_NAMES, METRIC_WORDS, Pair, against_baseline, aim_in_words, verdict
from tunelet.recipe import dump_recipe
from tunelet.report import _figures as figures
from tunelet.report._canvas import Figure
from tunelet.report._document import Block, Code, Document, Figures, Quotes, Section, Table, Text, facts_table, quote
from tunelet.run import Run, RunGroup


def run_document(run: Run) -> Document:
    """All that there is to say about a finished run."""
    summary = run.summary
    return Document(
        title=f"{summary['model']} on {run.data['source']}",
        subtitle=(
            f"{len(run.label_names)} labels ({_listed(run.label_names)}), {summary['n']:,} {_part(run)} texts, "
            f"recipe {run.recipe.name}, seed {run.recipe.training.seed}"
        ),
        findings=tuple(_findings(run)),
        figures_of_merit={
            "accuracy": _with_interval(summary, "accuracy"),
            **({"ROC AUC": _with_interval(summary, "roc_auc")} if summary["roc_auc"] is not None else {}),
            "log loss": _with_interval(summary, "log_loss"),
            "training": duration(summary["train_seconds"]),
        },
        sections=tuple(
            section
            for section in (
                _question(run),
                _data(run),
                _method(run),
                _results(run),
                _baseline(run),
                _errors(run),
                Section("Cost", (_cost(run),)),
                _limits(run),
                _environment(run),
                _reproduce(run),
            )
            if section is not None
        ),
    )


def group_document(group: RunGroup) -> Document:
    """A run, or several seeds of one: what they came to together, then the first of them in full."""
    first = run_document(group.runs[0])
    if len(group.runs) == 1:
        return first
    summary = group.summary
    seeds = ", ".join(map(str, summary["seeds"]))
    rows = tuple(
        (METRIC_WORDS[name], _number(summary[name]), _number(summary[f"{name}_sd"]), interval(summary[f"{name}_ci"]))
        for name in METRIC_NAMES
    )
    mean = (
        f"Over {len(group.runs)} seeds the mean accuracy is {points(summary['accuracy'])}, with a deviation of "
        f"{100 * summary['accuracy_sd']:.1f} points."
    )
    section = Section(
        "Seeds",
        (
            Text(
                f"Trained with the seeds {seeds} on the same split; each came to an accuracy of "
                f"{', '.join(f'{value:.4f}' for value in summary['accuracies'])}. The interval speaks of other texts "
                f"and of another seed. What follows is the run with seed {summary['seeds'][0]}."
            ),
            Table(("metric", "mean", "deviation", "95 % interval"), rows, f"{summary['n']:,} texts"),
        ),
    )
    question, *rest = first.sections
    return replace(first, findings=(mean, *first.findings), sections=(question, section, *rest))


def _findings(run: Run) -> list[str]:
    summary, baseline = run.summary, run.evaluation["baseline"]
    found = []
    if baseline is not None:
        pair = Pair.from_dict(baseline["pair"])
        if (warning := against_baseline(pair)) is not None:
            found.append(warning)
    if summary["random_weights"]:
        found.append("The encoder began with random weights: these figures say nothing about the pretrained model.")
    bounds = summary["accuracy_ci"]
    between = f" (95 % interval {points(bounds[0])} to {points(bounds[1])})" if bounds else ""
    found.append(
        f"{summary['model']} names the right label for {points(summary['accuracy'])} of {summary['n']:,} "
        f"{_part(run)} texts{between}."
    )
    if baseline is not None and not any("baseline" in line for line in found):
        found.append(verdict(Pair.from_dict(baseline["pair"])))
    return found


def _question(run: Run) -> Section:
    names = run.label_names
    text = (
        f"Which of {len(names)} labels ({_listed(names)}) belongs to a text? {run.summary['model']} was adapted to "
        f"answer that from {run.data['parts']['train']['rows']:,} labelled texts; here is how well it does, on texts "
        "that it was not trained on."
    )
    return Section("Question", (Text(text),))


def _data(run: Run) -> Section:
    data = run.data
    rows = [
        (name, f"{part['rows']:,}", *(f"{part['labels'].get(label, 0):,}" for label in run.label_names[:8]))
        for name, part in data["parts"].items()
    ]
    header = ("part", "texts", *(label for label in run.label_names[:8]))
    blocks: list[Block] = [
        Text(
            f"Source: {data['source']} ({data['format']}). Texts come from column "
            f"{data['text_column']['value']!r} ({data['text_column']['reason']})"
            + (
                f", labels from {data['label_column']['value']!r} ({data['label_column']['reason']})."
                if data["label_column"]
                else "."
            )
            + (f" Test texts: {data['test_source']}." if data["test_source"] else "")
        ),
        Table(header, tuple(rows), "Texts by part and label"),
    ]
    if data["dropped"]:
        dropped = tuple((reason, f"{rows:,}") for reason, rows in data["dropped"].items())
        blocks.append(Table(("left out because", "rows"), dropped, "Rows that were not used"))
    else:
        blocks.append(Text("No row was left out: no copies, no leaks between parts, no contradicting labels."))
    blocks += [Text(f"{note[0].upper()}{note[1:]}.") for note in data["notes"]]
    return Section("Data", tuple(blocks))


def _method(run: Run) -> Section:
    recipe, summary = run.recipe, run.summary
    adapter, training = recipe.adapter, recipe.training
    share = summary["trainable_parameters"] / summary["total_parameters"]
    method = {
        "lora": f"{'DoRA' if adapter.dora else 'LoRA'} (r = {adapter.rank}, alpha = {adapter.alpha:g}) and a new head",
        "head": "a new head alone",
        "full": "every weight",
    }[adapter.method]
    text = (
        f"{method[0].upper()}{method[1:]} were trained: {summary['trainable_parameters']:,} of "
        f"{summary['total_parameters']:,} parameters ({share:.2%}); {training.epochs} epochs of batches of "
        f"{training.batch_size}, AdamW with a peak rate of {training.learning_rate:g} for the adapter and "
        f"{training.head_learning_rate:g} for the head. Texts longer than {recipe.data.max_length} tokens were cut "
        f"({recipe.data.truncation}). The epoch with the best {training.best_metric} on validation texts was kept: "
        f"number {summary['best_epoch']}."
    )
    blocks: list[Block] = [Text(text)]
    steps = [entry for entry in run.history if "loss" in entry]
    epochs = [
        {"epoch": entry["epoch"], "log_loss": entry["validation"]["log_loss"]}
        for entry in run.history
        if "validation" in entry and "log_loss" in entry["validation"]
    ]
    if epochs:
        blocks.append(Figures((figures.history("loss", steps, epochs),)))
    return Section("Method", tuple(blocks))


def _results(run: Run) -> Section:
    summary, evaluation = run.summary, run.evaluation
    about = "" if summary["positive"] is None else f" of {summary['positive']!r}"
    rows = tuple(
        (
            METRIC_WORDS[name] + (about if name in ("precision", "recall", "f1") else ""),
            "undefined" if summary[name] is None else f"{summary[name]:.4f}",
            interval(summary.get(f"{name}_ci")),
        )
        for name in METRIC_NAMES
    )
    blocks: list[Block] = [
        Table(
            ("metric", "value", "95 % interval"),
            rows,
            f"{summary['n']:,} {_part(run)} texts; intervals from {run.recipe.evaluation.resamples:,} stratified "
            "bootstrap draws",
        ),
        Text(
            "The interval of the calibration error leans upwards, for noise within a bin adds to it: with a small "
            "error it may lie above the value."
        ),
        Figures(tuple(_result_figures(run))),
    ]
    blocks += _temperature(evaluation["temperature"])
    blocks += _threshold(evaluation["threshold"])
    if len(run.label_names) > 2:
        classes = tuple(
            (row["label"], f"{row['n']:,}", *(_number(row[key]) for key in ("precision", "recall", "f1", "roc_auc")))
            for row in summary["per_class"]
        )
        header = ("class", "texts", "precision", "recall", "F1", "ROC AUC")
        blocks.append(Table(header, classes, "By class"))
    return Section("Results", tuple(blocks))


def _result_figures(run: Run) -> list[Figure]:
    summary, evaluation = run.summary, run.evaluation
    found = []
    lines = curve_lines(evaluation["curves"], "roc")
    baseline = evaluation["baseline"]
    two = len(run.label_names) == 2
    model = str(summary["model"])
    if two:
        lines = [figures.Line(model, line.curve) for line in lines]
        if baseline is not None:
            lines += [figures.Line("baseline", line.curve, True) for line in curve_lines(baseline["curves"], "roc")]
    if lines:
        found.append(figures.roc("roc", lines, "" if two else ", each label against the rest"))
    lines = curve_lines(evaluation["curves"], "precision_recall")
    share = evaluation["curves"][0]["share"] if two else None
    if two:
        lines = [figures.Line(model, line.curve) for line in lines]
        if baseline is not None:
            others = curve_lines(baseline["curves"], "precision_recall")
            lines += [figures.Line("baseline", line.curve, True) for line in others]
    if lines:
        about = f" of {summary['positive']!r}" if two else ", each label against the rest"
        found.append(figures.precision_recall("precision-recall", lines, about, share))
    if len(run.label_names) <= 30:
        found.append(figures.confusion("confusion", run.label_names, summary["confusion"]["matrix"]))
    scaled = {"as trained": evaluation["reliability"], "temperature scaled": evaluation["temperature"]["reliability"]}
    found.append(figures.calibration("reliability", scaled))
    if len(evaluation["lengths"]) > 1:
        found.append(figures.lengths("lengths", evaluation["lengths"]))
    return found


def curve_lines(curves: Sequence[Mapping[str, Any]], kind: str, most: int = 6) -> list[figures.Line]:
    """Curves that there are, each under its label."""
    found = [
        figures.Line("mean of all labels" if entry["label"] is None else str(entry["label"]), entry[kind])
        for entry in curves
        if entry[kind] is not None
    ]
    return found[:most]


def _temperature(found: Mapping[str, Any]) -> list[Block]:
    before, after = found["before"], found["after"]
    judged = (
        "judged by cross-fitting, for there are no other texts to judge it on"
        if found["cross_fitted"]
        else "judged on the test texts"
    )
    kind = "less" if found["value"] > 1 else "more"
    return [
        Text(
            f"Calibration. A temperature of {found['value']:.3f}, fitted on {found['n']:,} validation texts, makes the "
            f"probabilities {kind} certain; {judged}, the expected calibration error goes from {before['ece']:.4f} to "
            f"{after['ece']:.4f} and the log loss from {before['log_loss']:.4f} to {after['log_loss']:.4f}. No label "
            "changes by it. The figures above are without it."
        )
    ]


def _threshold(found: Mapping[str, Any] | None) -> list[Block]:
    if found is None:
        return []
    half, chosen = found["at_half"], found["at_threshold"]
    rows = tuple(
        (
            name,
            *(_number(entry[key]) for key in ("accuracy", "precision", "recall", "f1")),
            f"{entry['false_positives']:,}",
            f"{entry['false_negatives']:,}",
        )
        for name, entry in (("0.5", half), (f"{found['value']:.4f}", chosen))
    )
    reached = "" if found["reached"] else " That could not be reached on validation texts; this is the nearest."
    return [
        Text(
            f"Threshold. Chosen on validation texts for {aim_in_words(found['aim'], found['positive'])}: a text is "
            f"called {found['positive']!r} from a probability of {found['value']:.4f} on.{reached}"
        ),
        Table(
            ("threshold", "accuracy", "precision", "recall", "F1", "false alarms", "missed"),
            rows,
            f"What a threshold comes to, for {found['positive']!r}",
        ),
    ]


def _baseline(run: Run) -> Section | None:
    baseline = run.evaluation["baseline"]
    if baseline is None:
        return None
    pair = Pair.from_dict(baseline["pair"])
    text = (
        f"TF-IDF of words, word pairs and runs of characters ({baseline['features']:,} features) with logistic "
        f"regression, trained on the same texts in {duration(baseline['seconds'])}; its regularisation "
        f"(C = {baseline['strength']:g}) was chosen on the same validation texts."
    )
    summary = run.summary
    rows = tuple(
        (
            METRIC_WORDS[name],
            _number(summary[name]),
            _number(baseline["metrics"][name]),
            f"{pair.differences[name]:+.4f}" if summary[name] is not None else "",
            interval(pair.intervals[name], signed=True),
        )
        for name in ("accuracy", "f1_macro", "roc_auc", "average_precision", "log_loss", "ece")
    )
    header = ("metric", str(summary["model"]), "baseline", "difference", "95 % interval")
    test = pair.mcnemar
    disagreed = (
        f" On {test.only_second:,} texts the encoder alone is right, on {test.only_first:,} the baseline alone; they "
        f"agree on {pair.agreement:.1%} (kappa {pair.kappa:.2f})."
        if test is not None
        else ""
    )
    told = against_baseline(pair) or verdict(pair)
    caption = "The same texts; intervals from paired bootstrap draws"
    return Section("Baseline", (Text(text), Text(f"{told}{disagreed}", note=True), Table(header, rows, caption)))


def _errors(run: Run) -> Section:
    errors, wrong = run.evaluation["errors"], run.evaluation["wrong"]
    if not wrong:
        return Section("Errors", (Text("Every text was given the right label."),))
    if not errors:
        return Section("Errors", (Text(f"{wrong:,} texts; none is kept (evaluation.errors = 0)."),))
    intro = (
        f"{wrong:,} of {run.summary['n']:,} texts were given a wrong label. These are the {len(errors)} of which the "
        "model was most certain; labels that are wrong in the data often show here."
    )
    quotes = tuple(
        quote(
            f"{entry['label']} in the data, called {entry['predicted']} with {entry['probability']:.1%} "
            f"(text {entry['id']}, {entry['tokens']:,} tokens)",
            entry["text"],
        )
        for entry in errors
    )
    return Section("Errors", (Text(intro), Quotes(quotes)))


def _cost(run: Run) -> Block:
    summary, cost = run.summary, run.evaluation["cost"]
    return facts_table(
        [
            ("training", f"{duration(summary['train_seconds'])}, {summary['tokens_per_second']:,.0f} tokens/s"),
            ("with evaluation", duration(summary["seconds"])),
            ("peak memory", bytes_in_words(summary["peak_memory_bytes"])),
            (
                "one text",
                f"{1000 * cost['latency_seconds']:.1f} ms from tokens on, the median of {cost['latency_texts']} texts",
            ),
            ("many texts", f"{cost['tokens_per_second']:,.0f} tokens/s"),
            (
                "on disk",
                f"{bytes_in_words(cost['saved_bytes'])} of its own"
                + (f", {bytes_in_words(cost['base_bytes'])} of the encoder" if cost["base_bytes"] else ""),
            ),
        ],
        "What it took, and what it takes",
    )


def _limits(run: Run) -> Section:
    summary = run.summary
    found = [
        "These figures hold for texts like those above: another source, year or language may give others.",
    ]
    if summary["evaluated_on"] == "validation":
        found.append(
            "There were no test texts. The epoch, the temperature and the threshold were chosen on the very texts that "
            "are reported on, which flatters the model a little; pass --test DATA for figures that do not."
        )
    if summary["n"] < 1000:
        found.append(f"With {summary['n']:,} texts the intervals are wide: small differences cannot be seen.")
    found.append("One seed: another training would come to somewhat different figures; --seeds 1,2,3 shows how much.")
    if summary["random_weights"]:
        found.append("The encoder's weights were random at the beginning.")
    return Section("Limits", tuple(Text(text) for text in found))


def _environment(run: Run) -> Section:
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


def _reproduce(run: Run) -> Section:
    source, test = run.data["source"], run.data["test_source"]
    words = ["tunelet", "train", str(source), *(["--test", str(test)] if test else []), "--recipe", "recipe.toml"]
    return Section(
        "Reproduce",
        (
            Text("Save the recipe below as recipe.toml, or take that of the run folder, and type:"),
            Code(shlex.join(words)),
            Text("On the same processor with the same versions the result is the same, bit for bit."),
            Code(dump_recipe(run.recipe)),
        ),
    )


def _part(run: Run) -> str:
    return str(run.summary["evaluated_on"])


def _listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"


def _with_interval(summary: Mapping[str, Any], name: str) -> str:
    found = summary.get(f"{name}_ci")
    return f"{summary[name]:.3f}" + ("" if found is None else f" [{found[0]:.3f}, {found[1]:.3f}]")
