"""What an experiment may say of its adapter."""

from typing import Annotated, Literal

from pydantic import Field

from tunelet.recipe._section import Section


class AdapterSettings(Section):
    """What is trained, besides the head."""

    method: Literal["lora", "head", "full"] = Field(
        "lora", description="what is trained: LoRA, the head alone, or every weight"
    )
    targets: Literal["qv", "attention", "all-linear"] | Annotated[list[str], Field(min_length=1)] = Field(
        "qv", description="linear modules that get LoRA: qv, attention, all-linear, or a list of module name endings"
    )
    layers: int = Field(
        0,
        ge=0,
        le=10_000,
        description="number of layers from the top that get LoRA; 0: all. The layers below are computed once",
    )
    rank: int = Field(8, ge=1, le=1024, description="LoRA rank r")
    alpha: float = Field(16.0, gt=0.0, le=1e6, description="LoRA alpha; the update is scaled by alpha / r")
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="dropout on the input of the LoRA branch")
    rank_stabilised: bool = Field(
        False, description="whether the update is scaled by alpha / sqrt(r) instead (Kalajdzievski 2023)"
    )
    dora: bool = Field(False, description="whether the adaptation is weight-decomposed (Liu et al. 2024)")
    init: Literal["default", "gaussian", "orthogonal", "pissa", "olora"] = Field(
        "default", description="initialisation of A and B, as PEFT names them"
    )
