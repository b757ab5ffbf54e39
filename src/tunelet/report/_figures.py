"""Figures of a model: its curves, calibration, confusion, lengths and losses, each with a title and a description."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunelet._words import counted
from tunelet.evaluation import DrawnCurve, ReliabilityBin
from tunelet.report._canvas import (
    HEIGHT,
    INK,
    LINE,
    QUIET,
    WIDTH,
    Figure,
    Look,
    canvas,
    drawable,
    legend,
    look,
    spread,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Line:
    """One curve of an overlay; curves of one name (several seeds) share one entry in the legend.

    Attributes:
        name: for the legend.
        curve: as `evaluation.json` has it.
        look: of the label or model, on every figure of the page.
    """

    name: str
    curve: DrawnCurve
    look: Look


@dataclass(frozen=True)
class Bins:
    """The reliability of one model: bins of similar confidence, as `evaluation.json` has them."""

    name: str
    bins: Sequence[ReliabilityBin]
    look: Look


def roc(name: str, lines: Sequence[Line], about: str) -> Figure:
    """True positive rate against false positive rate."""
    with canvas(name) as (axes, finish):
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
        _overlay(axes, lines, "area")
        _unit_square(axes, "false positive rate", "true positive rate")
        legend(axes)
        return finish(f"ROC curve{about}", f"True positive rate against false positive rate. {_areas('Area', lines)}")


def precision_recall(name: str, lines: Sequence[Line], about: str, share: float | None) -> Figure:
    """Precision against recall, with the precision of guessing as a dotted line."""
    with canvas(name) as (axes, finish):
        if share is not None:
            axes.axhline(share, color=QUIET, linewidth=1, linestyle=":")
        _overlay(axes, lines, "average", steps=True)
        _unit_square(axes, "recall", "precision")
        legend(axes)
        areas = _areas("Average precision", lines)
        return finish(f"Precision and recall{about}", f"Precision against recall. {areas}")


FEW = 10  # texts of a bin below which its accuracy means little


@dataclass(frozen=True)
class ReliabilityAxes:
    """What a reliability diagram shows: across, upwards, and how a point is read ("0.8 is right in 0.75")."""

    across: str
    upwards: str
    read: str


CONFIDENCE = ReliabilityAxes("confidence, mean of a bin", "accuracy, 95 % interval", "is right in")
OF_LABELS = ReliabilityAxes("probability of a label, mean of a bin", "share that has it, 95 % interval", "is there in")


def calibration(name: str, series: Sequence[Bins], shown: ReliabilityAxes = CONFIDENCE) -> Figure:
    """Accuracy against confidence, bin by bin: points on the diagonal are calibrated.

    Lines join neighbouring bins. Those of few texts are faint points, for a single text is either right or wrong.

    Args:
        name: of the figure.
        series: the models.
        shown: what the axes are; of several labels a text, the probability of a label and the share that has it.
    """
    with canvas(name) as (axes, finish):
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
        for each in series:
            many = [bin_ for bin_ in each.bins if bin_.n >= FEW]
            values = [bin_.accuracy for bin_ in many]
            axes.errorbar(
                [bin_.confidence for bin_ in many],
                values,
                yerr=spread(values, [bin_.accuracy_ci for bin_ in many]),
                color=each.look.colour,
                marker=each.look.marker,
                linestyle="none",
                markersize=4,
                elinewidth=0.8,
                label=each.name,
            )
            for pair in joined(each.bins):
                axes.plot(
                    [bin_.confidence for bin_ in pair], [bin_.accuracy for bin_ in pair],
                    color=each.look.colour, linestyle=each.look.dashes, linewidth=1.4,
                )  # fmt: skip
            few = [bin_ for bin_ in each.bins if bin_.n < FEW]
            axes.plot(
                [bin_.confidence for bin_ in few],
                [bin_.accuracy for bin_ in few],
                color=each.look.colour,
                marker=each.look.marker,
                linestyle="none",
                markersize=4,
                alpha=0.35,
            )
        least = min((bin_.confidence for each in series for bin_ in each.bins), default=0.0)
        axes.set_xlim(max(0.0, least - 0.05), 1.01)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel(shown.across)
        axes.set_ylabel(shown.upwards)
        legend(axes)
        listed = "; ".join(
            f"{each.name}: "
            + ", ".join(f"{bin_.confidence:.2f} {shown.read} {bin_.accuracy:.2f}" for bin_ in each.bins)
            for each in series
        )
        title = "Reliability" + (f"; faint: fewer than {FEW} texts" if _any_few(series) else "")
        across, upwards = (words.split(",")[0] for words in (shown.across, shown.upwards))
        return finish(title, f"{upwards[:1].upper()}{upwards[1:]} against {across}. {listed}.")


def joined(bins: Sequence[ReliabilityBin]) -> list[tuple[ReliabilityBin, ReliabilityBin]]:
    """Pairs of neighbouring bins with enough texts each, which a line joins."""
    return [
        (left, right)
        for left, right in itertools.pairwise(bins)
        if min(left.n, right.n) >= FEW and abs(left.high - right.low) < 1e-9
    ]


def _any_few(series: Sequence[Bins]) -> bool:
    return any(bin_.n < FEW for each in series for bin_ in each.bins)


@dataclass(frozen=True)
class Across:
    """The columns of a confusion matrix, where they are others than the rows, and what they are."""

    names: Sequence[str]
    what: str


def confusion(
    name: str, labels: Sequence[str], matrix: Sequence[Sequence[int]], across: Across | None = None
) -> Figure:
    """Texts by true and predicted class; shades are shares of the true class.

    Args:
        name: of the figure.
        labels: of the rows.
        matrix: texts, a row for each true class.
        across: what the columns are; None: the classes that were predicted.
    """
    columns = labels if across is None else across.names
    size, wide = len(labels), len(columns)
    beside_rows, above = ([wrapped(label, 22, 3) for label in drawable(names)] for names in (labels, columns))
    letters = max(len(line) for shown in (*beside_rows, *above) for line in shown.splitlines())
    beside = 0.5 + 0.075 * letters  # inches that the names take
    width = min(9.0, max(WIDTH, beside + 0.62 * wide))
    level = wide <= 4 and letters * 0.075 < (width - beside) / wide
    height = (width - beside) * 0.78 * size / wide + (0.3 if level else 0.75 * beside)
    with canvas(name, width, max(HEIGHT, height)) as (axes, finish):
        for row, counts in enumerate(matrix):
            total = sum(counts)
            for column, count in enumerate(counts):
                share = count / total if total else 0.0
                axes.add_patch(_square(column, row, share))
                if wide <= 12 or count:
                    shown = f"{count:,}" if wide > 6 else f"{count:,}\n{share:.0%}"
                    font = 9 if wide <= 6 else 7 if wide <= 16 else 5
                    axes.text(column, row, shown, ha="center", va="center", color=INK, fontsize=font)
        axes.set_xlim(-0.5, wide - 0.5)
        axes.set_ylim(size - 0.5, -0.5)
        axes.set_xticks(range(wide), above, rotation=0 if level else 45, ha="center" if level else "right")
        axes.set_yticks(range(size), beside_rows)
        axes.set_xlabel("predicted" if across is None else across.what)
        axes.set_ylabel("true")
        axes.grid(visible=False)
        listed = "; ".join(
            f"{label}: "
            + ", ".join(f"{count} as {other}" for other, count in zip(columns, counts, strict=True) if count)
            for label, counts in zip(labels, matrix, strict=True)
        )
        title = "Confusion matrix" if across is None else "Given in the place of others"
        return finish(title, f"Texts by true and predicted class. {listed}.")


@dataclass(frozen=True)
class OfLength:
    """Texts of similar length: from how many tokens to how many, how many texts, and the figure with its interval."""

    shortest: int
    longest: int
    n: int
    value: float
    interval: tuple[float, float] | None


def lengths(name: str, slices: Sequence[OfLength], what: str = "accuracy") -> Figure:
    """A figure with its interval for texts of similar length, shortest first."""
    spans = [
        f"{texts.shortest}" if texts.shortest == texts.longest else f"{texts.shortest} to {texts.longest}"
        for texts in slices
    ]
    values = [texts.value for texts in slices]
    with canvas(name) as (axes, finish):
        axes.errorbar(
            range(len(slices)),
            values,
            yerr=spread(values, [texts.interval or (texts.value, texts.value) for texts in slices]),
            color=INK,
            marker="o",
            markersize=6,
            linestyle="none",
            elinewidth=1.6,
        )
        ticks = [f"{span}\n{counted(texts.n, 'text')}" for span, texts in zip(spans, slices, strict=True)]
        axes.set_xticks(range(len(slices)), ticks)
        axes.set_xlim(-0.6, len(slices) - 0.4)
        axes.set_xlabel("tokens of a text")
        axes.set_ylabel(f"{what}, 95 % interval")
        listed = ", ".join(f"{span} tokens: {value:.3f}" for span, value in zip(spans, values, strict=True))
        title = f"{what[:1].upper()}{what[1:]} by length"
        return finish(title, f"{title} of text. {listed}.")


def _overlay(axes: "Axes", lines: Sequence[Line], area: str, *, steps: bool = False) -> None:
    for name in dict.fromkeys(line.name for line in lines):
        group = [line for line in lines if line.name == name]
        mean = sum(line.curve.area for line in group) / len(group)
        for index, line in enumerate(group):
            axes.plot(
                line.curve.x,
                line.curve.y,
                color=line.look.colour,
                linewidth=1.6 if len(group) == 1 else 1.0,
                linestyle=line.look.dashes,
                drawstyle="steps-pre" if steps else "default",
                label=f"{name}, {area} {mean:.3f}" if index == 0 else None,
            )


def _unit_square(axes: "Axes", x: str, y: str) -> None:
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.02)
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def _square(column: int, row: int, share: float) -> Any:
    from matplotlib.patches import Rectangle

    shade = look(0 if column == row else 1).colour
    return Rectangle(
        (column - 0.48, row - 0.48), 0.96, 0.96, facecolor=shade, edgecolor=LINE, linewidth=0.5,
        alpha=0.06 + 0.5 * share,
    )  # fmt: skip


def _areas(what: str, lines: Sequence[Line]) -> str:
    return "; ".join(f"{what} of {line.name}: {line.curve.area:.4f}" for line in lines) + "."
