"""The stock stack's settings that matter for speed, each a value with the name it has in the tables."""

from dataclasses import dataclass
from typing import Literal, get_args

Attention = Literal["sdpa", "eager"]
StockPrecision = Literal["float32", "bf16=True", "bfloat16 base"]


@dataclass(frozen=True)
class StockSetting:
    """How Trainer + PEFT is run.

    Attributes:
        padding: "max_length" pads every text to the longest allowed, "dynamic" a batch to its longest text.
        grouped: `train_sampling_strategy="group_by_length"`.
        precision: float32; `bf16=True` (autocast); or the base loaded in bfloat16, adapters in float32.
        attention: transformers' attention function.
        dropout: as the config has it; False turns it off, as a frozen backbone allows.
        compiled: `torch_compile=True`.
    """

    padding: Literal["max_length", "dynamic"] = "max_length"
    grouped: bool = False
    precision: StockPrecision = "float32"
    attention: Attention = "sdpa"
    dropout: bool = True
    compiled: bool = False

    @property
    def name(self) -> str:
        """One line for a table."""
        padding = "grouped by length" if self.grouped else f"{self.padding.removesuffix('_length')} padding"
        parts = [self.precision, padding, self.attention]
        parts += [] if self.dropout else ["no dropout"]
        return ", ".join([*parts, "compiled"] if self.compiled else parts)

    @property
    def ceiling(self) -> str:
        """The precision whose ceiling it is held against."""
        return "float32" if self.precision == "float32" else "bfloat16"


ATTENTIONS: tuple[Attention, ...] = get_args(Attention)

NOTEBOOK = StockSetting()
"""What the notebooks in circulation do: float32, every text padded to the longest allowed."""
