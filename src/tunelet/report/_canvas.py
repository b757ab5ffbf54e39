"""The house's style for figures: axes to draw on, and the picture as SVG that can stand beside others in one page.

matplotlib draws; letters become paths, so a figure looks the same everywhere. Ids are made unique, for many figures
stand in one page. A label in letters for which this machine has no font is drawn as a number: see `drawable`.
"""

import io
import math
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

from tunelet.report._palette import ROLES, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Paper

WIDTH, HEIGHT = 4.4, 3.5  # inches; the page scales
_LETTER, _LINE = 0.068, 0.19  # of a legend, in inches, roughly
_FONTS = (  # the first comes with matplotlib; the others where the system has them, for the letters that it lacks
    "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Hiragino Sans", "PingFang SC", "Apple SD Gothic Neo",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Noto Sans Devanagari", "Noto Sans Thai", "Noto Sans Bengali",
)  # fmt: skip
INK, QUIET, LINE = (ROLES[name].marker for name in ("ink", "quiet", "line"))


@dataclass(frozen=True)
class Figure:
    """A finished picture of a report.

    Attributes:
        name: of its file, without ending.
        title: one line.
        alternative: what it shows, for readers who do not see it.
        svg: in marker colours.
        wide: whether it needs the whole width of a printed page.
    """

    name: str
    title: str
    alternative: str
    svg: str
    wide: bool = False


@dataclass(frozen=True)
class Look:
    """How a label, a model or a series is drawn: the same in every figure of a page.

    Attributes:
        colour: a marker colour.
        marker: of its points.
        dashes: kind of its line.
    """

    colour: str
    marker: str = "o"
    dashes: str = "-"


def look(index: int) -> Look:
    """The look of a label or a model by its number on the page; when colours repeat, line and points change."""
    rounds, number = divmod(index, len(SERIES))
    return Look(ROLES[SERIES[number]].marker, "osD^vP"[rounds % 6], ("-", "-.", ":")[rounds % 3])


# Curves of no single label or model are grey: the mean of all labels, baselines, a model without its temperature.
STRONG, FAINT = Look(INK), Look(QUIET, "s")
RIVALS = {"baseline": Look(QUIET, "D", "--"), "probe": Look(QUIET, "P", ":")}  # by key of `evaluation.json`


def drawable(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels as figures show them: a label with a letter that no installed font has becomes a number."""
    letters = _letters()
    return tuple(
        label if all(ord(c) in letters or c.isspace() for c in label) else f"label {number}"
        for number, label in enumerate(labels, start=1)
    )


@cache
def _fonts() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    there = set(fontManager.get_font_names())
    return tuple(name for name in _FONTS if name in there)


@cache
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(letter for name in _fonts() for letter in get_font(findfont(name)).get_charmap())


@contextmanager
def canvas(
    name: str, width: float = WIDTH, height: float = HEIGHT
) -> Iterator[tuple["Axes", Callable[[str, str], Figure]]]:
    """Axes in the house's style, and a function from title and alternative text to the finished figure."""
    with panels(name, 1, 1, width, height) as ((axes,), finish):
        yield axes, finish


@contextmanager
def panels(
    name: str, rows: int, columns: int, width: float, height: float
) -> Iterator[tuple[list["Axes"], Callable[[str, str], Figure]]]:
    """The same with several axes, row after row."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Paper

    style = {
        "font.family": list(_fonts()),
        "font.size": 9,
        "text.color": INK,
        "text.parse_math": False,  # a label may hold dollar signs
        "axes.labelcolor": INK,
        "axes.edgecolor": QUIET,
        "axes.facecolor": "none",
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": LINE,
        "grid.linewidth": 0.6,
        "xtick.color": QUIET,
        "ytick.color": QUIET,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "legend.frameon": False,
        "legend.fontsize": 8,
        "svg.fonttype": "path",
        "svg.hashsalt": "tunelet",
    }
    with mpl.rc_context(style):
        paper = Paper(figsize=(width, height), layout="constrained")
        axes = [paper.add_subplot(rows, columns, number + 1) for number in range(rows * columns)]

        def finish(title: str, alternative: str) -> Figure:
            written = io.StringIO()
            paper.patch.set_alpha(0)
            FigureCanvasSVG(paper).print_svg(written, metadata={"Date": None, "Creator": None})
            return Figure(name, title, alternative, _tidy(written.getvalue(), name), width > WIDTH)

        yield axes, finish


def wrapped(text: str, width: int, lines: int) -> str:
    """One text on several lines, cut where it is longer than all of them."""
    return "\n".join(textwrap.wrap(" ".join(text.split()), width, max_lines=lines, placeholder=" …"))


def legend(axes: "Axes") -> None:
    """Put the legend under the axes, where no curve is, and make the picture higher by as much."""
    handles, names = axes.get_legend_handles_labels()
    if not names:
        return
    paper = cast("Paper", axes.figure)
    width, height = paper.get_size_inches()
    room = int(width / _LETTER) - 6  # letters that stand beside one another
    columns = max(1, min(len(names), room // (max(map(len, names)) + 6)))
    names = [wrapped(name, room, 2) for name in names]
    lines = sum(name.count("\n") + 1 for name in names)
    paper.set_size_inches(width, height + _LINE * math.ceil(lines / columns) + 0.1)
    paper.legend(handles, names, loc="outside lower left", ncols=columns)


def spread(values: Sequence[float], intervals: Sequence[Sequence[float]]) -> list[list[float]]:
    """Intervals as matplotlib's error bars take them: how far below, how far above."""
    pairs = list(zip(values, intervals, strict=True))
    return [
        [max(0.0, value - low) for value, (low, _) in pairs],
        [max(0.0, high - value) for value, (_, high) in pairs],
    ]


def _tidy(svg: str, name: str) -> str:
    """The SVG without prologue and fixed size, its ids made unique by the figure's name."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
