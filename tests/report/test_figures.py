"""Figures: a legend lies on no curve, a label keeps its colour and its name, single texts make no line."""

import pytest

from tunelet.evaluation import DrawnCurve, LabelCurves, ReliabilityBin
from tunelet.report import _figures as figures
from tunelet.report._canvas import canvas, legend, look, wrapped
from tunelet.report.run_page import curve_lines

NAMES = [f"a label of many words, which nobody would shorten, number {n}" for n in range(12)]


def curve(area: float) -> DrawnCurve:
    return DrawnCurve(x=(0.0, 0.5, 1.0), y=(0.0, area, 1.0), area=area)


@pytest.mark.parametrize("count", [2, 6, 12])
def test_a_legend_stands_under_the_axes_and_takes_nothing_from_them(count):
    with canvas("plain") as (axes, _):
        axes.plot([0, 1], [0, 1])
        axes.figure.draw_without_rendering()
        before = axes.get_window_extent().height
    with canvas("named") as (axes, _):
        for name in NAMES[:count]:
            axes.plot([0, 1], [0, 1], label=name)
        legend(axes)
        axes.figure.draw_without_rendering()
        box, around = axes.figure.legends[0].get_window_extent(), axes.get_tightbbox()
        assert box.y1 <= around.y0 + 1
        assert box.y0 >= -1
        assert box.x1 <= axes.figure.bbox.x1 + 1
        assert axes.get_window_extent().height >= 0.85 * before
        assert {text.get_text().replace("\n", " ") for text in axes.figure.legends[0].get_texts()} == set(NAMES[:count])


def test_a_label_is_drawn_alike_whichever_labels_are_the_worst():
    curves = [LabelCurves(label=None, share=None, roc=curve(0.8), precision_recall=None)] + [
        LabelCurves(label=name, share=1 / 12, roc=curve(0.5 + n / 30), precision_recall=curve(0.9 - n / 30))
        for n, name in enumerate(NAMES)
    ]
    shown = {kind: curve_lines(curves, kind, NAMES) for kind in ("roc", "precision_recall")}
    assert [line.name for line in shown["roc"][1:]] != [line.name for line in shown["precision_recall"]]
    for lines in shown.values():
        assert len(lines) == 6
        assert len({(line.look.colour, line.look.dashes) for line in lines}) == 6
        for line in lines:
            if line.name in NAMES:
                assert line.look == look(NAMES.index(line.name))


def test_a_long_label_is_wrapped_and_only_beyond_some_lines_cut():
    name = "Complaint about the staff on the telephone"
    assert wrapped(name, 22, 3).replace("\n", " ") == name
    assert len(wrapped(name * 9, 22, 3).splitlines()) == 3
    assert wrapped(name * 9, 22, 3).endswith("…")


def test_only_neighbouring_bins_of_enough_texts_are_joined():
    sizes = {0.2: 40, 0.3: 1, 0.4: 30, 0.5: 20, 0.7: 50}
    bins = [
        ReliabilityBin(low=low, high=low + 0.1, n=n, confidence=low + 0.05, accuracy=0.5, accuracy_ci=(0.3, 0.7))
        for low, n in sizes.items()
    ]
    assert [(left.low, right.low) for left, right in figures.joined(bins)] == [(0.4, 0.5)]
    found = figures.calibration("reliability", [figures.Bins("a model", bins, look(0))])
    assert "fewer than" in found.title
    assert "0.35 is right in 0.50" in found.alternative
