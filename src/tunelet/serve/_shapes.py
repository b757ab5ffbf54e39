"""What a service takes and says where labels have one shape or another: a row of the table below for each.

Of one label a text the forms are those of `_schemas`; others say the same and more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import GenericAlias
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, create_model

from tunelet.classifier import Prediction
from tunelet.data import TaskName
from tunelet.errors import ServeError
from tunelet.run import Explanation, Task
from tunelet.serve._schemas import (
    ExplainAnswer,
    ModelInfo,
    ModelsAnswer,
    PredictAnswer,
    TextExplanation,
    TextPrediction,
)


class LabelsPredicted(TextPrediction):
    """The answer to one text that may have several labels; of a text with nothing to read all is null or empty."""

    label: str | None = Field(
        description='the labels as they are written, with the separator between them; "": none of them; null: there is '
        "nothing to read",
        examples=["joy;love"],
    )
    probability: float | None = Field(description="that of the likeliest label, given or not", examples=[0.9])
    probabilities: dict[str, float | None] = Field(
        description="that of every label by itself", examples=[{"joy": 0.9, "love": 0.7}]
    )
    labels: list[str] = Field(description="those that are given, the likeliest first", examples=[["joy", "love"]])


class RatingPredicted(TextPrediction):
    """The answer to one text that has a rating; of a text with nothing to read all is null."""

    label: str | None = Field(
        description="the median of the distribution over the ratings; null: it was not probable enough for "
        "min_confidence, or there is nothing to read",
        examples=["4"],
    )
    expected: float | None = Field(description="the mean of that distribution", examples=[4.2])


class NumberPredicted(TextPrediction):
    """The answer to one text that has a number; of a text with nothing to read all is null."""

    label: str | None = Field(
        description="the number as text, rounded; null: there is nothing to read", examples=["3.5"]
    )
    probability: float | None = Field(description="null: numbers have none", examples=[None])
    probabilities: dict[str, float | None] = Field(description="empty", examples=[{}])
    value: float | None = Field(description="the number", examples=[3.5])
    low: float | None = Field(
        description="lower end of the interval that holds 95 of 100 new numbers; null: it has no end", examples=[2.0]
    )
    high: float | None = Field(description="upper end of it", examples=[5.0])


class LabelsExplained(TextExplanation):
    """The same of a text that may have several labels."""

    predicted: str | None = Field(
        description='the labels that are given, as they are written; "": none of them', examples=["joy;love"]
    )
    labels: list[str] = Field(description="the same one by one, the likeliest first", examples=[["joy", "love"]])
    others: list[TextExplanation] = Field(
        description="where no label was asked for, the explanations of the other labels that are given"
    )


class RatingExplained(TextExplanation):
    """The same of a text that has a rating: which words raise the mean of the distribution over the ratings.

    The contributions sum to expected - reference_expected, but for completeness_error of that difference.
    """

    expected: float | None = Field(description="the mean of the distribution over the ratings", examples=[4.2])
    reference_expected: float | None = Field(description="the same of a text that says nothing", examples=[2.9])


class NumberExplained(TextExplanation):
    """The same of a text that has a number: which words raise it.

    The contributions sum to number - reference_number, but for completeness_error of that difference.
    """

    number: float | None = Field(description="the number, at full precision", examples=[3.5])
    reference_number: float | None = Field(description="the same of a text that says nothing", examples=[2.9])


class LabelsModel(ModelInfo):
    """A model that gives a text any number of labels."""

    shape: Literal["multilabel"] = Field(default="multilabel", description="of its labels: several a text, or none")
    separator: str = Field(description="what stands between several labels", examples=[";"])
    thresholds: dict[str, float] = Field(
        description="probability from which on each label is given", examples=[{"joy": 0.4, "love": 0.3}]
    )


class RatingsModel(ModelInfo):
    """A model that gives a text a rating."""

    shape: Literal["ordinal"] = Field(default="ordinal", description="of its labels: numbers in order")


class NumbersModel(ModelInfo):
    """A model that gives a text a number."""

    shape: Literal["regression"] = Field(default="regression", description="of its labels: plain numbers")
    labels: list[str] = Field(description="none", examples=[[]])


@dataclass(frozen=True)
class ServedShape:
    """How a service speaks of models whose labels have one shape.

    Attributes:
        prediction, explanation, info: the forms of what it says of a text, of its words, and of a model.
        threshold, min_confidence, label: what these fields of a request mean.
        takes_threshold, takes_confidence, takes_label: whether they mean anything.
    """

    prediction: type[TextPrediction]
    explanation: type[TextExplanation]
    info: type[ModelInfo]
    threshold: str
    min_confidence: str
    label: str
    takes_threshold: bool = True
    takes_confidence: bool = True
    takes_label: bool = True

    def predicted(self, prediction: Prediction) -> TextPrediction:
        """The answer to a text, NaN as null."""
        values = {name: _or_null(getattr(prediction, name)) for name in self.prediction.model_fields}
        values["probabilities"] = {name: _or_null(value) for name, value in prediction.probabilities.items()}
        return self.prediction.model_validate(values, from_attributes=True)

    def explained(self, explanation: Explanation) -> TextExplanation:
        """The words of a text."""
        return self.explanation.model_validate(explanation, from_attributes=True)

    def described(self, task: Task, said: dict[str, Any]) -> ModelInfo:
        """A model with such labels, of which `said` is what is said of every model."""
        own = {
            "separator": task.separator,
            "thresholds": dict(zip(task.label_names, task.thresholds, strict=False)),
        }
        known = {name: value for name, value in own.items() if name in self.info.model_fields}
        return self.info.model_validate(said | known)


def _or_null(value: Any) -> Any:
    """NaN, and an interval's end that there is not, as null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


_SHAPES: dict[TaskName, ServedShape] = {
    "multiclass": ServedShape(
        TextPrediction,
        TextExplanation,
        ModelInfo,
        threshold="probability from which on the positive of two labels is given; run: the run's own; null: the most "
        "probable label",
        min_confidence="probability below which the label is null",
        label="label to explain; null: of each text the most probable",
    ),
    "multilabel": ServedShape(
        LabelsPredicted,
        LabelsExplained,
        LabelsModel,
        threshold="of several labels a text, the probability from which on each is given; null or run: the run's own "
        "for each",
        min_confidence="of several labels a text it is not taken",
        label="of several labels a text, the one to explain; null: those that are given, else the most probable",
        takes_confidence=False,
    ),
    "ordinal": ServedShape(
        RatingPredicted,
        RatingExplained,
        RatingsModel,
        threshold="of ratings in order it is not taken",
        min_confidence="probability below which the rating is null",
        label="of ratings in order it is not taken: their mean is explained",
        takes_threshold=False,
        takes_label=False,
    ),
    "regression": ServedShape(
        NumberPredicted,
        NumberExplained,
        NumbersModel,
        threshold="of numbers it is not taken",
        min_confidence="of numbers it is not taken",
        label="of numbers it is not taken",
        takes_threshold=False,
        takes_confidence=False,
        takes_label=False,
    ),
}


def served_shape(task: Task) -> ServedShape:
    """How a service speaks of models with these labels. Raises ServeError where it cannot."""
    if task.shape not in _SHAPES:
        raise ServeError(f"labels that are {task.shape} cannot be served yet", "tunelet predict takes such a run")
    return _SHAPES[task.shape]


def shapes_of(tasks: Sequence[Task]) -> list[ServedShape]:
    """Those of several models, each once, in the order of the table."""
    there = {task.shape for task in tasks}
    return [shape for name, shape in _SHAPES.items() if name in there]


@dataclass(frozen=True)
class AnswerModels:
    """The forms of whole answers of a service; each is the plain one where all its models give one label a text."""

    predict: type[BaseModel]
    explain: type[BaseModel]
    models: type[BaseModel]


def answer_models(tasks: Sequence[Task]) -> AnswerModels:
    """Those of a service of these models."""
    shapes = shapes_of(tasks)
    return AnswerModels(
        _with(PredictAnswer, "predictions", [shape.prediction for shape in shapes]),
        _with(ExplainAnswer, "explanations", [shape.explanation for shape in shapes]),
        _with(ModelsAnswer, "models", [shape.info for shape in shapes]),
    )


def _with(answer: type[BaseModel], field: str, kinds: Sequence[type[BaseModel]]) -> type[BaseModel]:
    """The answer with entries of these kinds in a list."""
    if list(get_args(answer.model_fields[field].annotation)) == list(kinds):
        return answer
    own: dict[str, Any] = {field: (GenericAlias(list, (reduce(or_, kinds),)), ...)}
    made: type[BaseModel] = create_model(answer.__name__, __base__=answer, __doc__=answer.__doc__, **own)
    return made
