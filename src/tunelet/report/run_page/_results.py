"""How good it is: metrics, figures, classes."""

from tunelet._words import counted, number
from tunelet.evaluation import ClassMetrics, Confusion, confusions, metric_words
from tunelet.report._canvas import drawable
from tunelet.report._document import Block, Figures, Section, Table, Text, facts_table
from tunelet.report.run_page._choices import temperature_blocks, threshold_blocks
from tunelet.report.run_page._pictures import result_figures
from tunelet.run import Run, chosen_on, measured_on, soft_in_words


def results_section(run: Run) -> Section:
    """Metrics with intervals, figures, calibration, threshold, classes."""
    summary, evaluation = run.summary, run.evaluation
    rows = tuple(
        (words, number(summary.value(name)), summary.interval_or_why(name))
        for name, words in metric_words(summary.positive).items()
    )
    blocks: list[Block] = [
        Table(
            ("metric", "value", "95 % interval"),
            rows,
            counted(summary.n, f"{measured_on(summary)} text"),
        ),
        Text(
            "An interval holds the figure that endlessly many such texts would give, in 95 of 100 cases. Few texts "
            "make the calibration error larger than it is: its interval leans downwards, and may lie below the value."
        ),
        Figures(tuple(result_figures(run))),
    ]
    if said := soft_in_words(run):
        blocks.append(Text(said))
    blocks += temperature_blocks(evaluation.temperature, chosen_on(run))
    blocks += threshold_blocks(evaluation.threshold, chosen_on(run))
    if len(run.label_names) > 2:
        classes = tuple(
            (
                row.label,
                f"{row.n:,}",
                *(_with_interval(row, key) for key in ("precision", "recall", "f1", "roc_auc")),
            )
            for row in summary.per_class
        )
        header = ("class", "texts", "precision", "recall", "F1", "ROC AUC")
        blocks.append(Table(header, classes, "By class"))
        blocks += _confusions(summary.confusion)
    named = zip(run.label_names, drawable(run.label_names), strict=True)
    if numbered := [(shown, label) for label, shown in named if shown != label]:
        blocks.append(facts_table(numbered, "Labels by their numbers in the figures"))
    return Section("Results", tuple(blocks))


def _with_interval(row: ClassMetrics, name: str) -> str:
    """A figure of a class, and its 95 % interval on a line of its own."""
    bounds = row.interval(name)
    return number(row.value(name)) + (f"\n[{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else "")


def _confusions(confusion: Confusion, most: int = 10) -> list[Block]:
    """A table of the most frequent confusions; nothing where there is none."""
    frequent = confusions(confusion.labels, confusion.matrix)[:most]
    rows = tuple((true, predicted, f"{count:,}") for true, predicted, count in frequent)
    return [Table(("true", "predicted", "texts"), rows, "Most frequent confusions", words=2)] if rows else []
