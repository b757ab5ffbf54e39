"""What goes in, as models of pydantic with the limits and the models of a service."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from tunelet.run import Task
from tunelet.serve._settings import ServeSettings
from tunelet.serve._shapes import shapes_of
from tunelet.serve._texts import texts_schema


class TextsRequest(BaseModel):
    """What all requests have. `request_models` adds the limits of a service.

    Attributes:
        texts: as they came, not yet checked: that takes the model.
        model: by name; None: the only one.
        deadline: seconds; None: that of the service.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    texts: Any
    model: str | None = None
    deadline: float | None = None


class PredictRequest(TextsRequest):
    """Texts to classify; `threshold` and `min_confidence` as for `Classifier.predict`."""

    threshold: float | Literal["run"] | None = None
    min_confidence: float | None = None


class ExplainRequest(TextsRequest):
    """Texts to explain; `label` as for `Classifier.explain`."""

    label: str | None = None


def request_models(
    settings: ServeSettings, names: Sequence[str], tasks: Sequence[Task]
) -> tuple[type[PredictRequest], type[ExplainRequest]]:
    """The requests with the limits and the models of a service.

    Args:
        settings: with the limits.
        names: of the models.
        tasks: of each of them.
    """
    shapes, columns = shapes_of(tasks), [task.text_columns for task in tasks]
    labels = list(dict.fromkeys(name for task in tasks for name in task.label_names))
    named_label = {"anyOf": [*([{"enum": labels}] if labels else []), {"type": "null"}]}
    required = ConfigDict(json_schema_extra={"required": ["texts"] if len(names) == 1 else ["texts", "model"]})
    named: Any = Field(default=None, description="name of the model; null: the only one", examples=[names[0]])
    within: Any = Field(
        default=None,
        description=f"seconds within which the answer is of use; null: {settings.deadline:g}",
        examples=[None, min(2.0, settings.deadline)],
    )
    to_classify = texts_schema(settings, columns, most=settings.max_texts)
    to_explain = texts_schema(settings, columns, most=min(settings.max_texts, settings.explain_queue))

    class Predict(PredictRequest):
        model_config = required

        texts: Annotated[Any, WithJsonSchema(to_classify)]
        model: str | None = named
        threshold: Annotated[float, Field(ge=0, le=1)] | Literal["run"] | None = Field(
            default=None,
            description="; ".join(dict.fromkeys(shape.threshold for shape in shapes)),
            examples=[None, *(["run", 0.3] if all(shape.takes_threshold for shape in shapes) else [])],
        )
        min_confidence: Annotated[float, Field(ge=0, le=1)] | None = Field(
            default=None,
            description="; ".join(dict.fromkeys(shape.min_confidence for shape in shapes)),
            examples=[None, *([0.8] if all(shape.takes_confidence for shape in shapes) else [])],
        )
        deadline: Annotated[float, Field(ge=0.001, le=settings.deadline)] | None = within

    class Explain(ExplainRequest):
        model_config = required

        texts: Annotated[Any, WithJsonSchema(to_explain)]
        model: str | None = named
        label: Annotated[str | None, WithJsonSchema(named_label)] = Field(
            default=None,
            description="; ".join(dict.fromkeys(shape.label for shape in shapes)),
            examples=[None, *([labels[0]] if all(shape.takes_label for shape in shapes) else [])],
        )
        deadline: Annotated[float, Field(ge=0.001, le=settings.deadline)] | None = within

    return Predict, Explain
