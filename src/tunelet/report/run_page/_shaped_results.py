"""How good a model is whose labels have another shape than one a text: figures, and a part for each shape."""

from collections.abc import Callable
from typing import Any

from tunelet._words import counted, number, points
from tunelet.evaluation import (
    LabelMetrics,
    MultilabelDetails,
    MultilabelMetrics,
    OrdinalMetrics,
    RatingDetails,
    ValueMetrics,
)
from tunelet.report._document import Block, Figures, Section, Table, Text
from tunelet.report.run_page._choices import temperature_blocks
from tunelet.report.run_page._shaped_pictures import shaped_figures
from tunelet.run import Run, chosen_on, measured_on

_CONFUSED = 10  # confusions that are listed
_MOST = 30  # ratings whose confusion has room on a page


def shaped_results(run: Run) -> Section:
    """Metrics, figures, calibration, and what belongs to the shape: labels one by one, ratings, intervals."""
    metrics = run.shaped.metrics
    rows = tuple(
        (words, number(metrics.value(name)), metrics.interval_or_why(name)) for name, words in metrics.words.items()
    )
    blocks: list[Block] = [
        Table(("metric", "value", "95 % interval"), rows, counted(metrics.n, f"{measured_on(run.facts)} text")),
        Text("An interval holds the figure that endlessly many such texts would give, in 95 of 100 cases."),
    ]
    if drawn := shaped_figures(run):
        blocks.append(Figures(tuple(drawn)))
    if (temperature := run.shaped_evaluation.temperature) is not None:
        blocks += temperature_blocks(temperature, chosen_on(run))
    return Section("Results", (*blocks, *_BLOCKS[type(metrics)](run, metrics)))


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
        *_together(run),
    ]


def _together(run: Run) -> list[Block]:
    """Which labels go together, and which are given in the place of which."""
    details = run.shaped_evaluation.details
    if not isinstance(details, MultilabelDetails):
        return []
    pairs = tuple(
        (f"{each.first} and {each.second}", f"{each.there:,}", f"{each.given:,}") for each in details.together
    )
    pairs += (("none of them", f"{details.none_there:,}", f"{details.none_given:,}"),)
    taken = sorted(
        (
            (n, row.label, other)
            for row in details.instead
            for other, n in zip(run.label_names, row.instead, strict=True)
            if n
        ),
        key=lambda entry: -entry[0],
    )[:_CONFUSED]
    blocks: list[Block] = [
        Table(("labels of one text", "texts that have them", "texts that were given them"), pairs, "Together")
    ]
    if taken:
        rows = tuple((missed, wrong, f"{n:,}") for n, missed, wrong in taken)
        caption = "Labels that a text has and was not given, and one that it was given and has not"
        blocks.append(Table(("missed", "given instead", "texts"), rows, caption, words=2))
    return blocks


def _ratings(run: Run, metrics: OrdinalMetrics) -> list[Block]:
    """How far off the ratings are."""
    details = run.shaped_evaluation.details
    confusion = metrics.confusion
    text = Text(
        "The answer is the median of the probabilities of the ratings, which has the least expected distance. The mean "
        "absolute error is in the numbers behind the ratings."
        + (
            f" {points(details.too_high)} of the answers are too high, {points(details.too_low)} too low."
            if isinstance(details, RatingDetails)
            else ""
        )
    )
    if len(confusion.labels) > _MOST:
        return [text]
    rows = tuple(
        (label, *(f"{count:,}" for count in counts))
        for label, counts in zip(confusion.labels, confusion.matrix, strict=True)
    )
    return [text, Table(("", *confusion.labels), rows, "Texts by true rating (rows) and answer (columns)")]


def _numbers(run: Run, metrics: ValueMetrics) -> list[Block]:
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


_BLOCKS: dict[type[Any], Callable[[Run, Any], list[Block]]] = {
    MultilabelMetrics: _labels,
    OrdinalMetrics: _ratings,
    ValueMetrics: _numbers,
}
