"""What an experiment may say of how its result is measured."""

from typing import Any

from pydantic import Field, field_validator

from tunelet.recipe._section import Section


class EvaluationSettings(Section):
    """How the result is measured."""

    resamples: int = Field(1000, ge=100, le=100_000, description="bootstrap draws behind each 95 % interval")
    baseline: bool = Field(
        True, description="whether TF-IDF with logistic regression is trained on the same rows, to compare with"
    )
    threshold: str = Field(
        "f1",
        description="aim of the threshold between two labels, chosen on validation rows: f1, precision:SHARE, or "
        "cost:FALSE_POSITIVE:FALSE_NEGATIVE",
    )
    positive: str = Field(
        "",
        description="label that precision, recall, F1, ROC AUC and the threshold are about, against the rest; empty: "
        "of two labels the one whose name says so, of more the mean over all",
        examples=["spam"],
    )
    errors: int = Field(
        20,
        ge=0,
        le=1000,
        description="number of the most confident errors whose texts are kept in the run folder; 0: no text is kept, "
        "nor the baseline, which is made of words of the texts",
    )

    explained: int = Field(
        5,
        ge=0,
        le=1000,
        description="number of the most confident errors whose words are explained, as far as a tenth of the "
        "training's tokens allows; 0: none, and no deletion curve",
    )

    @field_validator("positive", mode="before")
    @classmethod
    def _labels_are_words(cls, value: Any) -> Any:
        """`--set evaluation.positive=1` names the label `1`, which TOML reads as a number."""
        return str(value) if isinstance(value, int) else value
