"""What an experiment may say of its encoder."""

from typing import Literal

from pydantic import Field

from tunelet.recipe._section import Section


class ModelSettings(Section):
    """Which encoder is adapted, and how it is executed."""

    name: str = Field(
        "auto",
        min_length=1,
        description="short name, Hub id or folder; auto: DistilBERT where it can be had, else MiniLM",
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto", description="device that computes; auto: a GPU where there is one"
    )
    precision: Literal["auto", "float32", "bfloat16", "int8"] = Field(
        "auto", description="precision of the frozen weights; what is trained stays float32"
    )
    pooling: Literal["auto", "first", "mean"] = Field(
        "auto",
        description="what the head reads of a text: its first token, or the mean of all tokens; auto: what the "
        "checkpoint says of itself, else what a logistic regression on frozen features prefers",
    )
    window_pooling: Literal["mean", "max", "learned"] = Field(
        "mean",
        description="what the logits of a text's windows become, where data.truncation is windows: their mean, for "
        "each label the largest, or learned: a log-sum-exp between the two, whose sharpness is trained",
    )
    layers: int = Field(
        0,
        ge=0,
        le=10_000,
        description="number of encoder layers that are run, from the bottom. 0: as many as a logistic regression on "
        "their frozen output prefers; all, where training.probe is off",
    )
    packing: Literal["auto", "packed", "padded"] = Field(
        "auto",
        description="layout of a batch. packed: one row of all tokens, without padding; padded: rows sorted by length",
    )
    random_weights: bool = Field(
        False, description="whether a folder without weights is accepted, and weights made at random"
    )
