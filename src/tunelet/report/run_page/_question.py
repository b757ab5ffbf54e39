"""The question that the run answers, and the figures of several seeds together."""

from tunelet._words import counted, number
from tunelet.report._document import Section, Table, Text
from tunelet.report.run_page._words import listed
from tunelet.run import Run, RunGroup, measured_on


def question_section(run: Run) -> Section:
    """The question in a paragraph: which labels, which model, how many labelled texts."""
    names = run.label_names
    text = (
        f"Which of {counted(len(names), 'label')} ({listed(names)}) belongs to a text? "
        f"{run.summary.model} was adapted to "
        f"answer that from {counted(run.data.parts['train'].rows, 'labelled text')}; here is how well it does, "
        + (
            "on these very texts, each answered by a model that was trained without it."
            if measured_on(run.summary) == "cross-validated"
            else "on those that were held out, answered by a model that was trained without them."
            if run.summary.folds and measured_on(run.summary) == "validation"
            else "on texts that it was not trained on."
        )
    )
    return Section("Question", (Text(text),))


def seeds_section(group: RunGroup) -> Section:
    """Means, deviations and intervals over the seeds."""
    summary = group.facts
    rows = tuple(
        (words, number(summary.value(name)), number(summary.deviation(name)), summary.interval_or_why(name))
        for name, words in summary.words_of_metrics.items()
    )
    figures = ", ".join(map(number, summary.by_seed))
    text = (
        f"Trained with the seeds {', '.join(map(str, summary.seeds))} on the same split; of each the "
        f"{summary.words_of_metrics[summary.main]} is {figures}. The intervals are of the mean over seeds, and speak "
        f"of other texts and other seeds; with few seeds they are wide. What follows is the run with seed "
        f"{summary.seeds[0]}."
    )
    table = Table(("metric", "mean", "deviation", "95 % interval"), rows, counted(summary.n, "text"))
    return Section("Seeds", (Text(text), table))
