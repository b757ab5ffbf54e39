"""The answers to texts, one by one, as a caller gets them: a class for each shape of labels."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """The answer to one text.

    >>> prediction = tunelet.Classifier.load("runs/first").predict("A joy from start to end.")[0]
    >>> prediction.probabilities[prediction.label] == prediction.probability
    True

    Attributes:
        label: None where no label was probable enough for `min_confidence`, or there is no text.
        probability: of that label; where none was probable enough, of the one that would have been; NaN without a text.
        probabilities: of every label.
    """

    label: str | None
    probability: float
    probabilities: dict[str, float]


@dataclass(frozen=True)
class LabelsPrediction(Prediction):
    """The answer to one text that may have several labels.

    >>> tunelet.LabelsPrediction("joy;love", 0.9, {"joy": 0.9, "love": 0.7}, ("joy", "love")).labels
    ('joy', 'love')

    Attributes:
        label: the labels as they are written, in order, with the separator between them; "": none of them; None: there
            is no text.
        probability: of the likeliest label, whether or not it is given.
        labels: those that are given, the likeliest first.
    """

    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class RatingPrediction(Prediction):
    """The answer to one text that has a rating.

    >>> tunelet.RatingPrediction("4", 0.6, {"4": 0.6, "5": 0.4}, 4.4).expected
    4.4

    Attributes:
        label: the median of the distribution over the ratings, as a name; probability: its own.
        expected: the mean of that distribution.
    """

    expected: float = math.nan


@dataclass(frozen=True)
class NumberPrediction(Prediction):
    """The answer to one text that has a number.

    >>> tunelet.NumberPrediction("3.5", float("nan"), {}, 3.5, 2.0, 5.0).high
    5.0

    Attributes:
        label: the number as text, rounded; None: there is no text. probability: NaN; probabilities: none.
        value: the number; NaN without a text.
        low, high: of the interval that holds 95 of 100 new numbers; infinite where too few texts were seen for one.
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
