"""What several labels a text come to label by label: calibration, what is given in whose place, what goes together."""

import numpy as np

from tunelet._record import Record
from tunelet.evaluation._calibration import ReliabilityBin, expected_calibration_error
from tunelet.evaluation._curves import LabelCurves
from tunelet.evaluation._intervals import share_interval
from tunelet.evaluation.multilabel._calibration import decision_reliability
from tunelet.evaluation.multilabel._curves import label_curves
from tunelet.evaluation.multilabel._predictions import MultilabelPredictions

_PAIRS = 20  # of labels that go together, the most frequent


class LabelCalibration(Record):
    """Whether the probability of a label is right on average.

    Attributes:
        label: its name.
        probability: the mean over the texts.
        share: of the texts that has it; share_ci: its 95 % interval (Wilson 1927).
        ece: calibration error, in 15 bins.
    """

    label: str
    probability: float
    share: float
    share_ci: tuple[float, float]
    ece: float


class InsteadRow(Record):
    """What was given to the texts that have a label.

    Attributes:
        label: its name.
        given: texts that were given it.
        instead: texts that were not, and were wrongly given each of the labels, in their order; 0 at its own place. A
            text may be counted under several.
        nothing: texts that were not given it, and nothing wrong in its place.
    """

    label: str
    given: int
    instead: tuple[int, ...]
    nothing: int


class Together(Record):
    """Two labels of one text: texts that have both, and texts that were given both."""

    first: str
    second: str
    there: int
    given: int


class MultilabelDetails(Record):
    """The details of one set of predictions of several labels a text.

    Attributes:
        curves: of all labels, the mean first.
        reliability: of all decisions.
        calibration: of each label.
        instead: of each label, what was given in its place.
        together: the pairs of labels that most texts have, or were given.
        none_there, none_given: texts that have no label, and that were given none.
    """

    curves: tuple[LabelCurves, ...]
    reliability: tuple[ReliabilityBin, ...]
    calibration: tuple[LabelCalibration, ...]
    instead: tuple[InsteadRow, ...]
    together: tuple[Together, ...]
    none_there: int
    none_given: int


def details(predictions: MultilabelPredictions) -> MultilabelDetails:
    """The details of predictions of at least one text."""
    labels, predicted = predictions.labels, predictions.predicted
    return MultilabelDetails(
        curves=label_curves(predictions),
        reliability=decision_reliability([predictions]),
        calibration=tuple(_calibration(predictions, label) for label in range(len(predictions.label_names))),
        instead=_instead(predictions),
        together=_together(predictions),
        none_there=int((~labels.any(axis=1)).sum()),
        none_given=int((~predicted.any(axis=1)).sum()),
    )


def _calibration(predictions: MultilabelPredictions, label: int) -> LabelCalibration:
    truth, scores = predictions.labels[:, label], predictions.probabilities[:, label]
    return LabelCalibration(
        label=predictions.label_names[label],
        probability=float(scores.mean()),
        share=float(truth.mean()),
        share_ci=share_interval(int(truth.sum()), len(truth)),
        ece=expected_calibration_error(scores, truth),
    )


def _instead(predictions: MultilabelPredictions) -> tuple[InsteadRow, ...]:
    labels, predicted = predictions.labels, predictions.predicted
    missed, wrong = labels & ~predicted, predicted & ~labels
    matrix = missed.T.astype(np.int64) @ wrong.astype(np.int64)
    nothing = missed[~wrong.any(axis=1)].sum(axis=0)
    return tuple(
        InsteadRow(
            label=name,
            given=int((labels & predicted)[:, row].sum()),
            instead=tuple(matrix[row].tolist()),
            nothing=int(nothing[row]),
        )
        for row, name in enumerate(predictions.label_names)
    )


def _together(predictions: MultilabelPredictions) -> tuple[Together, ...]:
    names = predictions.label_names
    there, given = (
        which.T.astype(np.int64) @ which.astype(np.int64) for which in (predictions.labels, predictions.predicted)
    )
    pairs = [(int(there[a, b]), int(given[a, b]), a, b) for a in range(len(names)) for b in range(a + 1, len(names))]
    most = sorted((pair for pair in pairs if pair[0] or pair[1]), key=lambda pair: (-max(pair[:2]), pair[2:]))[:_PAIRS]
    return tuple(Together(first=names[a], second=names[b], there=had, given=got) for had, got, a, b in most)
