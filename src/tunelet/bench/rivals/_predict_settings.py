"""Ways to classify many texts, each a value with the name it has in the tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Engine = Literal["pipeline", "transformers", "onnx", "tunelet"]


@dataclass(frozen=True)
class PredictSetting:
    """How texts are classified.

    Attributes:
        engine: transformers' pipeline as it comes; transformers in batches sorted by length; ONNX Runtime in such
            batches; tunelet.
        precision: "float32", "bfloat16", "int8".
        variant: attention function of transformers, "sdpa" or "eager"; of ONNX the graph, "plain" or "fused".
        batch_size: texts of a batch; tunelet decides for itself (0).
    """

    engine: Engine
    precision: str = "float32"
    variant: str = ""
    batch_size: int = 0

    @property
    def name(self) -> str:
        """One line for a table."""
        if self.engine == "pipeline":
            return 'pipeline("text-classification") as shipped, one text at a time'
        if self.engine == "tunelet":
            return f"{self.precision}, packed"
        graph = f"{self.variant} graph" if self.engine == "onnx" else self.variant
        return f"{self.precision}, {graph}, sorted by length, batches of {self.batch_size}"


@dataclass(frozen=True)
class Classified:
    """What one turn came to.

    Attributes:
        seconds: wall clock from texts to probabilities, tokenisation included.
        tokens: real tokens of the texts, without padding.
        probabilities: float64 [n, classes].
        choices: what tunelet chose, by name: {"value": ..., "reason": ...}.
    """

    seconds: float
    tokens: int
    probabilities: np.ndarray
    choices: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Real tokens a second."""
        return self.tokens / self.seconds

    @property
    def total_seconds(self) -> float:
        """The same as of a turn of training."""
        return self.seconds

    def record(self) -> dict[str, Any]:
        """For the JSON: without the probabilities, which `agreement` sums up."""
        return {"seconds": self.seconds, "tokens": self.tokens}
