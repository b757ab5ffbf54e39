"""Figures of single values with intervals: in rows, against a cost, as paired differences."""

from collections.abc import Sequence
from dataclasses import dataclass

from tunelet.report._canvas import INK, QUIET, WIDTH, Figure, Look, canvas, legend, wrapped

Interval = tuple[float, float] | None


@dataclass(frozen=True)
class Point:
    """A named value with its interval, its look, and its cost where the figure shows one."""

    name: str
    value: float
    interval: Interval
    look: Look
    cost: float = 0.0


def bars(name: str, title: str, points: Sequence[Point], unit: str) -> Figure:
    """Values with intervals, a row each, on an axis that shows their differences."""
    with canvas(name, WIDTH * 1.5, 1.0 + 0.55 * len(points)) as (axes, finish):
        for row, point in enumerate(points):
            if point.interval is not None:
                axes.plot(point.interval, [row, row], color=point.look.colour, linewidth=2.2, solid_capstyle="round")
            axes.plot([point.value], [row], color=point.look.colour, marker=point.look.marker, markersize=7)
            axes.annotate(
                f"{point.value:.3f}", (point.value, row), xytext=(0, 7), textcoords="offset points", ha="center",
                fontsize=8, color=INK,
            )  # fmt: skip
        axes.set_yticks(range(len(points)), [wrapped(point.name, 28, 3) for point in points])
        axes.set_ylim(len(points) - 0.5, -0.75)
        axes.margins(x=0.12)
        axes.set_xlabel(unit)
        return finish(title, f"{title}. {_listed(points)}.")


def against_cost(name: str, title: str, points: Sequence[Point], across: str, what: str) -> Figure:
    """A figure with its interval, such as the accuracy, against a cost on a logarithmic axis."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    with canvas(name) as (axes, finish):
        for point in points:
            if point.interval is not None:
                axes.plot([point.cost, point.cost], point.interval, color=point.look.colour, linewidth=1.6)
            axes.plot(
                [point.cost], [point.value], color=point.look.colour, marker=point.look.marker, markersize=7,
                linestyle="none", label=point.name,
            )  # fmt: skip
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _cost(value)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(min(point.cost for point in points) / 2.5, max(point.cost for point in points) * 2.5)
        axes.margins(y=0.2)
        axes.set_xlabel(f"{across}, logarithmic")
        axes.set_ylabel(f"{what}, 95 % interval")
        legend(axes)
        listed = "; ".join(f"{point.name}: {point.value:.3f} at {point.cost:,.4g}" for point in points)
        return finish(title, f"{title} ({across}). {listed}.")


def differences(name: str, rows: Sequence[Point], unit: str) -> Figure:
    """Paired differences with their intervals, and a dotted line at 0."""
    with canvas(name, WIDTH * 1.5, 1.0 + 0.5 * len(rows)) as (axes, finish):
        axes.axvline(0, color=QUIET, linewidth=1, linestyle=":")
        for row, point in enumerate(rows):
            if point.interval is not None:
                axes.plot(point.interval, [row, row], color=point.look.colour, linewidth=2.2, solid_capstyle="round")
            axes.plot([point.value], [row], color=point.look.colour, marker="o", markersize=7)
        axes.set_yticks(range(len(rows)), [wrapped(point.name, 34, 3) for point in rows])
        axes.set_ylim(len(rows) - 0.5, -0.6)
        axes.margins(x=0.12)
        axes.set_xlabel(unit)
        return finish("Paired differences", f"Paired differences, {unit}. {_listed(rows)}.")


def _cost(value: float) -> str:
    """A number in short, for an axis: 50 M, 20 k, 5 or 0.02."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"


def _listed(points: Sequence[Point]) -> str:
    return "; ".join(
        f"{point.name} {point.value:.3f}"
        + (f" [{point.interval[0]:.3f}, {point.interval[1]:.3f}]" if point.interval else "")
        for point in points
    )
