"""The report of a run whose labels are several a text, ratings in order, or plain numbers."""

from tunelet._words import counted, duration, interval, number, points
from tunelet.evaluation import (
    LabelMetrics,
    MultilabelMetrics,
    OrdinalMetrics,
    figure_against_baseline,
    figure_verdict,
)
from tunelet.report._document import Block, Document, Heading, Quotes, Section, Table, Text, quote
from tunelet.report.run_page._cost import cost_section
from tunelet.report.run_page._data import data_section
from tunelet.report.run_page._method import method_section
from tunelet.report.run_page._reproduce import environment_section, reproduce_section
from tunelet.report.run_page._words import listed, sentence
from tunelet.run import Run, RunGroup, ShapedError, ShapedMetrics, ShapedRival, chosen_on, kept_in_words, measured_on

_HEADLINES = {
    "multilabel": ("f1_macro", "f1_micro", "subset_accuracy"),
    "ordinal": ("mae", "quadratic_kappa", "within_one"),
    "regression": ("mae", "rmse", "r2"),
}
_MOST = 30  # ratings whose confusion has room on a page


def shaped_document(group: RunGroup) -> Document:
    """The whole report of a finished run."""
    run = group.runs[0]
    facts, metrics = run.shaped, run.shaped.metrics
    headlines = {metrics.words[name]: _with_interval(metrics, name) for name in _HEADLINES[run.data.task.value]}
    sections = (
        _question(run),
        data_section(run),
        method_section(run),
        _results(run),
        _baselines(run),
        _errors(run),
        cost_section(run),
        _limits(run),
        environment_section(run),
        reproduce_section(group),
    )
    return Document(
        title=f"{facts.model} on {run.data.source}",
        subtitle=(
            f"{_labels_in_words(run)}, {run.data.task.value}, "
            f"{counted(metrics.n, f'{measured_on(facts)} text')}, recipe {run.recipe.name}, seed {facts.seed}"
        ),
        findings=tuple(_findings(run)),
        figures_of_merit=headlines | {"time": duration(facts.seconds)},
        sections=tuple(section for section in sections if section is not None),
    )


def _labels_in_words(run: Run) -> str:
    numbers = run.data.parts["train"].numbers
    if numbers is not None:
        return f"numbers from {numbers.least:g} to {numbers.largest:g}"
    return f"{counted(len(run.label_names), 'label')} ({listed(run.label_names)})"


def _findings(run: Run) -> list[str]:
    facts, metrics = run.shaped, run.shaped.metrics
    main = metrics.main
    pairs = [rival.pair for rival in run.shaped_evaluation.rivals.values()]
    beaten_by = {pair.first: warning for pair in pairs if (warning := figure_against_baseline(pair)) is not None}
    findings = [*beaten_by.values(), *(sentence(note) for note in run.data.warnings)]
    if facts.random_weights:
        findings.append("The encoder began with random weights: these figures say nothing about the pretrained model.")
    bounds = metrics.interval(main)
    between = f" (95 % interval {bounds[0]:.3f} to {bounds[1]:.3f})" if bounds else ""
    on = counted(metrics.n, f"{measured_on(facts)} text")
    findings.append(f"{facts.model} on {on}: {metrics.words[main]} {number(metrics.value(main))}{between}.")
    return findings + [figure_verdict(pair) for pair in pairs if pair.first not in beaten_by]


def _question(run: Run) -> Section:
    names, rows = run.label_names, counted(run.data.parts["train"].rows, "labelled text")
    asked = {
        "multilabel": f"Which of {counted(len(names), 'label')} ({listed(names)}) belong to a text? It may be several, "
        "or none of them.",
        "ordinal": f"Which of {counted(len(names), 'rating')} ({listed(names)}) does a text have? They are in order: "
        "an answer is the worse the farther off it is.",
        "regression": f"Which number does a text have? Those trained on are {_labels_in_words(run)}.",
    }[run.data.task.value]
    adapted = f"{run.facts.model} was adapted to answer that from {rows}."
    shape = f"The shape of the labels: {run.data.task.value} ({run.data.task.reason})."
    return Section("Question", (Text(f"{asked} {adapted} {shape}"),))


def _results(run: Run) -> Section:
    metrics = run.shaped.metrics
    rows = tuple(
        (words, number(metrics.value(name)), metrics.interval_or_why(name)) for name, words in metrics.words.items()
    )
    blocks: list[Block] = [
        Table(("metric", "value", "95 % interval"), rows, counted(metrics.n, f"{measured_on(run.facts)} text")),
        Text("An interval holds the figure that endlessly many such texts would give, in 95 of 100 cases."),
    ]
    if isinstance(metrics, MultilabelMetrics):
        blocks += _labels(run, metrics)
    elif isinstance(metrics, OrdinalMetrics):
        blocks += _ratings(metrics)
    else:
        blocks += _numbers(run)
    return Section("Results", tuple(blocks))


def _labels(run: Run, metrics: MultilabelMetrics) -> list[Block]:
    """The labels one by one, and the thresholds from which on they are given."""
    rows = tuple(
        (
            row.label,
            f"{row.n:,}",
            f"{row.predicted:,}",
            f"{row.threshold:.3f}",
            *(_of_label(row, name) for name in ("precision", "recall", "f1", "average_precision")),
        )
        for row in metrics.per_label
    )
    header = ("label", "texts", "given", "threshold", "precision", "recall", "F1", "average precision")
    record = run.shaped_evaluation.thresholds
    assert record is not None  # noqa: S101  (several labels have thresholds)
    aim = "the highest F1" if record.aim == "f1" else record.aim
    done = tuple(
        (name, number(each.f1_macro), number(each.f1_micro), number(each.subset_accuracy))
        for name, each in (
            ("0.5 for all labels", record.at_half),
            (f"{record.pooled:.3f} for all labels", record.at_pooled),
            ("each label's own", record.chosen),
            ("each label's own, by cross-fitting", record.cross_fitted),
        )
    )
    caption = f"What thresholds do to {chosen_on(run)}; by cross-fitting no text has a say in its own thresholds"
    return [
        Text(
            "Macro figures are means over the labels, micro figures count all decisions alike. A label is given from "
            f"its threshold on. Thresholds were chosen on {chosen_on(run)}, each label's for {aim}; that of a "
            "rare label is drawn towards the one that is best for all together. Where no label reaches its threshold, "
            "the answer is: none of them."
        ),
        Table(("thresholds", "F1, macro", "F1, micro", "all labels right"), done, caption),
        Table(header, rows, "By label"),
    ]


def _ratings(metrics: OrdinalMetrics) -> list[Block]:
    """How far off the ratings are."""
    confusion = metrics.confusion
    text = Text(
        "The answer is the median of the probabilities of the ratings, which has the least expected distance. The mean "
        "absolute error is in the numbers behind the ratings."
    )
    if len(confusion.labels) > _MOST:
        return [text]
    rows = tuple(
        (label, *(f"{count:,}" for count in counts))
        for label, counts in zip(confusion.labels, confusion.matrix, strict=True)
    )
    return [text, Table(("", *confusion.labels), rows, "Texts by true rating (rows) and answer (columns)")]


def _numbers(run: Run) -> list[Block]:
    """The intervals of predicted numbers."""
    record = run.shaped_evaluation.intervals
    assert record is not None  # noqa: S101  (numbers have intervals)
    if record.reach is None:
        text = f"{counted(record.n, 'validation text')} are too few for intervals of numbers: 19 are needed."
        return [Text(text)]
    crossed = " (cross-fitted: no text has a say in its own)" if run.facts.evaluated_on == "validation" else ""
    return [
        Text(
            f"Each predicted number has an interval, {record.reach:.4g} to both sides: as far as "
            f"{points(record.confidence, 0)} of the errors on {chosen_on(run)} reach, which the model that made them "
            f"had not seen (conformal prediction). It held {points(record.held or 0.0)} of the numbers that are "
            f"reported on{crossed}."
        )
    ]


def _of_label(row: LabelMetrics, name: str) -> str:
    bounds = row.interval(name)
    return number(row.value(name)) + (f"\n[{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else "")


def _baselines(run: Run) -> Section | None:
    rivals = run.shaped_evaluation.rivals
    blocks: list[Block] = [Text(f"Kept is {kept_in_words(run)}: {run.shaped_evaluation.kept.reason}.")]
    for rival in rivals.values():
        blocks += _beside(run, rival)
    return Section("Baselines", tuple(blocks)) if rivals else None


def _beside(run: Run, rival: ShapedRival) -> list[Block]:
    own, other, pair = run.shaped.metrics, rival.metrics, rival.pair
    rows = tuple(
        (
            words,
            number(own.value(name)),
            number(other.value(name)),
            number(pair.differences[name], "+.4f"),
            interval(pair.intervals[name], signed=True) or f"none: {pair.no_interval.get(name, 'undefined')}",
        )
        for name, words in own.words.items()
    )
    chosen = ", thresholds of its own chosen as the model's are" if isinstance(other, MultilabelMetrics) else ""
    about = (
        f"Fitted on the same texts in {duration(rival.seconds)}: {rival.features:,} features, strength "
        f"{rival.strength:g}{chosen}."
    )
    header = ("metric", run.facts.model, "this baseline", "difference", "95 % interval")
    verdict = Text(figure_against_baseline(pair) or figure_verdict(pair), note=True)
    return [Heading(rival.name), Text(about), verdict, Table(header, rows, "On the same texts")]


def _errors(run: Run) -> Section:
    record, n = run.shaped_evaluation, run.shaped.metrics.n
    text = f"{record.wrong:,} of {counted(n, 'text')} got another answer than in the data."
    if record.intervals is not None:
        text = f"The numbers of {record.wrong:,} of {counted(n, 'text')} lie outside their intervals."
    elif not record.wrong:
        return Section("Errors", (Text("Every text was given exactly what the data says."),))
    if not record.errors:
        return Section("Errors", (Text(f"{text} None of them is kept (evaluation.errors = 0)."),))
    quotes = tuple(
        quote(
            f"{error.label} in the data, called {error.predicted}{_sureness(error)} "
            f"(text {error.id}, {counted(error.tokens, 'token')})",
            error.text,
        )
        for error in record.errors
    )
    return Section("Errors", (Text(f"{text} Here are the worst."), Quotes(quotes)))


def _sureness(error: ShapedError) -> str:
    return "" if error.probability is None else f", {points(error.probability)} sure of what is wrong"


def _limits(run: Run) -> Section:
    sentences = ["These figures hold for texts like those above: another source, year or language may give others."]
    sentences += [f"{warning.message} To try: {warning.hint}." for warning in run.facts.warnings]
    if run.facts.evaluated_on == "validation":
        sentences.append("There were no test texts: what was chosen was chosen on the very texts that are reported on.")
    sentences.append("One seed: another training would come to somewhat different figures.")
    sentences.append(
        f"Where labels are {run.data.task.value}, no temperature is fitted, and TF-IDF is not added to the model."
    )
    return Section("Limits", tuple(Text(text) for text in sentences))


def _with_interval(metrics: ShapedMetrics, name: str) -> str:
    bounds = metrics.interval(name)
    return number(metrics.value(name), ".3f") + ("" if bounds is None else f" [{bounds[0]:.3f}, {bounds[1]:.3f}]")
