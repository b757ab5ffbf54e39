"""What was chosen for a run, each choice with its reason.

Attributes are what programs and resume checks go by. In `environment.json` some have had longer names from the start,
which they keep there; what a screen calls them is its own affair (`_words`).
"""

from collections.abc import Mapping
from typing import Self

from pydantic import Field

from tunelet._choice import Choice
from tunelet._record import Record


class ChoicesRecord(Record):
    """Choices by attribute; those that were not to be made are None."""

    @classmethod
    def of(cls, choices: Mapping[str, Choice[str]]) -> Self:
        """From attribute -> choice. Raises TypeError for another key: it would be lost."""
        if unknown := choices.keys() - cls.model_fields.keys():
            raise TypeError(f"no such choice: {', '.join(sorted(unknown))}")
        return cls.model_validate(dict(choices))

    @property
    def made(self) -> dict[str, Choice[str]]:
        """Attribute -> choice, of those that were made."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: choice for name, choice in found.items() if choice is not None}


class MachineChoices(ChoicesRecord):
    """What was chosen for the machine: on another one, or with another version, it may be something else.

    Attributes:
        device: that computes.
        precision: of the products.
        execution: texts packed or padded.
        layers: by modules or by kernels.
        attention: its kernel.
        threads: of the processor.
        micro_batch_tokens: that go through the encoder at once.
    """

    device: Choice[str]
    precision: Choice[str]
    execution: Choice[str]
    layers: Choice[str] | None = None
    attention: Choice[str] | None = None
    threads: Choice[str] | None = None
    micro_batch_tokens: Choice[str] | None = Field(default=None, alias="pass")


class BudgetChoices(ChoicesRecord):
    """What was chosen for a budget of time.

    Attributes:
        length: of the training.
        folds: of the cross-validation.
        adapters: the layers that have some.
        text_length: tokens that a text may have.
        precision: of the products, where a coarser one is needed.
    """

    length: Choice[str] | None = None
    folds: Choice[str] | None = None
    adapters: Choice[str] | None = None
    text_length: Choice[str] | None = Field(default=None, alias="text length")
    precision: Choice[str] | None = None


class Choices(MachineChoices):
    """All that was chosen.

    Attributes:
        targets: modules that have adapters.
        head: the architecture's own; else there are the two that follow.
        pooling, layers_read: what the head reads of a text, and after how many layers.
        length, folds, adapters, text_length: as in `BudgetChoices`.
    """

    targets: Choice[str] | None = Field(default=None, alias="LoRA targets")
    head: Choice[str] | None = None
    pooling: Choice[str] | None = None
    layers_read: Choice[str] | None = Field(default=None, alias="layers read")
    length: Choice[str] | None = None
    folds: Choice[str] | None = None
    adapters: Choice[str] | None = None
    text_length: Choice[str] | None = Field(default=None, alias="text length")
