"""For notebooks: figures of a run or a comparison in a cell, and data and model that are to be had on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunelet.comparison import Comparison
from tunelet.errors import RunError
from tunelet.run import Run, RunGroup, free_folder


@dataclass(frozen=True)
class Setting:
    """What a notebook trains on, and with what.

    Attributes:
        name: of its runs.
        data: DATA as `tunelet.train` takes it.
        model: short name.
        recipe: name.
        settings: that the notebooks' comparison changes.
        told: the choice with its reason, for the reader.
    """

    name: str
    data: str
    model: str
    recipe: str
    told: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def folder(self, kind: str = "") -> Path:
        """A place for a run that is not taken: runs/NAME, runs/NAME-2 and so on, beside the notebook.

        Args:
            kind: of run, after the name.
        """
        return free_folder(Path("runs") / (f"{self.name}-{kind}" if kind else self.name))


def choose(model: str) -> Setting:
    """IMDb and the model where the Hub has them, else the reviews and the encoder that install with tunelet.

    Args:
        model: "distilbert" or "albert".
    """
    from tunelet import hub
    from tunelet.checkpoint import SHORT_NAMES

    found = hub.look_up(SHORT_NAMES[model], "model", timeout=hub.QUICK, offline_hint="run the cell again")
    if not isinstance(found, hub.OutOfReach):
        return Setting(
            model, "imdb", model, f"{model}-imdb-2k", f"{SHORT_NAMES[model]} on 2,000 reviews of IMDb, from the Hub"
        )
    rank = 2 if model == "albert" else 8
    told = (
        f"The Hub is out of reach ({found.reason}): this is MiniLM on the reviews that ship with tunelet, in the place "
        f"of {SHORT_NAMES[model]} on IMDb. Its figures say nothing about {model}."
    )
    return Setting(f"minilm-rank-{rank}", "sample", "minilm", "quickstart", told, {"adapter.rank": rank})


def show(found: Run | RunGroup | Comparison, *names: str) -> None:
    """Show figures of a run or a comparison in a cell.

    Args:
        found: whose.
        names: of the figures; none: all.

    Raises:
        RunError: there is no such figure.
    """
    from IPython.display import SVG, display

    from tunelet.report import comparison_document, for_file, group_document

    document = comparison_document(found) if isinstance(found, Comparison) else group_document(RunGroup.given(found))
    figures = {figure.name: figure for figure in document.figures}
    for name in names or figures:
        if name not in figures:
            raise RunError(f"no figure {name!r}", f"there are {', '.join(figures)}")
        figure = figures[name]
        display(SVG(for_file(figure.svg.replace("<svg ", '<svg width="480" ', 1), figure.title, figure.alternative)))
