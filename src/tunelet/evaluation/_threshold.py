"""Where to cut between two classes, chosen on validation texts for a named aim.

The aims: "f1" (the highest F1 of the positive class), "precision:0.95" (the highest recall with at least that
precision), "cost:1:5" (the least cost, where a false positive costs 1 and a false negative 5). A text is called
positive where its probability is at least the threshold.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record, Value
from tunelet.errors import RecipeError
from tunelet.evaluation._predictions import Predictions

_PATTERN = r"f1|precision:[0-9.]+|cost:[0-9.]+:[0-9.]+"


@dataclass(frozen=True)
class Threshold:
    """The probability from which on a text is called positive, chosen for an aim.

    Attributes:
        aim: as the recipe names it.
        value: probability of the positive class.
        reached: whether the aim is met on the texts that it was chosen on; if not, this threshold comes nearest to it.
    """

    aim: str
    value: float
    reached: bool


class Operation(Record):
    """What a threshold does to texts; None where undefined.

    Attributes:
        accuracy, precision, recall, f1: of the positive class.
        false_positives, false_negatives: counts.
    """

    accuracy: float
    precision: Value
    recall: Value
    f1: Value
    false_positives: int
    false_negatives: int


class ThresholdRecord(Record):
    """A threshold, and what it does to the texts that are reported on, beside one half.

    Attributes:
        positive: the label that texts get from this probability on.
        aim, value, reached: as `Threshold` has them.
        chosen_on: always "validation".
        at_half, at_threshold: figures of the reported texts with a threshold of 0.5, and with this one.
    """

    positive: str
    aim: str
    value: float
    reached: bool
    chosen_on: Literal["validation"]
    at_half: Operation
    at_threshold: Operation


def check_aim(aim: str) -> None:
    """Check that an aim is one of the three; RecipeError says what is wrong with it."""
    if not re.fullmatch(_PATTERN, aim):
        raise RecipeError(
            f"evaluation.threshold: expected f1, precision:SHARE or cost:FALSE_POSITIVE:FALSE_NEGATIVE, found {aim!r}",
            'write for example evaluation.threshold = "precision:0.95"',
        )
    kind, *numbers = aim.split(":")
    try:
        values = [float(number) for number in numbers]
    except ValueError:
        raise RecipeError(f"evaluation.threshold: {aim!r} has a number that cannot be read", "write 0.95") from None
    if kind == "precision" and not 0 < values[0] <= 1:
        raise RecipeError(f"evaluation.threshold: a precision is between 0 and 1, found {numbers[0]}", "write 0.95")
    if kind == "cost" and not sum(values) > 0:
        raise RecipeError("evaluation.threshold: one of the two costs must be above 0", "write for example cost:1:5")


def choose_threshold(truth: NDArray[np.bool_], score: NDArray[np.float64], aim: str) -> Threshold:
    """The threshold for an aim; the largest of several equally good ones.

    Args:
        truth: whether a text is of the positive class, bool [n]; both classes occur.
        score: its probability, float64 [n].
        aim: as the module's docstring lists them.

    Raises:
        RecipeError: there is no such aim.
    """
    check_aim(aim)
    order = np.argsort(-score, kind="stable")
    falling = score[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))  # of each run of equal scores
    hits = np.cumsum(truth[order])[last].astype(np.float64)
    called = (last + 1).astype(np.float64)
    positives = float(truth.sum())
    kind, *numbers = aim.split(":")
    reached = True
    if kind == "f1":
        gain = 2 * hits / (called + positives)
    elif kind == "precision":
        precision = hits / called
        enough = precision >= float(numbers[0])
        reached = bool(enough.any())
        gain = np.where(enough, hits, -1.0) if reached else precision
    else:
        false_positive, false_negative = map(float, numbers)
        gain = -(false_positive * (called - hits) + false_negative * (positives - hits))
        if gain.max() <= -false_negative * positives:  # nothing is cheaper than to call nothing positive
            return Threshold(aim, float(np.nextafter(falling[0], np.inf)), reached)
    return Threshold(aim, _between(falling, int(last[int(np.argmax(gain))])), reached)


def operate(truth: NDArray[np.bool_], score: NDArray[np.float64], threshold: float) -> Operation:
    """The figures of calling texts positive from a threshold on; precision and recall from scikit-learn."""
    from sklearn import metrics as sk

    called = score >= threshold
    precision, recall, f1, _ = sk.precision_recall_fscore_support(
        truth, called, average="binary", pos_label=True, zero_division=np.nan
    )
    return Operation(
        accuracy=float((called == truth).mean()),
        precision=float(precision),
        recall=float(recall),
        f1=float(f1),
        false_positives=int((called & ~truth).sum()),
        false_negatives=int((~called & truth).sum()),
    )


def threshold_record(
    validation: Predictions, reported: Predictions, aim: str, positive: int | None
) -> ThresholdRecord | None:
    """The threshold of the validation texts; None for more than two classes, or where one of the two has no text.

    Args:
        validation: predictions that it is chosen on.
        reported: predictions that it is measured on.
        aim: as the module's docstring lists them.
        positive: index of the positive class.
    """
    if positive is None or len(reported.label_names) > 2:
        return None
    truth = validation.labels == positive
    if not 0 < truth.sum() < len(truth):
        return None
    chosen = choose_threshold(truth, validation.probabilities[:, positive], aim)
    truth, score = reported.labels == positive, reported.probabilities[:, positive]
    return ThresholdRecord(
        positive=reported.label_names[positive],
        aim=chosen.aim,
        value=chosen.value,
        reached=chosen.reached,
        chosen_on="validation",
        at_half=operate(truth, score, 0.5),
        at_threshold=operate(truth, score, chosen.value),
    )


def _between(falling: NDArray[np.float64], last: int) -> float:
    """Half-way between the last score that is called positive and the next lower one, to leave room on both sides."""
    if last + 1 == len(falling):
        return float(falling[last])
    middle = float(falling[last] + falling[last + 1]) / 2
    return middle if middle > falling[last + 1] else float(falling[last])


def aim_in_words(aim: str, positive: Any) -> str:
    """What a threshold is chosen for, as a phrase for a page."""
    kind, *numbers = aim.split(":")
    if kind == "f1":
        return f"the highest F1 of {positive!r}"
    if kind == "precision":
        return f"the highest recall of {positive!r} with a precision of at least {float(numbers[0]):g}"
    return f"the least cost, {float(numbers[0]):g} a false {positive!r} and {float(numbers[1]):g} a missed one"
