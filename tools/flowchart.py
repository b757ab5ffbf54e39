"""Boxes and arrows as an SVG that needs no script and no network: who imports stands above what is imported.

Drawn in layers (Sugiyama, Tagawa and Toda 1981): a box stands above all that its arrows lead to, an arrow over several
layers goes through a place of its own in each, places of a layer are ordered so that few arrows cross, and lie as close
to the middle of their neighbours as their widths allow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from xml.sax.saxutils import escape

from sklearn.isotonic import isotonic_regression

_LETTER, _HEIGHT, _STOREY, _GAP, _MARGIN = 7.5, 30, 68, 22, 12  # pixels
_THROUGH = 8  # pixels that an arrow takes in a layer between
_BESIDE = 14  # pixels from a dashed arrow to another that may run the other way
_SWEEPS = 24
# Boxes have their own ground, and arrows a grey that is seen on any: a page may be dark where the system is light.
_STYLE = """
text { font: 14px system-ui, sans-serif; text-anchor: middle; dominant-baseline: central; fill: #1f2328 }
rect { fill: #eef1f5; stroke: #7d8590; rx: 6px }
path { fill: none; stroke: #7d8590; stroke-width: 1.3 }
marker path { fill: #7d8590; stroke: none }
.back { stroke: #c4432b; stroke-dasharray: 6 4 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } rect { fill: #2d333b } .back { stroke: #f0795f } }
"""
_HEAD = """<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"
 markerUnits="userSpaceOnUse"><path d="M0,0 8,4 0,8z"/></marker></defs>"""


@dataclass(eq=False)
class _Place:
    """A box, or the place of an arrow in a layer that it goes through."""

    name: str
    layer: int
    width: float
    above: list["_Place"] = field(default_factory=list)
    below: list["_Place"] = field(default_factory=list)
    x: float = 0.0

    def __post_init__(self) -> None:
        self.y = -float(self.layer * _STOREY)


Arrow = tuple[str, str]


def drawing(arrows: Sequence[Arrow], back: Sequence[Arrow] = (), names: Mapping[str, str] | None = None) -> str:
    """The SVG of a graph.

    Args:
        arrows: from and to; among them there may be no circle.
        back: arrows that run up and are dashed.
        names: what stands in a box where it is not the box's own name.
    """
    named = names or {}
    layers = _layers(arrows)
    boxes = {
        name: _Place(name, layer, len(named.get(name, name)) * _LETTER + 2 * _MARGIN) for name, layer in layers.items()
    }
    routes = [(_route(boxes, *arrow), False) for arrow in arrows]
    routes += [(_route(boxes, *arrow[::-1])[::-1], True) for arrow in back]
    rows: list[list[_Place]] = [[] for _ in range(max(layers.values()) + 1)]
    for place in [*boxes.values(), *dict.fromkeys(place for route, _ in routes for place in route[1:-1])]:
        rows[place.layer].append(place)
    _order(rows)
    _spread(rows)
    return _svg(boxes, routes, named)


def _layers(arrows: Sequence[Arrow]) -> dict[str, int]:
    """Box -> its layer from below, one above the highest that it leads to."""
    leads: dict[str, list[str]] = {name: [] for arrow in arrows for name in arrow}
    for name, one in arrows:
        leads[name].append(one)
    found: dict[str, int] = {}

    def layer(name: str) -> int:
        if name not in found:
            found[name] = max((layer(one) + 1 for one in leads[name]), default=0)
        return found[name]

    return {name: layer(name) for name in sorted(leads)}


def _route(boxes: Mapping[str, _Place], name: str, one: str) -> list[_Place]:
    """The places of an arrow, which are neighbours from now on; it leads down, or a dashed one's other way does."""
    high, low = boxes[name], boxes[one]
    between = [_Place("", layer, _THROUGH) for layer in range(high.layer - 1, low.layer, -1)]
    route = [high, *between, low]
    for upper, lower in pairwise(route):
        upper.below.append(lower)
        lower.above.append(upper)
    return route


def _order(rows: list[list[_Place]]) -> None:
    """Order the places of each layer by the mean position of their neighbours, the best of some sweeps up and down."""
    best, least = [list(row) for row in rows], _crossings(rows)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in reversed(rows) if down else rows:
            at = {place: number for one in rows for number, place in enumerate(one)}
            means = {place: _mean([at[other] for other in (place.above if down else place.below)]) for place in row}
            row.sort(key=lambda place: at[place] if means[place] is None else means[place])
        if (crossings := _crossings(rows)) < least:
            best, least = [list(row) for row in rows], crossings
    rows[:] = best


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _crossings(rows: list[list[_Place]]) -> int:
    count = 0
    for row, lower in zip(rows[1:], rows, strict=False):
        at = {place: number for number, place in enumerate(lower)}
        ends = [(number, at[other]) for number, place in enumerate(row) for other in place.below]
        count += sum(a < c and b > d for a, b in ends for c, d in ends)
    return count


def _spread(rows: list[list[_Place]]) -> None:
    """Place all as near to the mean of their neighbours as the widths allow, least squares layer by layer."""
    offsets = []
    for row in rows:
        offset, total = [], 0.0
        for place in row:
            offset.append(total + place.width / 2)
            total += place.width + _GAP
        offsets.append(offset)
        for place, at in zip(row, offset, strict=True):
            place.x = at - total / 2
    for sweep in range(_SWEEPS):
        order = list(zip(rows, offsets, strict=True))
        for row, offset in order if sweep % 2 else reversed(order):
            wanted = [_mean([other.x for other in (*place.above, *place.below)]) for place in row]
            free = [(place.x if x is None else x) - at for place, x, at in zip(row, wanted, offset, strict=True)]
            # What an arrow goes through counts more, so that long arrows are straight.
            weights = [1.0 if place.name else 3.0 for place in row]
            for place, moved, at in zip(row, isotonic_regression(free, sample_weight=weights), offset, strict=True):
                place.x = float(moved) + at


def _svg(boxes: Mapping[str, _Place], routes: Sequence[tuple[list[_Place], bool]], named: Mapping[str, str]) -> str:
    places = [*boxes.values(), *(place for route, _ in routes for place in route)]
    left = min(place.x - place.width / 2 for place in places) - _MARGIN
    right = max(place.x + place.width / 2 for place in places) + _MARGIN
    top = min(place.y for place in places) - _HEIGHT / 2 - _MARGIN
    width, height = right - left, _HEIGHT / 2 + _MARGIN - top
    for place in set(places):
        place.x, place.y = place.x - left, place.y - top
    size = f'width="{width:.0f}" height="{height:.0f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" {size} role="img">',
        f"<style>{_STYLE}</style>",
        _HEAD,
    ]
    for route, is_back in routes:
        name, one = route[0].name, route[-1].name
        kind = ' class="back"' if is_back else ""
        title = escape(f"{named.get(name, name)} imports {named.get(one, one)}")
        line = _line(route, _BESIDE * is_back)
        lines.append(f'<path{kind} marker-end="url(#end)" d="{line}"><title>{title}</title></path>')
    for name, box in boxes.items():
        corner = f'x="{box.x - box.width / 2:.1f}" y="{box.y - _HEIGHT / 2:.1f}"'
        lines.append(f'<rect {corner} width="{box.width:.1f}" height="{_HEIGHT}"/>')
        lines.append(f'<text x="{box.x:.1f}" y="{box.y:.1f}">{escape(named.get(name, name))}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _line(route: Sequence[_Place], beside: float) -> str:
    """A smooth line through the places or beside them, upright at each, from edge to edge of the boxes at its ends."""
    up = -1 if route[-1].layer > route[0].layer else 1
    points = [(place.x + beside, place.y) for place in route]
    points[0] = (points[0][0], points[0][1] + up * _HEIGHT / 2)
    points[-1] = (points[-1][0], points[-1][1] - up * _HEIGHT / 2)
    said = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for (x, y), (u, v) in pairwise(points):
        said += f" C{x:.1f},{(y + v) / 2:.1f} {u:.1f},{(y + v) / 2:.1f} {u:.1f},{v:.1f}"
    return said
