"""docs/accuracy.md and its two figures, from the lines of measurements/accuracy.jsonl.

How the default's own rules were chosen comes from blending.json, layers.json and rates.json; what is said by hand lies
in accuracy-notes.md, which ends the page.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accuracy_data import ALL, SOURCES, is_few
from accuracy_methods import MAX_LENGTH
from accuracy_results import Key, difference, latest, mean, measured, read_lines
from accuracy_setfit import MAX_STEPS, MAX_TEXTS
from blending import table as blending_table
from layers import table as layers_table
from rates import table as rates_table

from tunelet.report import INK, QUIET, Figure, for_file, legend, look, panels

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
DEFAULT = "quickstart"
LABELS_FIGURE, FRONTIER_FIGURE = "accuracy-labels", "accuracy-frontier"
_FRONTIER = (("sentences", "200"), ("banking", "10"), ("trec", ALL), ("imdb", "1000"), ("imdb", "8000"))
_METHODS = {
    "quickstart": ("tunelet, quickstart", "the default recipe, by `tunelet.train`, from the texts to the finished run"),
    "thorough": ("tunelet, thorough", "the recipe of that name, likewise"),
    "tfidf": (
        "TF-IDF",
        "words, pairs of words and runs of characters, logistic regression, regularisation by cross-validation",
    ),
    "probe": (
        "probe",
        "the frozen encoder's mean features, logistic regression, regularisation by cross-validation",
    ),
    "stock": (
        "Trainer + PEFT",
        (
            "LoRA of rank 16; targets (queries and values, or all linear layers), rate (5e-4 or 2e-3) and "
            "epochs chosen on a held-out fifth of the training texts, then trained on all"
        ),
    ),
    "full": (
        "full fine-tuning",
        "every weight by transformers' Trainer; rate (3e-5, 1e-4 or 3e-4) and epochs chosen likewise",
    ),
    "setfit": (
        "SetFit",
        f"the library at its defaults, with at most {MAX_STEPS} steps of 16 pairs, and {MAX_TEXTS:,} texts at most",
    ),
}
_POINTS = "points"  # what the axes must hold
_INTRODUCTION = """\
# Accuracy at every size

Written by `measurements/accuracy.py` from `accuracy.jsonl` beside it, which holds every trial made: {trials:,} of them.
Every figure is that of all-MiniLM-L6-v2 (22.7 M parameters), which all methods but TF-IDF start from.

A draw is a seed that picks the training texts: as many of each class where a size is of a class, else each class in its
share. The test texts are the same for all draws and methods, and nothing is chosen on them. A figure is the mean over
{draws} draws with its 95 % interval by Student's t; the intervals speak of other training texts, not of other test
texts. Rivals cut texts at {length} tokens. In the first figure, dotted lines join sizes with equally many texts of each
class, whole lines those that keep the classes' shares.

| method | what it is |
| --- | --- |
{methods}
"""
_SETS = """\
| data | what it is | test texts |
| --- | --- | ---: |
{rows}

`measurements/own_sets.py` says where `sentences` and `banking` come from; the others are in `../shared` or come with
tunelet.
Of IMDb, a fixed 2,000 of the 5,000 test reviews are measured on below 1,000 training texts.
"""
_BLENDING = """\
## The weight of TF-IDF

What a blend weighs its parts with is decided by a rule, and the rule was chosen here: on texts of the training files
that were not drawn, never on test texts, with the frozen encoder's probe in the encoder's place
(`measurements/blending.py`; mean accuracy of five draws). *least loss*: the weights of the least out-of-fold log loss;
*tested*: those where a paired test shows a gain at 5 %, else the probe alone; *by chance*: those times the chance that
they help; *prior*: with a Gaussian prior on the weights, which is what tunelet does.

{table}
"""
_LAYERS = """\
## The layer that the head reads

How many layers are run before the head is decided by the out-of-fold log loss of a logistic regression on frozen
vectors of the training texts, and this rule was chosen here, on other texts of the training files
(`measurements/layers.py`; mean accuracy of such a regression on the chosen layer's vectors, five draws). *least loss*:
the layer of the least loss, which is what tunelet does; *within 1 SE*, *within 2 SE*: the deepest layer whose loss is
above the least by no more than so many standard errors of the difference. Emotion is better read after the last layer,
the others before it: with few texts the loss of no rule tells which, and the least is right most often.

{table}
"""
_RATES = """\
## The learning rate

The default recipe with two rates for the adapter, on draws of the training files, measured on other texts of these
files (`measurements/rates.py`; accuracy and log loss, mean over the draws; 120 steps at least). Twice the rate gains
a point where there are some hundred texts of several classes, and loses as much where there are few or two classes.
The default lies between: 7e-4, and 100 steps at least, which in the same draws (three of them) came to the same in
less time.

{table}
"""


@dataclass(frozen=True)
class Found:
    """All trials that count, by key, and what of them there is."""

    trials: dict[Key, dict[str, Any]]

    def sets(self) -> list[str]:
        """Data sets in the page's order."""
        return [name for name in SOURCES if any(key[0] == name for key in self.trials)]

    def sizes(self, data: str) -> list[str]:
        """Sizes of a data set, by number of texts."""
        texts = {size: line["n"] for (name, size, _, _), line in self.trials.items() if name == data}
        return sorted(texts, key=lambda size: (texts[size], size))

    def methods(self, data: str | None = None) -> list[str]:
        """Methods in the page's order."""
        return [name for name in _METHODS if any(key[3] == name and data in (None, key[0]) for key in self.trials)]

    def figures(self, data: str, size: str, method: str, name: str = "accuracy") -> dict[int, float]:
        """By draw."""
        return measured(self.trials, data, size, method, name)

    def texts(self, data: str, size: str, name: str = "n") -> int:
        """How many there are to train on, or to test on."""
        lines = (line for key, line in self.trials.items() if key[:2] == (data, size) and name in line)
        return int(next(lines)[name])

    def minutes(self, data: str, size: str, method: str) -> list[float]:
        """Of training, measured on a machine that did nothing else."""
        return [
            line["train_seconds"] / 60
            for (name, of, _, by), line in self.trials.items()
            if (name, of, by) == (data, size, method) and "failure" not in line and not line["shared"]
        ]


def write(results: Path, docs: Path = DOCS) -> None:
    """The page and its figures."""
    found = Found(latest(read_lines(results)))
    if not found.trials:
        return
    docs.mkdir(parents=True, exist_ok=True)
    (docs / "pictures").mkdir(exist_ok=True)
    for drawn in figures(found):
        path = docs / "pictures" / f"{drawn.name}.svg"
        path.write_text(for_file(drawn.svg, drawn.title, drawn.alternative), encoding="utf-8")
    (docs / "accuracy.md").write_text(write_up(results), encoding="utf-8")


def figures(found: Found) -> list[Figure]:
    """Those for which there is something to show."""
    frontier = _frontier(found)
    return [_labels(found), *([frontier] if frontier else [])]


def write_up(results: Path) -> str:
    """docs/accuracy.md."""
    lines = read_lines(results)
    found = Found(latest(lines))
    draws = sorted({len(_measured_draws(found, key)) for key in found.trials} - {0})
    rows = "\n".join(f"| {_METHODS[name][0]} | {_METHODS[name][1]} |" for name in found.methods())
    parts = [
        _INTRODUCTION.format(
            trials=len(lines), methods=rows, length=MAX_LENGTH, draws=" to ".join(map(str, _ends(draws)))
        )
    ]
    rows = "\n".join(f"| `{name}` | {SOURCES[name].about} | {_counts(found, name)} |" for name in found.sets())
    parts.append(_SETS.format(rows=rows))
    parts.append(f"![{_labels(found).title}](pictures/{LABELS_FIGURE}.svg)\n")
    if (frontier := _frontier(found)) is not None:
        parts.append(f"![{frontier.title}](pictures/{FRONTIER_FIGURE}.svg)\n")
    parts += [_section(found, data) for data in found.sets()]
    if failures := _failures(found):
        parts.append(f"## What failed\n\n{failures}\n")
    parts.append(_where(found))
    for name, section, table in (
        ("blending.json", _BLENDING, blending_table),
        ("layers.json", _LAYERS, layers_table),
        ("rates.json", _RATES, rates_table),
    ):
        if (rules := HERE / name).exists():
            parts.append(section.format(table=table(json.loads(rules.read_text(encoding="utf-8")))))
    parts.append((HERE / "accuracy-notes.md").read_text(encoding="utf-8"))
    return "\n".join(parts)


def _section(found: Found, data: str) -> str:
    """All tables of a data set."""
    parts = [f"## {data}\n", "Accuracy:\n", _table(found, data, lambda size, method: _cell(found, data, size, method))]
    if DEFAULT in found.methods(data) and len(found.methods(data)) > 1:
        parts.append(
            "\nAccuracy of the default minus that of the other, on the same draws, with p of a paired t-test:\n"
        )
        parts.append(_table(found, data, lambda size, method: _gap(found, data, size, method), without=DEFAULT))
    parts.append("\nCalibration error:\n")
    parts.append(_table(found, data, lambda size, method: _cell(found, data, size, method, "ece")))
    if any(found.minutes(data, size, method) for size in found.sizes(data) for method in found.methods(data)):
        parts.append("\nMinutes of training, choosing included:\n")
        parts.append(_table(found, data, lambda size, method: _minutes(found, data, size, method)))
    return "\n".join(parts) + "\n"


def _table(found: Found, data: str, cell: Callable[[str, str], str], without: str | None = None) -> str:
    methods = [name for name in found.methods(data) if name != without]
    lines = [
        f"| texts | {' | '.join(_METHODS[name][0] for name in methods)} |",
        f"| --- |{' ---: |' * len(methods)}",
    ]
    for size in found.sizes(data):
        count = f"{found.texts(data, size):,}"
        shown = f"{size} a class, {count}" if is_few(size) else f"all, {count}" if size == ALL else count
        lines.append(f"| {shown} | {' | '.join(cell(size, method) for method in methods)} |")
    return "\n".join(lines)


def _cell(found: Found, data: str, size: str, method: str, name: str = "accuracy") -> str:
    values = list(found.figures(data, size, method, name).values())
    if not values:
        return ""
    shown = mean(values)
    if shown.interval is None:
        return f"{shown.value:.3f} (1 draw)"
    return f"{shown.value:.3f} ± {shown.interval[1] - shown.value:.3f}"


def _gap(found: Found, data: str, size: str, method: str) -> str:
    gap = difference(found.figures(data, size, DEFAULT), found.figures(data, size, method))
    if gap is None:
        return ""
    if gap.p is None:
        return f"{gap.mean.value:+.3f}"
    return f"{gap.mean.value:+.3f}, p " + ("< 0.001" if gap.p < 0.0005 else f"{gap.p:.3f}")


def _minutes(found: Found, data: str, size: str, method: str) -> str:
    values = found.minutes(data, size, method)
    return f"{mean(values).value:.2f}" if values else ""


def _labels(found: Found) -> Figure:
    """Accuracy against the number of labels, a panel for each data set."""
    sets, methods = found.sets(), found.methods()
    columns = min(3, len(sets))
    rows = math.ceil(len(sets) / columns)
    told = []
    with panels(LABELS_FIGURE, rows, columns, 3.3 * columns, 2.7 * rows) as (every, finish):
        for axes, data in zip(every, sets, strict=False):
            for method in methods:
                for few in (True, False):
                    sizes = [size for size in found.sizes(data) if is_few(size) == few]
                    sizes = [size for size in sizes if found.figures(data, size, method)]
                    means = [mean(list(found.figures(data, size, method).values())) for size in sizes]
                    texts = [found.texts(data, size) for size in sizes]
                    _draw(axes, method, texts, means, dashes=":" if few else "-")
                    unit = "texts, equally many a class" if few else "texts"
                    told += [f"{data}, {_METHODS[method][0]}: " + _pairs(texts, means, unit)] if texts else []
            _logarithmic(axes, "training texts")
            axes.set_title(data, fontsize=9, color=INK)
        _finish_panels(every, len(sets))
        return finish("Accuracy against the number of labels", "Mean over draws. " + "; ".join(told) + ".")


def _frontier(found: Found) -> Figure | None:
    """Accuracy against minutes of training, a panel for each data set and size; None: none was timed."""
    shown = [
        (data, size, timed)
        for data, size in _FRONTIER
        if len(timed := [method for method in found.methods(data) if found.minutes(data, size, method)]) > 1
    ]
    if not shown:
        return None
    columns = min(3, len(shown))
    rows = math.ceil(len(shown) / columns)
    told = []
    with panels(FRONTIER_FIGURE, rows, columns, 3.3 * columns, 2.7 * rows) as (every, finish):
        for axes, (data, size, timed) in zip(every, shown, strict=False):
            for method in found.methods():
                here = method in timed
                means = [mean(list(found.figures(data, size, method).values()))] if here else []
                minutes = [mean(found.minutes(data, size, method)).value] if here else []
                _draw(axes, method, minutes, means, dashes="none")
                told += [f"{data}, {_METHODS[method][0]}: " + _pairs(minutes, means, "min")] if here else []
            _logarithmic(axes, "minutes of training")
            axes.set_title(f"{data}, {found.texts(data, size):,} texts", fontsize=9, color=INK)
        _finish_panels(every, len(shown))
        return finish("Accuracy against minutes of training", "Mean over draws. " + "; ".join(told) + ".")


def _draw(axes: Any, method: str, across: Sequence[float], means: Sequence[Any], *, dashes: str) -> None:
    style = look(list(_METHODS).index(method))
    for place, shown in zip(across, means, strict=True):
        if shown.interval is not None:
            low, high = shown.interval
            axes.plot([place, place], [max(0.0, low), min(1.0, high)], color=style.colour, linewidth=0.8, alpha=0.5)
    axes.plot(
        across, [shown.value for shown in means], color=style.colour, marker=style.marker, markersize=4,
        linestyle=dashes, linewidth=1.3, gid=_POINTS, label=None if dashes == ":" else _METHODS[method][0],
    )  # fmt: skip


def _logarithmic(axes: Any, across: str) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 10 else f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.08)
    values = [value for line in axes.lines if line.get_gid() == _POINTS for value in line.get_ydata()]
    axes.set_ylim(max(0.0, min(values) - 0.06), min(1.01, max(values) + 0.06))  # two draws may have any interval
    axes.set_xlabel(f"{across}, logarithmic", color=INK)
    axes.set_ylabel("accuracy")
    axes.tick_params(colors=QUIET, labelcolor=INK)


def _finish_panels(every: Sequence[Any], used: int) -> None:
    for axes in every[used:]:
        axes.set_axis_off()
    legend(every[0])


def _pairs(across: Sequence[float], means: Sequence[Any], unit: str) -> str:
    return ", ".join(f"{shown.value:.3f} at {place:,.4g} {unit}" for place, shown in zip(across, means, strict=True))


def _measured_draws(found: Found, key: Key) -> dict[int, float]:
    return found.figures(key[0], key[1], key[3])


def _ends(values: Sequence[int]) -> list[int]:
    return list(dict.fromkeys([values[0], values[-1]])) if values else [0]


def _counts(found: Found, data: str) -> str:
    tested = {found.texts(data, size, "test") for size in found.sizes(data) if _any_tested(found, data, size)}
    return " or ".join(f"{count:,}" for count in sorted(tested))


def _any_tested(found: Found, data: str, size: str) -> bool:
    return any("test" in line for key, line in found.trials.items() if key[:2] == (data, size))


def _failures(found: Found) -> str:
    return "\n".join(
        f"- {key[0]}, {key[1]}, draw {key[2]}, {_METHODS[key[3]][0]}: {line['failure']}"
        for key, line in sorted(found.trials.items())
        if "failure" in line
    )


def _where(found: Found) -> str:
    """Machines, versions and commits of all trials that count."""
    lines = list(found.trials.values())

    def several(of: Callable[[dict[str, Any]], str]) -> str:
        return ", ".join(sorted({of(line) for line in lines}))

    threads = several(lambda line: str(line["threads"]))
    packages = {name for line in lines for name in line["versions"] if name != "tunelet"}
    versions = ", ".join(
        f"{name} {several(lambda line, of=name: line['versions'].get(of, 'none'))}" for name in sorted(packages)
    )
    commits = several(lambda line: f"{line['commit']}{' (changed)' if line['dirty'] else ''}")
    machine = several(lambda line: line["machine"])
    apart = sum(line["shared"] for line in lines)
    timed = f" {apart:,} trials ran beside other work: their minutes are not shown." if apart else ""
    return f"*Measured on {machine}, threads {threads}; {versions}; tunelet at {commits}.*{timed}\n"
