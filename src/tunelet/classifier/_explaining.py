"""Explanations of many texts, whatever explains one; a class for each shape of labels says what is asked of a text."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tunelet._words import shown
from tunelet.classifier._decision import decision_of
from tunelet.classifier._prediction import LabelsPrediction
from tunelet.data import TaskName, some, split_fields
from tunelet.errors import DataError, RunError
from tunelet.explain import Explanation, LabelsExplanation, NumberExplanation, RatingExplanation
from tunelet.run import Task

if TYPE_CHECKING:
    from tunelet.classifier._base import TextClassifier

Explain = Callable[[str, int, tuple[str, ...]], Explanation]


@dataclass(frozen=True)
class Question(ABC):
    """What is asked of each text.

    Attributes:
        task: the labels.
        label: to explain; None: as the shape of the labels has it.
    """

    task: Task
    label: str | None

    def __post_init__(self) -> None:
        names = self.task.label_names
        if self.label is not None and self.label not in names:
            raise DataError(f"no label {shown(self.label)}, the run has {some(names)}", f"pass label={names[0]!r}")

    @abstractmethod
    def explained(self, row: NDArray[np.float64], explain: Callable[[int], Explanation]) -> Explanation:
        """The explanation of a text with its names and probability.

        Args:
            row: probability of each label.
            explain: from the index of a label to its explanation without these.
        """

    @abstractmethod
    def nothing(self, fields: tuple[str, ...]) -> Explanation:
        """That of a text with nothing to read."""


class OfOneLabel(Question):
    """One label a text: the most probable one."""

    def explained(self, row: NDArray[np.float64], explain: Callable[[int], Explanation]) -> Explanation:
        """As described in `Question`."""
        names, predicted = self.task.label_names, int(row.argmax())
        index = predicted if self.label is None else names.index(self.label)
        return explain(index).changed(label=names[index], predicted=names[predicted], probability=float(row[index]))

    def nothing(self, fields: tuple[str, ...]) -> Explanation:
        """As described in `Question`."""
        return Explanation(**_nothing(fields))


class OfSeveralLabels(Question):
    """Several labels a text: all that are given, the likeliest first; where none is, the most probable one."""

    def explained(self, row: NDArray[np.float64], explain: Callable[[int], Explanation]) -> Explanation:
        """As described in `Question`."""
        names = self.task.label_names
        (answer,) = decision_of(self.task, threshold=None, min_confidence=None).predictions(row[None])
        given = answer.labels if isinstance(answer, LabelsPrediction) else ()
        first, *others = [self.label] if self.label is not None else given or [names[int(row.argmax())]]

        def of(name: str, others: tuple[Explanation, ...] = ()) -> LabelsExplanation:
            index = names.index(name)
            found = explain(index)
            own = {key: getattr(found, key) for key in found.model_fields_set} | {
                "label": name, "predicted": answer.label, "probability": float(row[index]),
            }  # fmt: skip
            return LabelsExplanation(**own, labels=given, others=others)

        return of(first, tuple(of(name) for name in others))

    def nothing(self, fields: tuple[str, ...]) -> Explanation:
        """As described in `Question`."""
        return LabelsExplanation(**_nothing(fields), labels=(), others=())


class OfRatings(Question):
    """Ratings in order: their mean, which all of them make together."""

    def __post_init__(self) -> None:
        if self.label is not None:
            raise DataError("ratings in order are explained together, by their mean", "leave the label out")

    def explained(self, row: NDArray[np.float64], explain: Callable[[int], Explanation]) -> Explanation:
        """As described in `Question`."""
        (answer,) = decision_of(self.task, threshold=None, min_confidence=None).predictions(row[None])
        return explain(0).changed(label=answer.label, predicted=answer.label, probability=answer.probability)

    def nothing(self, fields: tuple[str, ...]) -> Explanation:
        """As described in `Question`."""
        return RatingExplanation(**_nothing(fields), expected=None, reference_expected=None)


class OfNumbers(Question):
    """Plain numbers, which have no labels to choose from."""

    def __post_init__(self) -> None:
        if self.label is not None:
            raise DataError("a number has no label to explain", "leave the label out")

    def explained(self, row: NDArray[np.float64], explain: Callable[[int], Explanation]) -> Explanation:
        """As described in `Question`."""
        (answer,) = decision_of(self.task, threshold=None, min_confidence=None).predictions(row[None])
        return explain(0).changed(label=answer.label, predicted=answer.label)

    def nothing(self, fields: tuple[str, ...]) -> Explanation:
        """As described in `Question`."""
        return NumberExplanation(**_nothing(fields), number=None, reference_number=None)


_QUESTIONS: dict[TaskName, type[Question]] = {
    "multiclass": OfOneLabel,
    "multilabel": OfSeveralLabels,
    "ordinal": OfRatings,
    "regression": OfNumbers,
}


def explanations_of(
    classifier: "TextClassifier", texts: Iterable[str], label: str | None, explain: Explain
) -> list[Explanation]:
    """Each text's explanation, with the names of the labels and the probability that `predict` gives.

    Args:
        classifier: whose answers they are.
        texts: cleaned.
        label: to explain; None: as the shape of the labels has it.
        explain: given a text, the index of the label and the fields; names and probability are filled in here.

    Raises:
        DataError: no such label.
        RunError: labels of this shape are not explained.
    """
    task = classifier.task
    if task.shape not in _QUESTIONS:
        raise RunError(f"explanations do not know labels that are {task.shape} yet", "leave explain out")
    question = _QUESTIONS[task.shape](task, label)
    listed, explanations = list(texts), []
    for text, row in zip(listed, classifier.probabilities_of_cleaned(listed), strict=True):
        fields = tuple(split_fields(text)) if task.several_fields else (text,)
        if not text:
            explanations.append(question.nothing(fields))
            continue
        of_label = partial(_explanation, explain, text, fields)
        explanations.append(question.explained(row, of_label))
    return explanations


def _explanation(explain: Explain, text: str, fields: tuple[str, ...], label: int) -> Explanation:
    return explain(text, label, fields)


def _nothing(fields: tuple[str, ...]) -> dict[str, Any]:
    return {
        "fields": fields, "label": None, "predicted": None, "probability": None, "log_odds": None,
        "reference_log_odds": None, "reference": "", "words": (), "completeness_error": None, "steps": 0,
    }  # fmt: skip
