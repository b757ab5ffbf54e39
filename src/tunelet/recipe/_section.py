"""The base of a recipe's sections: frozen, and strict about keys, kinds of values and characters."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_core import PydanticCustomError

_SURROGATE = re.compile("[\ud800-\udfff]")


class Section(BaseModel):
    """Frozen, and strict about unknown keys; numbers are not read from text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @field_validator("*", mode="after")
    @classmethod
    def _can_be_written(cls, value: Any) -> Any:
        """A recipe is written as UTF-8, which has no lone surrogates (bytes of a terminal that were no UTF-8)."""
        texts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and _SURROGATE.search(text) for text in texts):
            raise PydanticCustomError("surrogate", "should be text that can be written as UTF-8")
        return value
