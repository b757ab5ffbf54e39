"""Every two models side by side: differences with intervals, counts of right texts, and texts only one gets right."""

from tunelet._words import counted, fixed, interval, number, points
from tunelet.comparison import ComparedModel, Comparison, OnlyOneRight, Outcomes, right_instead
from tunelet.evaluation import Pair, metric_words, p_value
from tunelet.report._canvas import STRONG
from tunelet.report._document import Block, Figures, Heading, Quote, Quotes, Section, Table, Text, quote
from tunelet.report._point_figures import Point, differences
from tunelet.report.run_page import kappa_in_words

_METRICS = ("accuracy", "f1_macro", "roc_auc", "log_loss", "ece")
_TEXTS = 3  # texts that are quoted for each model of a pair


def pairs_section(comparison: Comparison) -> Section:
    """One figure of all differences in accuracy, then tables and texts for each pair."""
    pairs = comparison.pairs
    drawn = [Point(_less(pair), 100 * pair.difference("accuracy"), _in_points(pair), STRONG) for pair in pairs]
    correction = f" p is corrected for {counted(len(pairs), 'comparison')} (Holm)." if len(pairs) > 1 else ""
    intro = (
        "Differences of the same texts with paired 95 % intervals; p of the accuracy is McNemar's exact test, with "
        f"several seeds Student's over texts and seeds.{correction}"
    )
    blocks: list[Block] = [
        Text(intro),
        Figures((differences("differences", drawn, "points of accuracy, 95 % interval"),)),
    ]
    for pair, counts in zip(pairs, comparison.outcomes, strict=True):
        blocks += _pair(comparison, pair, counts)
    return Section("Differences", tuple(blocks))


def _pair(comparison: Comparison, pair: Pair, counts: Outcomes | None) -> list[Block]:
    models = {model.name: model for model in comparison.record.models}
    blocks: list[Block] = [Heading(f"{pair.second} against {pair.first}"), _differences(comparison, pair, models)]
    agree = f"They give the same label to {points(pair.agreement)} of the texts (kappa {kappa_in_words(pair)})."
    if counts is None:
        return [*blocks, Text(agree)]
    header = ("", f"{pair.second} right", f"{pair.second} wrong")
    rows = (
        (f"{pair.first} right", f"{counts.both:,}", f"{counts.only_first:,}"),
        (f"{pair.first} wrong", f"{counts.only_second:,}", f"{counts.neither:,}"),
    )
    blocks += [Table(header, rows, "Texts by who gets them right: the counts of McNemar's test"), Text(agree)]
    return [*blocks, *_texts(comparison, pair)]


def _differences(comparison: Comparison, pair: Pair, models: dict[str, ComparedModel]) -> Table:
    words = metric_words(comparison.record.positive)
    tested = {"accuracy": pair.p_adjusted, "log_loss": pair.p_log_loss, "roc_auc": pair.p_roc_auc}
    rows = tuple(
        (
            words[name],
            number(models[pair.first].metrics.value(name)),
            number(models[pair.second].metrics.value(name)),
            _signed(pair, name),
            _p(tested.get(name)),
        )
        for name in _METRICS
    )
    header = ("metric", pair.first, pair.second, "difference", "p")
    return Table(header, rows, f"{pair.second} less {pair.first}, with the 95 % interval")


def _texts(comparison: Comparison, pair: Pair) -> list[Block]:
    """Texts that only one of two runs gets right; nothing beside a baseline, or where no texts are kept."""
    runs = {name: group.runs[0] for name, group in zip(comparison.names, comparison.groups, strict=True)}
    if pair.first not in runs or pair.second not in runs:
        return []
    blocks: list[Block] = []
    for right, wrong in ((pair.first, pair.second), (pair.second, pair.first)):
        examples = right_instead(runs[wrong], runs[right].predictions, _TEXTS)
        if examples:
            blocks += [
                Text(f"Only {right} is right, and {wrong} is most certain of something else:"),
                Quotes(tuple(_quoted(example, wrong) for example in examples)),
            ]
    return blocks


def _quoted(example: OnlyOneRight, wrong: str) -> Quote:
    about = f"{example.label} in the data, called {example.predicted} by {wrong} with {points(example.probability)}"
    return quote(about, example.text)


def _less(pair: Pair) -> str:
    return f"{pair.second} less {pair.first}"


def _in_points(pair: Pair) -> tuple[float, float] | None:
    bounds = pair.intervals["accuracy"]
    return bounds and (100 * bounds[0], 100 * bounds[1])


def _signed(pair: Pair, name: str) -> str:
    """The difference of a metric, and its interval on a line of its own."""
    value, bounds = pair.differences[name], interval(pair.intervals[name], signed=True)
    return "undefined" if value is None else fixed(value, 4, signed=True) + (f"\n{bounds}" if bounds else "")


def _p(p: float | None) -> str:
    return "" if p is None else p_value(p).removeprefix("p = ").removeprefix("p ")
