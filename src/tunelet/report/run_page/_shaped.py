"""The report of a run whose labels are several a text, ratings in order, or plain numbers."""

from tunelet._words import counted, duration, interval, number, points
from tunelet.evaluation import Measured, MultilabelMetrics, figure_against_baseline, figure_verdict
from tunelet.report._document import Block, Document, Heading, Quotes, Section, Table, Text, quote
from tunelet.report.run_page._audit import audit_section
from tunelet.report.run_page._cost import cost_section
from tunelet.report.run_page._data import data_section
from tunelet.report.run_page._method import method_section
from tunelet.report.run_page._question import seeds_section
from tunelet.report.run_page._reproduce import environment_section, reproduce_section
from tunelet.report.run_page._shaped_results import shaped_results
from tunelet.report.run_page._words import listed, sentence
from tunelet.run import (
    GroupFacts,
    Run,
    RunFacts,
    RunGroup,
    ShapedError,
    ShapedRival,
    kept_in_words,
    measured_on,
)

_HEADLINES = {
    "multilabel": ("f1_macro", "f1_micro", "subset_accuracy"),
    "ordinal": ("mae", "quadratic_kappa", "within_one"),
    "regression": ("mae", "rmse", "r2"),
}


def shaped_document(group: RunGroup) -> Document:
    """The whole report of a finished run."""
    run = group.runs[0]
    facts, metrics = run.shaped, run.shaped.metrics
    summary: RunFacts | GroupFacts = group.facts if len(group.runs) > 1 else facts
    figures = group.facts if len(group.runs) > 1 else metrics
    headlines = {metrics.words[name]: _with_interval(figures, name) for name in _HEADLINES[run.data.task.value]}
    several = len(group.runs) > 1
    seeds = ", ".join(str(each.recipe.training.seed) for each in group.runs)
    sections = (
        _question(run),
        seeds_section(group) if several else None,
        data_section(run),
        audit_section(run),
        method_section(run),
        shaped_results(run),
        _baselines(run),
        _errors(run),
        cost_section(run),
        _limits(group),
        environment_section(run),
        reproduce_section(group),
    )
    return Document(
        title=f"{facts.model} on {run.data.source}",
        subtitle=(
            f"{_labels_in_words(run)}, {run.data.task.value}, "
            f"{counted(metrics.n, f'{measured_on(facts)} text')}, recipe {run.recipe.name}, seed{'s' * several} {seeds}"
        ),
        findings=tuple(_findings_of_seeds(group) if several else _findings(run)),
        figures_of_merit=headlines | {"time" + ", a seed" * several: duration(summary.seconds)},
        sections=tuple(section for section in sections if section is not None),
    )


def _labels_in_words(run: Run) -> str:
    numbers = run.data.parts["train"].numbers
    if numbers is not None:
        return f"numbers from {numbers.least:g} to {numbers.largest:g}"
    return f"{counted(len(run.label_names), 'label')} ({listed(run.label_names)})"


def _findings_of_seeds(group: RunGroup) -> list[str]:
    facts, first = group.facts, group.runs[0]
    words = facts.words_of_metrics[facts.main]
    mean = (
        f"Over {counted(len(group.runs), 'seed')} the mean {words} is {number(facts.value(facts.main))}, with a "
        f"deviation of {number(facts.deviation(facts.main))}."
    )
    return [mean, *(f"Seed {first.recipe.training.seed}: {finding}" for finding in _findings(first))]


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


def _limits(group: RunGroup) -> Section:
    run = group.runs[0]
    sentences = ["These figures hold for texts like those above: another source, year or language may give others."]
    sentences += [f"{warning.message} To try: {warning.hint}." for warning in run.facts.warnings]
    if run.facts.evaluated_on == "validation":
        sentences.append("There were no test texts: what was chosen was chosen on the very texts that are reported on.")
    if len(group.runs) == 1:
        sentences.append(
            "One seed: another training would come to somewhat different figures; --seeds 1,2,3 shows how much."
        )
    return Section("Limits", tuple(Text(text) for text in sentences))


def _with_interval(metrics: Measured, name: str) -> str:
    bounds = metrics.interval(name)
    return number(metrics.value(name), ".3f") + ("" if bounds is None else f" [{bounds[0]:.3f}, {bounds[1]:.3f}]")
