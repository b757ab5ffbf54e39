"""The figure of a deletion curve: what becomes of a label's probability as words are taken out."""

from tunelet.evaluation import Faithfulness
from tunelet.report._canvas import FAINT, STRONG, Figure, canvas, legend


def deletion(name: str, found: Faithfulness) -> Figure:
    """The mean probability in the order of the contributions and in random order, with 95 % intervals."""
    across = [100 * point.removed for point in found.points]
    lines = (
        ("strongest words first", STRONG, [(point.ordered, point.ordered_ci) for point in found.points]),
        ("random order", FAINT, [(point.shuffled, point.shuffled_ci) for point in found.points]),
    )
    with canvas(name) as (axes, finish):
        for label, look, values in lines:
            means = [value for value, _ in values]
            axes.plot(
                across, means, color=look.colour, marker=look.marker, linestyle=look.dashes, markersize=4,
                linewidth=1.6, label=label,
            )  # fmt: skip
            bounds = [(value, value) if interval is None else interval for value, interval in values]
            axes.fill_between(
                across,
                [max(0.0, low) for low, _ in bounds],
                [min(1.0, high) for _, high in bounds],
                color=look.colour,
                alpha=0.15,
                linewidth=0,
            )
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel("words taken out, %")
        axes.set_ylabel("probability, 95 % interval")
        legend(axes)
        listed = "; ".join(
            f"{label}: "
            + ", ".join(f"{share:.0f} %: {value:.3f}" for share, (value, _) in zip(across, values, strict=True))
            for label, _, values in lines
        )
        return finish("Deletion curve", f"Mean probability of the label by share of the words taken out. {listed}.")
