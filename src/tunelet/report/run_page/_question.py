"""What was asked, and what several seeds came to together."""

from tunelet._words import counted, number
from tunelet.evaluation import metric_words
from tunelet.report._document import Section, Table, Text
from tunelet.report.run_page._words import listed, part_of
from tunelet.run import Run, RunGroup


def question_section(run: Run) -> Section:
    """The question, in a paragraph."""
    names = run.label_names
    text = (
        f"Which of {counted(len(names), 'label')} ({listed(names)}) belongs to a text? "
        f"{run.summary.model} was adapted to "
        f"answer that from {counted(run.data.parts['train'].rows, 'labelled text')}; here is how well it does, "
        + (
            "on these very texts, each answered by a model that was trained without it."
            if part_of(run) == "cross-validated"
            else "on a part of them, answered by a model that was trained without it."
            if run.summary.folds and part_of(run) == "validation"
            else "on texts that it was not trained on."
        )
    )
    return Section("Question", (Text(text),))


def seeds_section(group: RunGroup) -> Section:
    """What the seeds came to together."""
    summary = group.summary
    rows = tuple(
        (words, number(summary.value(name)), number(summary.deviation(name)), summary.interval_or_why(name))
        for name, words in metric_words(summary.positive).items()
    )
    accuracies = ", ".join(f"{value:.4f}" for value in summary.accuracies)
    text = (
        f"Trained with the seeds {', '.join(map(str, summary.seeds))} on the same split; they came to accuracies of "
        f"{accuracies}. The intervals are of the mean over seeds, and speak of other texts and other seeds; with few "
        f"seeds they are wide. What follows is the run with seed {summary.seeds[0]}."
    )
    table = Table(("metric", "mean", "deviation", "95 % interval"), rows, counted(summary.n, "text"))
    return Section("Seeds", (Text(text), table))
