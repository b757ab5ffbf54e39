"""The report of a run, or of several seeds: its folder, read and told. No figure is computed here."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tunelet._words import bytes_in_words, counted, duration, interval, number, points
from tunelet.evaluation import Pair, against_baseline, aim_in_words, metric_words, verdict
from tunelet.recipe import dump_recipe
from tunelet.report import _figures as figures
from tunelet.report._canvas import Figure, drawable
from tunelet.report._document import Block, Code, Document, Figures, Quotes, Section, Table, Text, facts_table, quote
from tunelet.run import Run, RunGroup

_MEAN = "mean of all labels"


def group_document(group: RunGroup) -> Document:
    """All that there is to say about a finished run; of several seeds: what they came to together, then the first."""
    run = group.runs[0]
    several = len(group.runs) > 1
    summary = group.summary if several else run.summary
    seeds = ", ".join(str(each.recipe.training.seed) for each in group.runs)
    sections = (
        _question(run),
        _seeds(group) if several else None,
        _data(run),
        _method(run),
        _results(run),
        _baseline(run),
        _errors(run),
        Section("Cost", (_cost(run),)),
        _limits(group),
        _environment(run),
        _reproduce(group),
    )
    return Document(
        title=f"{summary['model']} on {run.data['source']}",
        subtitle=(
            f"{len(run.label_names)} labels ({_listed(run.label_names)}), {run.summary['n']:,} {_part(run)} texts, "
            f"recipe {run.recipe.name}, seed{'s' if several else ''} {seeds}"
        ),
        findings=tuple(_findings_of_seeds(group) if several else _findings(run)),
        figures_of_merit={
            "accuracy": _with_interval(summary, "accuracy"),
            **({"ROC AUC": _with_interval(summary, "roc_auc")} if summary["roc_auc"] is not None else {}),
            "log loss": _with_interval(summary, "log_loss"),
            "training" + (", a seed" if several else ""): duration(summary["train_seconds"]),
        },
        sections=tuple(section for section in sections if section is not None),
    )


def _findings_of_seeds(group: RunGroup) -> list[str]:
    summary, first = group.summary, group.runs[0]
    mean = (
        f"Over {len(group.runs)} seeds the mean accuracy is {points(summary['accuracy'])}, with a deviation of "
        f"{100 * summary['accuracy_sd']:.1f} points."
    )
    return [mean, *(f"Seed {first.recipe.training.seed}: {finding}" for finding in _findings(first))]


def _seeds(group: RunGroup) -> Section:
    summary = group.summary
    rows = tuple(
        (words, number(summary[name]), number(summary[f"{name}_sd"]), interval(summary[f"{name}_ci"]))
        for name, words in metric_words(summary["positive"]).items()
    )
    accuracies = ", ".join(f"{value:.4f}" for value in summary["accuracies"])
    text = (
        f"Trained with the seeds {', '.join(map(str, summary['seeds']))} on the same split; they came to accuracies of "
        f"{accuracies}. The intervals are of the mean over seeds, and speak of other texts and other seeds; with few "
        f"seeds they are wide. What follows is the run with seed {summary['seeds'][0]}."
    )
    table = Table(("metric", "mean", "deviation", "95 % interval"), rows, f"{summary['n']:,} texts")
    return Section("Seeds", (Text(text), table))


def _findings(run: Run) -> list[str]:
    summary, baseline = run.summary, run.evaluation["baseline"]
    pair = None if baseline is None else Pair.from_dict(baseline["pair"])
    warning = None if pair is None else against_baseline(pair)
    found = [] if warning is None else [warning]
    if summary["random_weights"]:
        found.append("The encoder began with random weights: these figures say nothing about the pretrained model.")
    bounds = summary["accuracy_ci"]
    between = f" (95 % interval {points(bounds[0])} to {points(bounds[1])})" if bounds else ""
    found.append(
        f"{summary['model']} names the right label for {points(summary['accuracy'])} of {summary['n']:,} "
        f"{_part(run)} texts{between}."
    )
    if pair is not None and warning is None:
        found.append(verdict(pair))
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
    data, shown = run.data, run.label_names[:8]
    more = len(run.label_names) - len(shown)
    rows = [
        (name, f"{part['rows']:,}", *(f"{part['labels'].get(label, 0):,}" for label in shown), part["sha256"][:12])
        for name, part in data["parts"].items()
    ]
    header = ("part", "texts", *shown, "SHA-256")
    caption = "Texts by part and label" + (f", and {more} more labels" if more else "")
    source = (
        f"Source: {data['source']} ({data['format']}). Texts come from column "
        f"{data['text_column']['value']!r} ({data['text_column']['reason']})"
    )
    if data["label_column"]:
        source += f", labels from {data['label_column']['value']!r} ({data['label_column']['reason']})"
    source += "." + (f" Test texts: {data['test_source']}." if data["test_source"] else "")
    blocks: list[Block] = [Text(source), Table(header, tuple(rows), caption)]
    if data["dropped"]:
        dropped = tuple((reason, f"{rows:,}") for reason, rows in data["dropped"].items())
        blocks.append(Table(("left out because", "rows"), dropped, "Rows that were not used"))
    blocks.append(Text(_audited(run)))
    blocks += [Text(f"{note[0].upper()}{note[1:]}.") for note in data["notes"]]
    return Section("Data", tuple(blocks))


def _audited(run: Run) -> str:
    """What was looked for, whether or not it was found."""
    settings = run.recipe.data
    told = (
        "Empty texts, texts without a label, copies and texts with contradicting labels were looked for and left out"
        if settings.drop_duplicates
        else "Empty texts and texts without a label were left out; copies within the training texts were not looked "
        "for (data.drop_duplicates = false)"
    )
    if run.data["test_source"] or "test" in run.data["parts"]:
        told += "; texts that occur in the test part were taken out of training"
    return f"{told}."


def _method(run: Run) -> Section:
    recipe, summary = run.recipe, run.summary
    adapter, training = recipe.adapter, recipe.training
    share = summary["trainable_parameters"] / summary["total_parameters"]
    name = f"{'DoRA' if adapter.dora else 'LoRA'} (r = {adapter.rank}, alpha = {adapter.alpha:g})"
    method, rates = {
        "lora": (
            f"{name} and a new head were trained",
            f"{training.learning_rate:g} for the adapter and {training.head_learning_rate:g} for the head",
        ),
        "head": ("A new head alone was trained", f"{training.head_learning_rate:g}"),
        "full": ("Every weight was trained", f"{training.full_learning_rate:g}"),
    }[adapter.method]
    planned = f" of {training.epochs} planned" if summary["epochs"] < training.epochs else ""
    text = (
        f"{method}: {summary['trainable_parameters']:,} of {summary['total_parameters']:,} parameters ({share:.2%}); "
        f"{counted(summary['epochs'], 'epoch')}{planned}, of batches of {training.batch_size}, "
        f"AdamW with a peak rate of {rates}. "
        f"{cut_texts(run)} The epoch with the best {training.best_metric} on validation texts was kept: number "
        f"{summary['best_epoch']}."
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


def cut_texts(run: Run) -> str:
    """A sentence on texts that were too long for the model."""
    tokens = run.data["tokens"]
    cut = {name: part["cut"] for name, part in tokens["parts"].items() if part["cut"]}
    if not cut:
        return f"No text was longer than {tokens['max_length']} tokens."
    counts = ", ".join(f"{count:,} {name}" for name, count in cut.items())
    return f"Texts longer than {tokens['max_length']} tokens were cut ({run.recipe.data.truncation}): {counts} texts."


def _results(run: Run) -> Section:
    summary, evaluation = run.summary, run.evaluation
    rows = tuple(
        (words, number(summary[name]), interval(summary.get(f"{name}_ci")))
        for name, words in metric_words(summary["positive"]).items()
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
            (row["label"], f"{row['n']:,}", *(number(row[key]) for key in ("precision", "recall", "f1", "roc_auc")))
            for row in summary["per_class"]
        )
        header = ("class", "texts", "precision", "recall", "F1", "ROC AUC")
        blocks.append(Table(header, classes, "By class"))
        blocks += _confusions(summary["confusion"])
    named = zip(run.label_names, drawable(run.label_names), strict=True)
    if numbered := [(shown, label) for label, shown in named if shown != label]:
        blocks.append(facts_table(numbered, "Labels by their numbers in the figures"))
    return Section("Results", tuple(blocks))


def _confusions(confusion: Mapping[str, Any], most: int = 10) -> list[Block]:
    """The labels that are taken for one another most often."""
    labels = confusion["labels"]
    found = sorted(
        (
            (count, labels[true], labels[predicted])
            for true, counts in enumerate(confusion["matrix"])
            for predicted, count in enumerate(counts)
            if count and true != predicted
        ),
        key=lambda entry: -entry[0],
    )[:most]
    rows = tuple((true, predicted, f"{count:,}") for count, true, predicted in found)
    return [Table(("true", "predicted", "texts"), rows, "Most frequent confusions", words=2)] if rows else []


def _result_figures(run: Run) -> list[Figure]:
    summary, evaluation = run.summary, run.evaluation
    found = []
    baseline = evaluation["baseline"]
    two = len(run.label_names) == 2
    model = str(summary["model"])
    for kind, draw in (("roc", figures.roc), ("precision_recall", _precision_recall(evaluation, two=two))):
        lines = curve_lines(evaluation["curves"], kind)
        if two:
            lines = [figures.Line(model, line.curve) for line in lines]
            if baseline is not None:
                lines += [figures.Line("baseline", line.curve, True) for line in curve_lines(baseline["curves"], kind)]
            about = f" of {summary['positive']!r}"
        else:
            labels, shown = len(run.label_names), sum(line.name != _MEAN for line in lines)
            about = ", each label against the rest" + (f": the {shown} worst of {labels}" if shown < labels else "")
        if lines:
            found.append(draw(kind.replace("_", "-"), lines, about))
    if len(run.label_names) <= 30:
        found.append(figures.confusion("confusion", run.label_names, summary["confusion"]["matrix"]))
    scaled = {"as trained": evaluation["reliability"], "temperature scaled": evaluation["temperature"]["reliability"]}
    found.append(figures.calibration("reliability", scaled))
    if len(evaluation["lengths"]) > 1:
        found.append(figures.lengths("lengths", evaluation["lengths"]))
    return found


def _precision_recall(evaluation: Mapping[str, Any], *, two: bool) -> Callable[[str, list[figures.Line], str], Figure]:
    share = evaluation["curves"][0]["share"] if two else None
    return lambda name, lines, about: figures.precision_recall(name, lines, about, share)


def curve_lines(curves: Sequence[Mapping[str, Any]], kind: str, most: int = 6) -> list[figures.Line]:
    """Curves that there are, each under its label: the mean of all first, then those of the least area."""
    there = [entry for entry in curves if entry[kind] is not None]
    mean = [figures.Line(_MEAN, entry[kind]) for entry in there if entry["label"] is None]
    names = drawable([str(entry["label"]) for entry in there if entry["label"] is not None])
    labels = [
        figures.Line(name, entry[kind])
        for name, entry in zip(names, (entry for entry in there if entry["label"] is not None), strict=True)
    ]
    left = most - len(mean)
    if len(labels) > left:
        labels = sorted(labels, key=lambda line: line.curve["area"])[:left]
    return mean + labels


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
            "changes by it. All figures of this report are without it, but for the line of that name under Reliability."
        )
    ]


def _threshold(found: Mapping[str, Any] | None) -> list[Block]:
    if found is None:
        return []
    half, chosen = found["at_half"], found["at_threshold"]
    rows = tuple(
        (
            name,
            *(number(entry[key]) for key in ("accuracy", "precision", "recall", "f1")),
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
            words,
            number(summary[name]),
            number(baseline["metrics"][name]),
            f"{pair.differences[name]:+.4f}" if summary[name] is not None else "",
            interval(pair.intervals[name], signed=True),
        )
        for name, words in metric_words(summary["positive"]).items()
        if name in ("accuracy", "f1_macro", "roc_auc", "average_precision", "log_loss", "ece")
    )
    header = ("metric", str(summary["model"]), "baseline", "difference", "95 % interval")
    test = pair.mcnemar
    disagreed = (
        f" On {test.only_second:,} texts the encoder alone is right, on {test.only_first:,} the baseline alone; they "
        f"agree on {pair.agreement:.1%} (kappa {kappa_in_words(pair)})."
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
        return Section(
            "Errors",
            (Text(f"{wrong:,} texts were given a wrong label; none of them is kept (evaluation.errors = 0)."),),
        )
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


def _limits(group: RunGroup) -> Section:
    summary = group.runs[0].summary
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
    if len(group.runs) == 1:
        found.append(
            "One seed: another training would come to somewhat different figures; --seeds 1,2,3 shows how much."
        )
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


def _reproduce(group: RunGroup) -> Section:
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


def _part(run: Run) -> str:
    return str(run.summary["evaluated_on"])


def _listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _with_interval(summary: Mapping[str, Any], name: str) -> str:
    found = summary.get(f"{name}_ci")
    return f"{summary[name]:.3f}" + ("" if found is None else f" [{found[0]:.3f}, {found[1]:.3f}]")


def kappa_in_words(pair: Pair) -> str:
    """Cohen's kappa; undefined where both models give one label only."""
    return number(None if pair.kappa != pair.kappa else pair.kappa, ".2f")
