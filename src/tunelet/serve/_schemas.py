"""What goes in and comes out, as models of pydantic: the description in OpenAPI is made of them."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from tunelet.serve._settings import ServeSettings
from tunelet.serve._texts import texts_schema


class PredictRequest(BaseModel):
    """Texts to classify. `request_model` adds the limits of a service.

    Attributes:
        texts: as they came, not yet checked: that takes the model.
        model: by name; None: the only one.
        threshold, min_confidence: as for `Classifier.predict`.
        deadline: seconds; None: that of the service.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    texts: Any
    model: str | None = None
    threshold: float | Literal["run"] | None = None
    min_confidence: float | None = None
    deadline: float | None = None


def request_model(
    settings: ServeSettings, names: Sequence[str], columns: Sequence[Sequence[str]]
) -> type[PredictRequest]:
    """The request with the limits and the models of a service.

    Args:
        settings: with the limits.
        names: of the models.
        columns: that each of them reads.
    """
    alone = len(names) == 1

    class Predict(PredictRequest):
        model_config = ConfigDict(json_schema_extra={"required": ["texts"] if alone else ["texts", "model"]})

        texts: Annotated[Any, PlainValidator(lambda value: value), WithJsonSchema(texts_schema(settings, columns))]
        model: str | None = Field(
            default=None, description="name of the model; null: the only one", examples=[names[0]]
        )
        threshold: Annotated[float, Field(ge=0, le=1)] | Literal["run"] | None = Field(
            default=None,
            description="probability from which on the positive of two labels is given; run: the run's own; "
            "null: the most probable label",
            examples=[None, "run", 0.3],
        )
        min_confidence: Annotated[float, Field(ge=0, le=1)] | None = Field(
            default=None, description="probability below which the label is null", examples=[None, 0.8]
        )
        deadline: Annotated[float, Field(ge=0.001, le=settings.deadline)] | None = Field(
            default=None,
            description=f"seconds within which the answer is of use; null: {settings.deadline:g}",
            examples=[None, min(2.0, settings.deadline)],
        )

    return Predict


class TextPrediction(BaseModel):
    """The answer to one text; of a text with nothing to read all is null."""

    label: str | None = Field(
        description="null: no label was probable enough for min_confidence, or there is nothing to read",
        examples=["positive"],
    )
    probability: float | None = Field(description="that of the label", examples=[0.98])
    probabilities: dict[str, float | None] = Field(
        description="that of every label", examples=[{"negative": 0.02, "positive": 0.98}]
    )


class PredictAnswer(BaseModel):
    """The answers to the texts, in their order."""

    model: str = Field(description="name of the model", examples=["first"])
    predictions: list[TextPrediction]


class Figure(BaseModel):
    """A metric of the run."""

    value: float | None = Field(description="null: the texts cannot say", examples=[0.886])
    interval: tuple[float, float] | None = Field(description="95 %; null: none", examples=[[0.87, 0.901]])


class ModelInfo(BaseModel):
    """A model that is served."""

    name: str = Field(examples=["first"])
    labels: list[str] = Field(examples=[["negative", "positive"]])
    positive: str | None = Field(description="of two labels, the one that a threshold is of", examples=["positive"])
    threshold: float | None = Field(description="the run's own; null: none", examples=[0.5])
    text_columns: list[str] = Field(description="several: each text is an object by column", examples=[["text"]])
    checkpoint: str = Field(description="pretrained model that was adapted", examples=["minilm"])
    max_tokens: int = Field(description="tokens of a text that are read; what is longer is cut", examples=[512])
    evaluated_on: str | None = Field(description="texts that the metrics are of", examples=["test"])
    n: int | None = Field(description="number of these texts", examples=[1000])
    metrics: dict[str, Figure] = Field(description="by name; none of an export")


class Limits(BaseModel):
    """What a request must stay under."""

    texts: int = Field(description="texts of a request", examples=[256])
    characters: int = Field(description="characters of a text", examples=[100_000])
    body_bytes: int = Field(description="bytes of a request", examples=[1 << 20])
    deadline_seconds: float = Field(description="within which a request is answered", examples=[10.0])
    queue_texts: int = Field(description="texts that may wait together", examples=[512])


class ModelsAnswer(BaseModel):
    """All models that are served, and the limits of the service."""

    models: list[ModelInfo]
    limits: Limits


class Health(BaseModel):
    """Whether the service is there."""

    status: Literal["ok", "ready", "starting", "stopping"]
