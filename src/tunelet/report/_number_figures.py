"""Figures of ratings and numbers: how far off they are, and the predicted number against the true one."""

from collections.abc import Sequence

from tunelet._words import counted
from tunelet.evaluation import ErrorBar, ValuePoint
from tunelet.report._canvas import QUIET, Figure, canvas, look

_MANY = 150  # points, beyond which they are drawn small and faint


def steps(name: str, counted: Sequence[tuple[int, int]]) -> Figure:
    """How many answers lie how many ratings too low or too high.

    Args:
        name: of the figure.
        counted: (ratings too high, texts), rising; negative ones are too low.
    """
    from matplotlib.ticker import MaxNLocator

    total = sum(n for _, n in counted)
    with canvas(name) as (axes, finish):
        for step, n in counted:
            axes.bar(step, n / total, width=0.8, color=look(0 if step == 0 else 1).colour)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("answer less true rating, in ratings")
        axes.set_ylabel("share of the texts")
        listed = ", ".join(f"{step:+d}: {n:,}" if step else f"right: {n:,}" for step, n in counted)
        return finish("How far off the ratings are", f"Texts by how many ratings the answer is off. {listed}.")


def predicted_against_true(name: str, points: Sequence[ValuePoint]) -> Figure:
    """The predicted number of each text against the true one, with its interval: points on the line are right."""
    many = len(points) > _MANY
    with canvas(name) as (axes, finish):
        ends = [end for point in points for end in (point.target, point.value)]
        axes.plot([min(ends), max(ends)], [min(ends), max(ends)], color=QUIET, linewidth=1, linestyle=":")
        for point in points:
            if point.interval is not None:
                axes.plot(
                    [point.target, point.target], point.interval, color=look(0).colour, linewidth=0.8,
                    alpha=0.25 if many else 0.6,
                )  # fmt: skip
        axes.plot(
            [point.target for point in points], [point.value for point in points], color=look(0).colour, marker="o",
            markersize=2.5 if many else 4, linestyle="none", alpha=0.7 if many else 1.0,
        )  # fmt: skip
        axes.set_xlabel("true")
        axes.set_ylabel("predicted, with its interval" if any(point.interval for point in points) else "predicted")
        inside = [point.interval[0] <= point.target <= point.interval[1] for point in points if point.interval]
        said = f" {sum(inside):,} of {len(inside):,} intervals hold the true number." if inside else ""
        return finish(
            "Predicted against true", f"{counted(len(points), 'text')}, predicted number against the true one.{said}"
        )


def errors(name: str, bars: Sequence[ErrorBar]) -> Figure:
    """How many texts have which error (a residual: predicted less true), and a dotted line at 0."""
    with canvas(name) as (axes, finish):
        axes.axvline(0, color=QUIET, linewidth=1, linestyle=":")
        for bar in bars:
            axes.bar(bar.low, bar.n, width=bar.high - bar.low, align="edge", color=look(1).colour, alpha=0.8)
        axes.set_xlabel("predicted less true")
        axes.set_ylabel("texts")
        listed = ", ".join(f"{bar.low:.3g} to {bar.high:.3g}: {bar.n:,}" for bar in bars if bar.n)
        return finish("Errors", f"Texts by error, predicted less true. {listed}.")
