"""Two models text by text: how often both, one or neither is right, and texts that only one gets right."""

from dataclasses import dataclass

from tunelet._record import Record
from tunelet.evaluation import Predictions
from tunelet.run import Run


class Outcomes(Record):
    """How many texts both models get right, only the first, only the second, or neither: McNemar's four counts."""

    both: int
    only_first: int
    only_second: int
    neither: int


@dataclass(frozen=True)
class OnlyOneRight:
    """A text that one model gets right and the other wrong.

    Attributes:
        text: as the data has it.
        label: as the data has it.
        predicted: the label that the wrong model predicts.
        probability: what that model gives to it.
    """

    text: str
    label: str
    predicted: str
    probability: float


def outcomes(first: Predictions, second: Predictions) -> Outcomes:
    """The four counts of two models on the same texts in the same order."""
    one, other = first.predicted == first.labels, second.predicted == second.labels
    return Outcomes(
        both=int((one & other).sum()),
        only_first=int((one & ~other).sum()),
        only_second=int((other & ~one).sum()),
        neither=int((~one & ~other).sum()),
    )


def right_instead(wrong: Run, right: Predictions, most: int) -> list[OnlyOneRight]:
    """Texts that a run is wrong about, most certain first, and that other predictions of the same texts get right.

    They are chosen from the few errors that the run kept with their texts, so there may be none.
    """
    rows = {name: row for row, name in enumerate(wrong.predictions.ids)}
    correct = right.predicted == right.labels
    errors = [error for error in wrong.evaluation.errors if error.id in rows and correct[rows[error.id]]]
    return [OnlyOneRight(error.text, error.label, error.predicted, error.probability) for error in errors[:most]]
