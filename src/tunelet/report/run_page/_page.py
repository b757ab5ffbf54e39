"""The order of a report's sections, and what stands above them."""

from tunelet._record import as_number
from tunelet._words import counted, duration, number, points
from tunelet.evaluation import Measured, against_baseline, verdict
from tunelet.report._document import Document
from tunelet.report.run_page._audit import audit_section
from tunelet.report.run_page._baseline import baselines_section
from tunelet.report.run_page._cost import cost_section
from tunelet.report.run_page._data import data_section
from tunelet.report.run_page._errors import errors_section
from tunelet.report.run_page._limits import limits_section
from tunelet.report.run_page._method import method_section
from tunelet.report.run_page._question import question_section, seeds_section
from tunelet.report.run_page._reproduce import environment_section, reproduce_section
from tunelet.report.run_page._results import results_section
from tunelet.report.run_page._shaped import shaped_document
from tunelet.report.run_page._words import listed, sentence
from tunelet.run import Run, RunGroup, kept_in_words, measured_on, rivals_of


def group_document(group: RunGroup) -> Document:
    """The whole report of a finished run; of several seeds, their means first, then the first seed's run."""
    run = group.runs[0]
    if run.data.task.value != "multiclass":
        return shaped_document(group)
    several = len(group.runs) > 1
    summary = group.summary if several else run.summary
    seeds = ", ".join(str(each.recipe.training.seed) for each in group.runs)
    sections = (
        question_section(run),
        seeds_section(group) if several else None,
        data_section(run),
        audit_section(run),
        method_section(run),
        results_section(run),
        baselines_section(run),
        errors_section(run),
        cost_section(run),
        limits_section(group),
        environment_section(run),
        reproduce_section(group),
    )
    return Document(
        title=f"{summary.model} on {run.data.source}",
        subtitle=(
            f"{counted(len(run.label_names), 'label')} ({listed(run.label_names)}), "
            f"{counted(run.summary.n, f'{measured_on(run.summary)} text')}, "
            f"recipe {run.recipe.name}, seed{'s' if several else ''} {seeds}"
        ),
        findings=tuple(_findings_of_seeds(group) if several else _findings(run)),
        figures_of_merit={
            "accuracy": _with_interval(summary, "accuracy"),
            **({"ROC AUC": _with_interval(summary, "roc_auc")} if summary.roc_auc is not None else {}),
            "log loss": _with_interval(summary, "log_loss"),
            "time" + (", a seed" if several else ""): duration(summary.seconds),
        },
        sections=tuple(section for section in sections if section is not None),
    )


def _findings_of_seeds(group: RunGroup) -> list[str]:
    summary, first = group.summary, group.runs[0]
    mean = (
        f"Over {counted(len(group.runs), 'seed')} the mean accuracy is {points(summary.accuracy)}, "
        f"with a deviation of "
        f"{100 * as_number(summary.accuracy_sd):.1f} points."
    )
    return [mean, *(f"Seed {first.recipe.training.seed}: {finding}" for finding in _findings(first))]


def _findings(run: Run) -> list[str]:
    summary = run.summary
    pairs = [rival.pair for rival in rivals_of(run).values()]
    beaten_by = {pair.first: warning for pair in pairs if (warning := against_baseline(pair)) is not None}
    findings = list(beaten_by.values())
    findings += [sentence(note) for note in run.data.warnings]
    if summary.random_weights:
        findings.append("The encoder began with random weights: these figures say nothing about the pretrained model.")
    findings += [warning.message for warning in summary.warnings if warning.labels]
    bounds = summary.accuracy_ci
    between = f" (95 % interval {points(bounds[0])} to {points(bounds[1])})" if bounds else ""
    findings.append(
        f"{summary.model} names the right label for {points(summary.accuracy)} of "
        f"{counted(summary.n, f'{measured_on(summary)} text')}{between}."
    )
    findings += [verdict(pair) for pair in pairs if pair.first not in beaten_by]
    if len(run.evaluation.kept.candidates) > 1:
        findings.append(f"Kept is {kept_in_words(run)}.")
    return findings


def _with_interval(summary: Measured, name: str) -> str:
    bounds = summary.interval(name)
    return number(summary.value(name), ".3f") + ("" if bounds is None else f" [{bounds[0]:.3f}, {bounds[1]:.3f}]")
