"""The curve of the loss in training."""

from collections.abc import Sequence
from dataclasses import dataclass

from tunelet.report._canvas import FAINT, STRONG, Figure, canvas, legend


@dataclass(frozen=True)
class LossAt:
    """A loss, and the epochs that were trained before it was measured."""

    epoch: float
    loss: float


def history(name: str, steps: Sequence[LossAt], epochs: Sequence[LossAt]) -> Figure:
    """Training loss over the steps, and validation loss after each epoch where texts were held out."""
    from matplotlib.ticker import MaxNLocator

    with canvas(name) as (axes, finish):
        if steps:
            axes.plot(
                [entry.epoch for entry in steps],
                [entry.loss for entry in steps],
                color=FAINT.colour,
                linewidth=1.2,
                label="training",
            )
        if epochs:
            axes.plot(
                [entry.epoch for entry in epochs],
                [entry.loss for entry in epochs],
                color=STRONG.colour,
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
        legend(axes)
        text = f"Loss while training. Of training texts at the end: {steps[-1].loss:.3f}. " if steps else ""
        if epochs:
            losses = ", ".join(f"{entry.loss:.3f} after epoch {entry.epoch}" for entry in epochs)
            text += f"On validation texts: {losses}."
        return finish("Loss", text.strip())
