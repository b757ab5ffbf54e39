"""Figures: small functions from facts to a picture, each with a title and a text that says what it shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tunelet.report._canvas import (
    HEIGHT,
    INK,
    LINE,
    QUIET,
    WIDTH,
    Figure,
    canvas,
    colour,
    dashes,
    drawable,
    legend,
    marker,
    short,
    spread,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Interval = tuple[float, float] | None


@dataclass(frozen=True)
class Line:
    """One curve of an overlay; curves of one name (several seeds) share a colour and one entry in the legend.

    Attributes:
        name: for the legend.
        curve: "x", "y" and "area", as `evaluation.json` has them.
        dashed: for what is compared with.
    """

    name: str
    curve: Mapping[str, Any]
    dashed: bool = False


@dataclass(frozen=True)
class Point:
    """A named value with its interval, and what it costs."""

    name: str
    value: float
    interval: Interval
    cost: float = 0.0


def roc(name: str, lines: Sequence[Line], about: str) -> Figure:
    """True positive rate against false positive rate."""
    with canvas(name) as (axes, finish):
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
        _overlay(axes, lines, "area")
        _unit_square(axes, "false positive rate", "true positive rate")
        legend(axes, "lower right")
        return finish(f"ROC curve{about}", f"True positive rate against false positive rate. {_areas('Area', lines)}")


def precision_recall(name: str, lines: Sequence[Line], about: str, share: float | None) -> Figure:
    """Precision against recall, with what guessing would reach as a dotted line."""
    with canvas(name) as (axes, finish):
        if share is not None:
            axes.axhline(share, color=QUIET, linewidth=1, linestyle=":")
        _overlay(axes, lines, "average", steps=True)
        _unit_square(axes, "recall", "precision")
        legend(axes, "lower left")
        told = _areas("Average precision", lines)
        return finish(f"Precision and recall{about}", f"Precision against recall. {told}")


def calibration(name: str, series: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Accuracy against confidence, bin by bin: on the diagonal, a confidence means what it says."""
    with canvas(name) as (axes, finish):
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
        for number, (label, bins) in enumerate(series.items()):
            values = [found["accuracy"] for found in bins]
            axes.errorbar(
                [found["confidence"] for found in bins],
                values,
                yerr=spread(values, [found["accuracy_ci"] for found in bins]),
                color=colour(number),
                marker=marker(number),
                markersize=4,
                linewidth=1.4,
                elinewidth=0.8,
                label=short(label, 30),
            )
        least = min((found["confidence"] for bins in series.values() for found in bins), default=0.0)
        axes.set_xlim(max(0.0, least - 0.05), 1.01)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("confidence, mean of a bin")
        axes.set_ylabel("accuracy, 95 % interval")
        legend(axes, "lower right")
        told = "; ".join(
            f"{label}: " + ", ".join(f"{found['confidence']:.2f} is right in {found['accuracy']:.2f}" for found in bins)
            for label, bins in series.items()
        )
        return finish("Reliability", f"Accuracy against confidence. {told}.")


def confusion(name: str, labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> Figure:
    """Texts by true and predicted class; shades are shares of the true class."""
    size = len(labels)
    width = min(9.0, max(WIDTH, 1.6 + 0.62 * size))
    with canvas(name, width, max(HEIGHT, width * 0.78)) as (axes, finish):
        for row, counts in enumerate(matrix):
            total = sum(counts)
            for column, count in enumerate(counts):
                share = count / total if total else 0.0
                axes.add_patch(_square(column, row, share))
                if size <= 12 or count:
                    shown = f"{count:,}" if size > 6 else f"{count:,}\n{share:.0%}"
                    axes.text(column, row, shown, ha="center", va="center", color=INK, fontsize=9 if size <= 6 else 7)
        names = [short(label, 14) for label in drawable(labels)]
        level = size <= 4
        axes.set_xlim(-0.5, size - 0.5)
        axes.set_ylim(size - 0.5, -0.5)
        axes.set_xticks(range(size), names, rotation=0 if level else 45, ha="center" if level else "right")
        axes.set_yticks(range(size), names)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        axes.grid(visible=False)
        told = "; ".join(
            f"{label}: "
            + ", ".join(f"{count} as {other}" for other, count in zip(labels, counts, strict=True) if count)
            for label, counts in zip(labels, matrix, strict=True)
        )
        return finish("Confusion matrix", f"Texts by true and predicted class. {told}.")


def lengths(name: str, slices: Sequence[Mapping[str, Any]]) -> Figure:
    """Accuracy by length of text."""
    spans = [
        f"{found['shortest']}"
        if found["shortest"] == found["longest"]
        else f"{found['shortest']} to {found['longest']}"
        for found in slices
    ]
    values = [found["accuracy"] for found in slices]
    with canvas(name) as (axes, finish):
        axes.errorbar(
            range(len(slices)),
            values,
            yerr=spread(values, [found["accuracy_ci"] for found in slices]),
            color=colour(0),
            marker="o",
            markersize=6,
            linestyle="none",
            elinewidth=1.6,
        )
        ticks = [f"{span}\n{found['n']:,} texts" for span, found in zip(spans, slices, strict=True)]
        axes.set_xticks(range(len(slices)), ticks)
        axes.set_xlim(-0.6, len(slices) - 0.4)
        axes.set_xlabel("tokens of a text")
        axes.set_ylabel("accuracy, 95 % interval")
        told = ", ".join(f"{span} tokens: {value:.3f}" for span, value in zip(spans, values, strict=True))
        return finish("Accuracy by length", f"Accuracy by length of text. {told}.")


def history(name: str, steps: Sequence[Mapping[str, Any]], epochs: Sequence[Mapping[str, Any]]) -> Figure:
    """Loss over training, of training texts while they are learnt and of validation texts after each epoch."""
    from matplotlib.ticker import MaxNLocator

    with canvas(name) as (axes, finish):
        if steps:
            axes.plot(
                [entry["epoch"] for entry in steps],
                [entry["loss"] for entry in steps],
                color=colour(0),
                linewidth=1.2,
                label="training",
            )
        axes.plot(
            [entry["epoch"] for entry in epochs],
            [entry["log_loss"] for entry in epochs],
            color=colour(1),
            marker="o",
            markersize=5,
            linewidth=1.4,
            label="validation",
        )
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss")
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        legend(axes, "best")
        told = ", ".join(f"{entry['log_loss']:.3f} after epoch {entry['epoch']}" for entry in epochs)
        return finish("Loss", f"Loss while training. On validation texts: {told}.")


def bars(name: str, title: str, points: Sequence[Point], unit: str) -> Figure:
    """Values with intervals, a row each, on an axis that shows their differences."""
    with canvas(name, WIDTH * 1.5, 1.0 + 0.55 * len(points)) as (axes, finish):
        for row, point in enumerate(points):
            if point.interval is not None:
                axes.plot(point.interval, [row, row], color=colour(row), linewidth=2.2, solid_capstyle="round")
            axes.plot([point.value], [row], color=colour(row), marker="o", markersize=7)
            axes.annotate(
                f"{point.value:.3f}", (point.value, row), xytext=(0, 7), textcoords="offset points", ha="center",
                fontsize=8, color=INK,
            )  # fmt: skip
        axes.set_yticks(range(len(points)), [short(point.name, 28) for point in points])
        axes.set_ylim(len(points) - 0.5, -0.75)
        axes.margins(x=0.12)
        axes.set_xlabel(unit)
        return finish(title, f"{title}. {_told(points)}.")


def against_cost(name: str, title: str, points: Sequence[Point], across: str) -> Figure:
    """Accuracy with its interval against a cost, on a logarithmic axis."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    with canvas(name) as (axes, finish):
        for number, point in enumerate(points):
            if point.interval is not None:
                axes.plot([point.cost, point.cost], point.interval, color=colour(number), linewidth=1.6)
            axes.plot(
                [point.cost], [point.value], color=colour(number), marker=marker(number), markersize=7,
                linestyle="none", label=short(point.name, 30),
            )  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _cost(value)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(min(point.cost for point in points) / 2.5, max(point.cost for point in points) * 2.5)
        axes.margins(y=0.2)
        axes.set_xlabel(f"{across}, logarithmic")
        axes.set_ylabel("accuracy, 95 % interval")
        legend(axes, "best")
        told = "; ".join(f"{point.name}: {point.value:.3f} at {point.cost:,.4g}" for point in points)
        return finish(title, f"{title} ({across}). {told}.")


def differences(name: str, rows: Sequence[Point], unit: str) -> Figure:
    """Paired differences with their intervals, and a line where there is none."""
    with canvas(name, WIDTH * 1.5, 1.0 + 0.5 * len(rows)) as (axes, finish):
        axes.axvline(0, color=QUIET, linewidth=1, linestyle=":")
        for row, point in enumerate(rows):
            if point.interval is not None:
                axes.plot(point.interval, [row, row], color=colour(0), linewidth=2.2, solid_capstyle="round")
            axes.plot([point.value], [row], color=colour(0), marker="o", markersize=7)
        axes.set_yticks(range(len(rows)), [short(point.name, 44) for point in rows])
        axes.set_ylim(len(rows) - 0.5, -0.6)
        axes.margins(x=0.12)
        axes.set_xlabel(unit)
        return finish("Paired differences", f"Paired differences, {unit}. {_told(rows)}.")


def _overlay(axes: "Axes", lines: Sequence[Line], area: str, *, steps: bool = False) -> None:
    names = list(dict.fromkeys(line.name for line in lines))
    for number, name in enumerate(names):
        group = [line for line in lines if line.name == name]
        mean = sum(line.curve["area"] for line in group) / len(group)
        for index, line in enumerate(group):
            axes.plot(
                line.curve["x"],
                line.curve["y"],
                color=colour(number),
                linewidth=1.6 if len(group) == 1 else 1.0,
                linestyle="--" if line.dashed else dashes(number),
                drawstyle="steps-pre" if steps else "default",
                label=f"{short(name, 30)}, {area} {mean:.3f}" if index == 0 else None,
            )


def _unit_square(axes: "Axes", x: str, y: str) -> None:
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.02)
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def _square(column: int, row: int, share: float) -> Any:
    from matplotlib.patches import Rectangle

    right = column == row
    return Rectangle(
        (column - 0.48, row - 0.48), 0.96, 0.96, facecolor=colour(0 if right else 1), edgecolor=LINE, linewidth=0.5,
        alpha=0.06 + 0.5 * share,
    )  # fmt: skip


def _cost(value: float) -> str:
    """50 M, 20 k, 5, 0.02."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"


def _areas(what: str, lines: Sequence[Line]) -> str:
    return "; ".join(f"{what} of {line.name}: {line.curve['area']:.4f}" for line in lines) + "."


def _told(points: Sequence[Point]) -> str:
    return "; ".join(
        f"{point.name} {point.value:.3f}"
        + (f" [{point.interval[0]:.3f}, {point.interval[1]:.3f}]" if point.interval else "")
        for point in points
    )
