"""The figures of the results."""

from collections.abc import Sequence

from tunelet.evaluation import CurveKind, LabelCurves
from tunelet.report import _figures as figures
from tunelet.report._canvas import FAINT, RIVALS, STRONG, Figure, drawable, look
from tunelet.run import Run, rivals_of

_MEAN = "mean of all labels"
_ALL = "all decisions"  # of the micro average
_MOST = 6  # curves in a figure


def result_figures(run: Run) -> list[Figure]:
    """The curves, the confusion matrix, the reliability diagram, and accuracy by length."""
    summary, evaluation = run.summary, run.evaluation
    drawn = _curves(run)
    if len(run.label_names) <= 30:
        drawn.append(figures.confusion("confusion", run.label_names, summary.confusion.matrix))
    temperature = evaluation.temperature
    drawn.append(
        figures.calibration(
            "reliability",
            [
                figures.Bins("as trained", temperature.reliability_before, FAINT),
                figures.Bins("temperature scaled", temperature.reliability, STRONG),
            ],
        )
    )
    if len(evaluation.lengths) > 1:
        slices = [
            figures.OfLength(texts.shortest, texts.longest, texts.n, texts.accuracy, texts.accuracy_ci)
            for texts in evaluation.lengths
        ]
        drawn.append(figures.lengths("lengths", slices))
    return drawn


def roc_figure(run: Run) -> Figure | None:
    """The ROC curve alone; None where the texts do not allow one."""
    return next(iter(_curves(run, ("roc",))), None)


def _curves(run: Run, kinds: Sequence[CurveKind] = ("roc", "precision_recall")) -> list[Figure]:
    """ROC, and precision against recall: of the positive label beside the baselines', or of the labels one by one."""
    positive, curves = run.summary.positive, run.evaluation.curves
    drawn = []
    for kind in kinds:
        lines = curve_lines(curves, kind, run.label_names)
        if positive is not None:
            about = f" of {positive!r}"
            lines = [figures.Line(run.summary.model, line.curve, STRONG) for line in lines]
            for key, rival in rivals_of(run).items():
                others = curve_lines(rival.curves, kind, run.label_names)
                lines += [figures.Line(rival.name, line.curve, RIVALS[key]) for line in others]
        else:
            labels, shown = len(run.label_names), sum(line.name not in (_MEAN, _ALL) for line in lines)
            about = ", each label against the rest" + (f": the {shown} worst of {labels}" if shown < labels else "")
        if lines and kind == "roc":
            drawn.append(figures.roc("roc", lines, about))
        elif lines:
            share = curves[0].share if positive is not None else None
            drawn.append(figures.precision_recall("precision-recall", lines, about, share))
    return drawn


def curve_lines(curves: Sequence[LabelCurves], kind: CurveKind, label_names: Sequence[str]) -> list[figures.Line]:
    """The curves of a kind, each under its label: the mean first; of many labels those with the smallest areas.

    Args:
        curves: as `evaluation.json` has them.
        kind: "roc" or "precision_recall".
        label_names: of the run; their order decides the colour, so a label looks the same in every figure.
    """
    shown, place = drawable(label_names), {label: number for number, label in enumerate(label_names)}
    mean, labels = [], []
    for entry in curves:
        if (curve := entry.curve(kind)) is None:
            continue
        if entry.label is None:
            micro = entry.average == "micro"
            mean.append(figures.Line(_ALL if micro else _MEAN, curve, FAINT if micro else STRONG))
        else:
            number = place[entry.label]
            labels.append(figures.Line(shown[number], curve, look(number)))
    left = _MOST - len(mean)
    if len(labels) > left:
        labels = sorted(labels, key=lambda line: line.curve.area)[:left]
    return mean + labels
