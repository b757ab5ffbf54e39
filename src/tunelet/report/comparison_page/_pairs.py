"""Every two models side by side: differences with intervals, counts of right texts, and texts only one gets right."""

from tunelet._words import counted, fixed, interval, number, points
from tunelet.comparison import ComparedModel, Comparison, OnlyOneRight, Outcomes, right_instead
from tunelet.evaluation import AnyPair, FigurePair, Pair, p_value, tested
from tunelet.report._canvas import STRONG
from tunelet.report._document import Block, Figures, Heading, Quote, Quotes, Section, Table, Text, quote
from tunelet.report._point_figures import Point, differences
from tunelet.report.comparison_page._kinds import kind_of
from tunelet.report.run_page import kappa_in_words

_TEXTS = 3  # texts that are quoted for each model of a pair


def pairs_section(comparison: Comparison) -> Section:
    """One figure of all differences in the main figure, then tables and texts for each pair."""
    pairs, kind = comparison.pairs, kind_of(comparison)
    drawn = [
        Point(_less(pair), kind.scale * difference, _scaled(pair, kind.scale), STRONG)
        for pair in pairs
        if (difference := pair.differences[pair.main]) is not None
    ]
    correction = f" p is corrected for {counted(len(pairs), 'comparison')} (Holm)." if len(pairs) > 1 else ""
    intro = f"Differences of the same texts with paired 95 % intervals; {kind.test}.{correction}"
    blocks: list[Block] = [Text(intro)]
    if drawn:
        blocks.append(Figures((differences("differences", drawn, f"{kind.unit}, 95 % interval"),)))
    for pair, counts in zip(pairs, comparison.outcomes, strict=True):
        blocks += _pair(comparison, pair, counts)
    return Section("Differences", tuple(blocks))


def _pair(comparison: Comparison, pair: AnyPair, counts: Outcomes | None) -> list[Block]:
    models = {model.name: model for model in comparison.record.models}
    blocks: list[Block] = [Heading(f"{pair.second} against {pair.first}"), _differences(comparison, pair, models)]
    agree = _agreement(pair)
    if counts is None:
        return [*blocks, *agree]
    header = ("", f"{pair.second} right", f"{pair.second} wrong")
    rows = (
        (f"{pair.first} right", f"{counts.both:,}", f"{counts.only_first:,}"),
        (f"{pair.first} wrong", f"{counts.only_second:,}", f"{counts.neither:,}"),
    )
    caption = f"Texts by who {kind_of(comparison).right}: the counts of McNemar's test"
    if isinstance(pair, FigurePair) and pair.mcnemar is not None:
        caption += f" ({p_value(pair.mcnemar.p)}, not corrected)"
    blocks += [Table(header, rows, caption), *agree]
    return [*blocks, *_texts(comparison, pair)]


def _agreement(pair: AnyPair) -> list[Block]:
    """How often both give the same answer; nothing of numbers."""
    if pair.agreement is None:
        return []
    beyond = f" (kappa {kappa_in_words(pair)})" if isinstance(pair, Pair) else ""
    return [Text(f"They give the same answer to {points(pair.agreement)} of the texts{beyond}.")]


def _differences(comparison: Comparison, pair: AnyPair, models: dict[str, ComparedModel]) -> Table:
    words, p_values = models[pair.first].metrics.named(comparison.record.positive), tested(pair)
    rows = tuple(
        (
            words[name],
            number(models[pair.first].metrics.value(name)),
            number(models[pair.second].metrics.value(name)),
            _signed(pair, name),
            _p(p_values.get(name)),
        )
        for name in kind_of(comparison).paired
    )
    header = ("metric", pair.first, pair.second, "difference", "p")
    return Table(header, rows, f"{pair.second} less {pair.first}, with the 95 % interval")


def _texts(comparison: Comparison, pair: AnyPair) -> list[Block]:
    """Texts that only one of two runs gets right; nothing beside a baseline, or where no texts are kept."""
    runs = {name: group.runs[0] for name, group in zip(comparison.names, comparison.groups, strict=True)}
    if pair.first not in runs or pair.second not in runs:
        return []
    blocks: list[Block] = []
    for right, wrong in ((pair.first, pair.second), (pair.second, pair.first)):
        examples = right_instead(runs[wrong], runs[right].any_predictions, _TEXTS)
        if examples:
            blocks += [
                Text(f"Only {right} is right, and {wrong} is most certain of something else:"),
                Quotes(tuple(_quoted(example, wrong) for example in examples)),
            ]
    return blocks


def _quoted(example: OnlyOneRight, wrong: str) -> Quote:
    sure = "" if example.probability is None else f" with {points(example.probability)}"
    return quote(f"{example.label} in the data, called {example.predicted} by {wrong}{sure}", example.text)


def _less(pair: AnyPair) -> str:
    return f"{pair.second} less {pair.first}"


def _scaled(pair: AnyPair, scale: float) -> tuple[float, float] | None:
    """The interval of the main figure's difference."""
    bounds = pair.intervals[pair.main]
    return bounds and (scale * bounds[0], scale * bounds[1])


def _signed(pair: AnyPair, name: str) -> str:
    """The difference of a metric, and its interval on a line of its own."""
    value, bounds = pair.differences[name], interval(pair.intervals[name], signed=True)
    return "undefined" if value is None else fixed(value, 4, signed=True) + (f"\n{bounds}" if bounds else "")


def _p(p: float | None) -> str:
    return "" if p is None else p_value(p).removeprefix("p = ").removeprefix("p ")
