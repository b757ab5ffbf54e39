"""The figures of the results."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tunelet.report import _figures as figures
from tunelet.report._canvas import Figure, drawable
from tunelet.run import Run

_MEAN = "mean of all labels"


def result_figures(run: Run) -> list[Figure]:
    """Curves, confusion matrix, reliability, lengths."""
    summary, evaluation = run.summary, run.evaluation
    found = []
    baseline = evaluation["baseline"]
    two = len(run.label_names) == 2
    model = str(summary["model"])
    for kind, draw in (("roc", figures.roc), ("precision_recall", _precision_recall(evaluation, two=two))):
        lines = curve_lines(evaluation["curves"], kind)
        if two:
            lines = [figures.Line(model, line.curve) for line in lines]
            if baseline is not None:
                lines += [figures.Line("baseline", line.curve, True) for line in curve_lines(baseline["curves"], kind)]
            about = f" of {summary['positive']!r}"
        else:
            labels, shown = len(run.label_names), sum(line.name != _MEAN for line in lines)
            about = ", each label against the rest" + (f": the {shown} worst of {labels}" if shown < labels else "")
        if lines:
            found.append(draw(kind.replace("_", "-"), lines, about))
    if len(run.label_names) <= 30:
        found.append(figures.confusion("confusion", run.label_names, summary["confusion"]["matrix"]))
    temperature = evaluation["temperature"]
    scaled = {"as trained": temperature["reliability_before"], "temperature scaled": temperature["reliability"]}
    found.append(figures.calibration("reliability", scaled))
    if len(evaluation["lengths"]) > 1:
        found.append(figures.lengths("lengths", evaluation["lengths"]))
    return found


def _precision_recall(evaluation: Mapping[str, Any], *, two: bool) -> Callable[[str, list[figures.Line], str], Figure]:
    share = evaluation["curves"][0]["share"] if two else None
    return lambda name, lines, about: figures.precision_recall(name, lines, about, share)


def curve_lines(curves: Sequence[Mapping[str, Any]], kind: str, most: int = 6) -> list[figures.Line]:
    """Curves that there are, each under its label: the mean of all first, then those of the least area."""
    there = [entry for entry in curves if entry[kind] is not None]
    mean = [figures.Line(_MEAN, entry[kind]) for entry in there if entry["label"] is None]
    names = drawable([str(entry["label"]) for entry in there if entry["label"] is not None])
    labels = [
        figures.Line(name, entry[kind])
        for name, entry in zip(names, (entry for entry in there if entry["label"] is not None), strict=True)
    ]
    left = most - len(mean)
    if len(labels) > left:
        labels = sorted(labels, key=lambda line: line.curve["area"])[:left]
    return mean + labels
