"""What goes in and comes out, as models of pydantic: the description in OpenAPI is made of them."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from tunelet.serve._settings import ServeSettings
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
    settings: ServeSettings, names: Sequence[str], columns: Sequence[Sequence[str]], labels: Sequence[str]
) -> tuple[type[PredictRequest], type[ExplainRequest]]:
    """The requests with the limits and the models of a service.

    Args:
        settings: with the limits.
        names: of the models.
        columns: that each of them reads.
        labels: of all models.
    """
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
            description="probability from which on the positive of two labels is given; run: the run's own; "
            "null: the most probable label",
            examples=[None, "run", 0.3],
        )
        min_confidence: Annotated[float, Field(ge=0, le=1)] | None = Field(
            default=None, description="probability below which the label is null", examples=[None, 0.8]
        )
        deadline: Annotated[float, Field(ge=0.001, le=settings.deadline)] | None = within

    class Explain(ExplainRequest):
        model_config = required

        texts: Annotated[Any, WithJsonSchema(to_explain)]
        model: str | None = named
        label: Annotated[str | None, WithJsonSchema({"anyOf": [{"enum": list(labels)}, {"type": "null"}]})] = Field(
            default=None,
            description="label to explain; null: of each text the most probable",
            examples=[None, labels[0]],
        )
        deadline: Annotated[float, Field(ge=0.001, le=settings.deadline)] | None = within

    return Predict, Explain


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


class ExplainedWord(BaseModel):
    """A word of a text, or a run of punctuation."""

    text: str = Field(description="its characters", examples=["joy"])
    field: int = Field(description="number of the column that it stands in, from 0", examples=[0])
    begin: int = Field(description="its first character in that field", examples=[2])
    end: int = Field(description="the character behind its last", examples=[5])
    contribution: float = Field(
        description="what it adds to the log odds of the label; below 0 it speaks against it", examples=[1.7]
    )
    read: bool = Field(description="false: the text is too long, and the encoder does not read so far", examples=[True])


class TextExplanation(BaseModel):
    """Which words of a text speak for a label; of a text with nothing to read all but the fields is null or empty.

    The contributions sum to log_odds - reference_log_odds, but for completeness_error of that difference.
    """

    fields: list[str] = Field(description="the text as it is read, by column", examples=[["A joy from start to end."]])
    label: str | None = Field(description="the label that is explained", examples=["positive"])
    predicted: str | None = Field(description="the most probable label", examples=["positive"])
    probability: float | None = Field(description="that of the label that is explained", examples=[0.98])
    log_odds: float | None = Field(description="log(p / (1 - p)) of the label", examples=[3.9])
    reference_log_odds: float | None = Field(description="the same of a text that says nothing", examples=[0.1])
    completeness_error: float | None = Field(description="relative", examples=[0.002])
    words: list[ExplainedWord] = Field(description="of all fields, in order")


class ExplainAnswer(BaseModel):
    """The explanations of the texts, in their order."""

    model: str = Field(description="name of the model", examples=["first"])
    explanations: list[TextExplanation]


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
    max_tokens: int = Field(
        description="tokens of a text that are read, all its windows together; what is longer is cut", examples=[512]
    )
    explains: bool = Field(description="whether it says which words decided: an export does not", examples=[True])
    evaluated_on: str | None = Field(description="texts that the metrics are of", examples=["test"])
    n: int | None = Field(description="number of these texts", examples=[1000])
    metrics: dict[str, Figure] = Field(description="by name; none of an export")


class Limits(BaseModel):
    """What a request must stay under."""

    texts: int = Field(description="texts of a request", examples=[128])
    characters: int = Field(description="characters of a text", examples=[100_000])
    body_bytes: int = Field(description="bytes of a request", examples=[1 << 20])
    deadline_seconds: float = Field(description="within which a request is answered", examples=[10.0])
    queue_texts: int = Field(description="texts that may wait together", examples=[256])
    explain_texts: int = Field(description="texts of a request to explain, and that may wait for it", examples=[16])


class ModelsAnswer(BaseModel):
    """All models that are served, and the limits of the service."""

    models: list[ModelInfo]
    limits: Limits


class Health(BaseModel):
    """Whether the service is there."""

    status: Literal["ok", "ready", "starting", "stopping"]
