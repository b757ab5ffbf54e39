"""What comes out, as models of pydantic: the description in OpenAPI is made of them.

Here are the answers of models of one label a text; `_shapes` has what others say beside it.
"""

from typing import Literal

from pydantic import BaseModel, Field


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
