"""Figures with a row for each label: figures of several models side by side, and whether probabilities are right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tunelet.report._canvas import INK, QUIET, WIDTH, Figure, Look, canvas, drawable, legend, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 40  # labels that a figure has rows for
_LETTERS = 28  # of a label's name on one line


@dataclass(frozen=True)
class Bars:
    """A model's figure for each label.

    Attributes:
        name: for the legend.
        values: by label; None: undefined.
        look: of the model.
        intervals: by label, of those that are drawn with one.
    """

    name: str
    values: Mapping[str, float | None]
    look: Look
    intervals: Mapping[str, tuple[float, float] | None] = field(default_factory=dict)


def label_dots(name: str, title: str, series: Sequence[Bars], unit: str) -> Figure:
    """A row for each label, in it a point for each model, with its interval where there is one.

    Args:
        name: of the figure.
        title: of it.
        series: of one model or several, all for the same labels.
        unit: what the axis shows, from 0 to 1.
    """
    labels = list(series[0].values)
    shown = labels[:MOST]
    with canvas(name, WIDTH * 1.5, 1.2 + 0.24 * len(shown)) as (axes, finish):
        for number, each in enumerate(series):
            shift = (number - (len(series) - 1) / 2) * 0.5 / max(1, len(series))
            there = [
                (row + shift, label, value)
                for row, label in enumerate(shown)
                if (value := each.values[label]) is not None
            ]
            for row, label, _ in there:
                if (bounds := each.intervals.get(label)) is not None:
                    axes.plot(bounds, [row, row], color=each.look.colour, linewidth=1.2)
            axes.plot(
                [value for _, _, value in there], [row for row, _, _ in there], color=each.look.colour,
                marker=each.look.marker, markersize=5, linestyle="none", label=each.name,
            )  # fmt: skip
        _rows(axes, shown)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel(unit)
        legend(axes)
        listed = "; ".join(
            f"{each.name}: "
            + ", ".join(f"{label} {value:.3f}" for label in shown if (value := each.values[label]) is not None)
            for each in series
        )
        first = f": the first {MOST} of {len(labels)}" if len(shown) < len(labels) else ""
        return finish(f"{title}{first}", f"{title}. {listed}.")


@dataclass(frozen=True)
class Expected:
    """A label: the mean of its probability, and the share of the texts that has it, with the interval of that."""

    label: str
    probability: float
    share: float
    interval: tuple[float, float]


def label_calibration(name: str, labels: Sequence[Expected]) -> Figure:
    """For each label the mean probability beside the share of the texts that has it: equal where it is right."""
    shown = labels[:MOST]
    with canvas(name, WIDTH * 1.5, 1.2 + 0.24 * len(shown)) as (axes, finish):
        for row, each in enumerate(shown):
            axes.plot(each.interval, [row, row], color=QUIET, linewidth=2.2, solid_capstyle="round")
        rows = range(len(shown))
        axes.plot(
            [each.share for each in shown], rows, color=QUIET, marker="s", markersize=5, linestyle="none",
            label="share that has it, 95 % interval",
        )  # fmt: skip
        axes.plot(
            [each.probability for each in shown], rows, color=INK, marker="o", markersize=5, linestyle="none",
            label="mean probability",
        )  # fmt: skip
        _rows(axes, [each.label for each in shown])
        axes.set_xlim(left=0)
        axes.set_xlabel("share of the texts")
        legend(axes)
        listed = ", ".join(f"{each.label} {each.probability:.3f} for {each.share:.3f}" for each in shown)
        title = "Mean probability by label" + (
            f": the first {MOST} of {len(labels)}" if len(shown) < len(labels) else ""
        )
        return finish(title, f"Mean probability of each label, and the share that has it. {listed}.")


def _rows(axes: "Axes", labels: Sequence[str]) -> None:
    """A row for each label, the first at the top."""
    names = [wrapped(label, _LETTERS, 1) for label in drawable(labels)]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
