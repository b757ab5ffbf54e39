"""The figure that decides, of an export and of its source on the same texts: accuracy, or what other labels have."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet.evaluation import (
    Predictions,
    compare_figures,
    difference_interval,
    mcnemar,
    measure,
    predictions_for,
)
from tunelet.run import FigureRecord, Task

_RESAMPLES = 1_000


def figure_of(
    task: Task, labels: NDArray[Any], reference: NDArray[np.float64], found: NDArray[np.float64]
) -> FigureRecord:
    """What both come to, and the difference with its interval for these texts in pairs.

    Args:
        task: the labels.
        labels: of n texts, as `LabelSpace.encode` gives them.
        reference, found: probabilities of the source and of the export, [n, labels], or numbers [n, 1].
    """
    ids = tuple(map(str, range(len(labels))))
    if task.shape == "multiclass":
        counts = mcnemar(*(Predictions(ids, task.label_names, labels, each) for each in (reference, found)))
        ci = difference_interval(counts.only_first, counts.only_second, len(labels))
        values = [float((each.argmax(axis=1) == labels).mean()) for each in (reference, found)]
        return FigureRecord(
            name="accuracy", words="accuracy", source=values[0], export=values[1], difference=values[1] - values[0],
            difference_ci=ci,
        )  # fmt: skip
    before, after = (
        predictions_for(task.shape, ids, task.label_names, labels, each, task.thresholds, task.reach)
        for each in (reference, found)
    )
    measured = [measure(each, resamples=0) for each in (before, after)]
    main = measured[0].main
    (pair,) = compare_figures({"source": [before], "export": [after]}, resamples=_RESAMPLES)
    return FigureRecord(
        name=main, words=measured[0].named()[main], source=measured[0].value(main), export=measured[1].value(main),
        difference=pair.difference(main), difference_ci=pair.intervals[main],
    )  # fmt: skip
