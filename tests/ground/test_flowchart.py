"""Diagrams: every box and arrow is there, arrows lead down, no box lies on another, and the file asks for nothing."""

import re
import xml.etree.ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from flowchart import drawing

SVG = "{http://www.w3.org/2000/svg}"
# From a larger number to a smaller one: no circle.
ARROWS = st.lists(
    st.tuples(st.integers(1, 11), st.integers(0, 10)).filter(lambda pair: pair[0] > pair[1]), min_size=1, unique=True
)


@settings(max_examples=60, deadline=None)
@given(ARROWS, st.data())
def test_any_graph_is_drawn_in_whole_from_top_to_bottom(numbers, data):
    arrows = [(f"room{high}", f"room{low}") for high, low in numbers]
    back = [arrow[::-1] for arrow in data.draw(st.lists(st.sampled_from(arrows), unique=True, max_size=2))]
    drawn = drawing(arrows, back, {"room1": "a <b> & c"})
    assert drawn == drawing(arrows, back, {"room1": "a <b> & c"})
    root = ET.fromstring(drawn)  # noqa: S314  (our own)
    lines = [path for path in root.iter(f"{SVG}path") if path.get("marker-end")]
    assert len(lines) == len(arrows) + len(back)
    assert [line.get("class") for line in lines] == [None] * len(arrows) + ["back"] * len(back)
    names = {name for arrow in arrows for name in arrow}
    assert sorted(text.text for text in root.iter(f"{SVG}text")) == sorted(
        "a <b> & c" if name == "room1" else name for name in names
    )
    for line in lines:
        heights = [float(y) for _, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", line.get("d"))]
        assert heights == sorted(heights, reverse=line.get("class") == "back")
        assert heights[0] != heights[-1]
    width, height = map(float, root.get("viewBox").split()[2:])
    boxes = [tuple(float(box.get(key)) for key in ("x", "y", "width", "height")) for box in root.iter(f"{SVG}rect")]
    for at, (x, y, w, h) in enumerate(boxes):
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height
        for u, v, other_w, _ in boxes[at + 1 :]:
            assert y != v or x + w < u or u + other_w < x


def test_it_has_colours_for_light_and_dark_and_needs_no_network():
    drawn = drawing([("a", "b")])
    assert "prefers-color-scheme: dark" in drawn
    assert re.findall(r"https?://[^\"]+", drawn) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in drawn
