"""Two models text by text: how often both, one or neither is right, and texts that only one gets right."""

from dataclasses import dataclass

from tunelet._record import Record
from tunelet.evaluation import AnyPredictions, exactly_right
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
        probability: what that model gives to it; None: it has none.
    """

    text: str
    label: str
    predicted: str
    probability: float | None


def outcomes(first: AnyPredictions, second: AnyPredictions) -> Outcomes | None:
    """The four counts of two models on the same texts in the same order; None where no answer is exactly right."""
    one, other = exactly_right(first), exactly_right(second)
    if one is None or other is None:
        return None
    return Outcomes(
        both=int((one & other).sum()),
        only_first=int((one & ~other).sum()),
        only_second=int((other & ~one).sum()),
        neither=int((~one & ~other).sum()),
    )


def right_instead(wrong: Run, right: AnyPredictions, most: int) -> list[OnlyOneRight]:
    """Texts that a run is wrong about, most certain first, and that other predictions of the same texts get right.

    They are chosen from the few errors that the run kept with their texts, so there may be none.
    """
    correct = exactly_right(right)
    if correct is None:
        return []
    rows = {name: row for row, name in enumerate(wrong.any_predictions.ids)}
    errors = [error for error in wrong.any_evaluation.errors if error.id in rows and correct[rows[error.id]]]
    return [OnlyOneRight(error.text, error.label, error.predicted, error.probability) for error in errors[:most]]
